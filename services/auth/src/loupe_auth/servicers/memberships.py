"""MembershipService: requests to join departments."""

from __future__ import annotations

from loupe.auth.v1 import membership_service_pb2 as pb
from loupe.auth.v1 import membership_service_pb2_grpc, user_pb2
from loupe_auth import convert
from loupe_auth.ports import Store, Transaction
from loupe_auth.servicers.calls import CallReader, Context, Once
from loupe_auth.servicers.pages import Page
from loupe_auth.use_cases import memberships
from loupe_kit.rpc_policy import Access, AccessTable

_PREFIX = "/loupe.auth.v1.MembershipService"
ACCESS: AccessTable = {
    f"{_PREFIX}/ListMembershipRequests": Access.USER,
    f"{_PREFIX}/ApproveMembershipRequest": Access.USER,
    f"{_PREFIX}/DeclineMembershipRequest": Access.USER,
}


class MembershipServicer(membership_service_pb2_grpc.MembershipServiceServicer):
    """Requests to join departments, and the decisions on them.

    Args:
        store: where they are.
        once: for changes.
        calls: reads who calls.
    """

    def __init__(self, store: Store, once: Once, calls: CallReader) -> None:
        self._store = store
        self._once = once
        self._calls = calls

    async def ListMembershipRequests(
        self, request: pb.ListMembershipRequestsRequest, context: Context
    ) -> pb.ListMembershipRequestsResponse:
        call = self._calls.read(context)
        page = Page(request, "membershipRequests", request.department)
        department_id = convert.optional_id("department", request.department, "departments")
        async with self._store(read_only=True) as tx:
            found = await memberships.list_requests(tx, call, department_id, after=page.after_time(), limit=page.fetch)
        rows, token = page.cut_by_time(found, lambda wanted: (wanted.create_time, wanted.id))
        return pb.ListMembershipRequestsResponse(
            membership_requests=map(convert.membership_request, rows), next_page_token=token
        )

    async def ApproveMembershipRequest(
        self, request: pb.ApproveMembershipRequestRequest, context: Context
    ) -> user_pb2.User:
        call = self._calls.read(context)
        request_id = convert.resource_id("name", request.name, "membershipRequests")

        async def approve(tx: Transaction) -> user_pb2.User:
            return convert.user(await memberships.approve(tx, call, request_id), show_private=False)

        method = f"{_PREFIX}/ApproveMembershipRequest"
        return await self._once.change(call.caller, method, request, approve, user_pb2.User)

    async def DeclineMembershipRequest(
        self, request: pb.DeclineMembershipRequestRequest, context: Context
    ) -> user_pb2.User:
        call = self._calls.read(context)
        request_id = convert.resource_id("name", request.name, "membershipRequests")

        async def decline(tx: Transaction) -> user_pb2.User:
            return convert.user(await memberships.decline(tx, call, request_id), show_private=False)

        method = f"{_PREFIX}/DeclineMembershipRequest"
        return await self._once.change(call.caller, method, request, decline, user_pb2.User)
