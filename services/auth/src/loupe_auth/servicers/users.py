"""UserService: looks people up and manages their accounts."""

from __future__ import annotations

from loupe.auth.v1 import user_pb2, user_service_pb2_grpc
from loupe.auth.v1 import user_service_pb2 as pb
from loupe_auth import convert
from loupe_auth.domain.calls import Call
from loupe_auth.domain.users import User, name_key
from loupe_auth.ports import Store, Transaction
from loupe_auth.servicers.calls import CallReader, Context, Once
from loupe_auth.servicers.pages import Page
from loupe_auth.use_cases import acting, list_users, update_user
from loupe_auth.use_cases.update_user import UserChange
from loupe_kit.rpc_policy import Access, AccessTable

_PREFIX = "/loupe.auth.v1.UserService"
ACCESS: AccessTable = {
    f"{_PREFIX}/GetUser": Access.USER,
    f"{_PREFIX}/ListUsers": Access.USER,
    f"{_PREFIX}/UpdateUser": Access.USER,
    f"{_PREFIX}/DisableUser": Access.USER,
    f"{_PREFIX}/EnableUser": Access.USER,
}


class UserServicer(user_service_pb2_grpc.UserServiceServicer):
    """People, as others find them and administrators manage them.

    Args:
        store: where they are.
        once: for changes.
        calls: reads who calls.
    """

    def __init__(self, store: Store, once: Once, calls: CallReader) -> None:
        self._store = store
        self._once = once
        self._calls = calls

    async def GetUser(self, request: pb.GetUserRequest, context: Context) -> user_pb2.User:
        call = self._calls.read(context)
        user_id = convert.resource_id("name", request.name, "users")
        async with self._store(read_only=True) as tx:
            found = await list_users.get_user(tx, call, user_id)
        return convert.user(found.users[0], show_private=found.show_private or user_id == call.caller.id)

    async def ListUsers(self, request: pb.ListUsersRequest, context: Context) -> pb.ListUsersResponse:
        call = self._calls.read(context)
        wanted = convert.user_query(request)
        page = Page(request, "users", str(wanted))
        async with self._store(read_only=True) as tx:
            found = await list_users.list_users(tx, call, wanted, after=page.after_name(), limit=page.fetch)
        users, token = page.cut_by_name(found.users, lambda user: (name_key(user.profile.display_name), user.id))
        return pb.ListUsersResponse(
            users=[convert.user(user, show_private=found.show_private or user.id == call.caller.id) for user in users],
            next_page_token=token,
        )

    async def UpdateUser(self, request: pb.UpdateUserRequest, context: Context) -> user_pb2.User:
        call = self._calls.read(context)
        wanted = request.user
        change = UserChange(
            user_id=convert.resource_id("user.name", wanted.name, "users"),
            profile=convert.profile_change(request, update_user.UPDATABLE),
            role=convert.role(wanted.role),
        )

        async def update(tx: Transaction) -> user_pb2.User:
            return await self._changed(tx, call, await update_user.update_user(tx, call, change))

        return await self._once.change(call.caller, f"{_PREFIX}/UpdateUser", request, update, user_pb2.User)

    async def DisableUser(self, request: pb.DisableUserRequest, context: Context) -> user_pb2.User:
        call = self._calls.read(context)
        user_id = convert.resource_id("name", request.name, "users")

        async def disable(tx: Transaction) -> user_pb2.User:
            return await self._changed(tx, call, await update_user.disable_user(tx, call, user_id))

        return await self._once.change(call.caller, f"{_PREFIX}/DisableUser", request, disable, user_pb2.User)

    async def EnableUser(self, request: pb.EnableUserRequest, context: Context) -> user_pb2.User:
        call = self._calls.read(context)
        user_id = convert.resource_id("name", request.name, "users")

        async def enable(tx: Transaction) -> user_pb2.User:
            return await self._changed(tx, call, await update_user.enable_user(tx, call, user_id))

        return await self._once.change(call.caller, f"{_PREFIX}/EnableUser", request, enable, user_pb2.User)

    async def _changed(self, tx: Transaction, call: Call, user: User) -> user_pb2.User:
        return convert.user(user, show_private=await acting.sees_private_fields(tx, call))
