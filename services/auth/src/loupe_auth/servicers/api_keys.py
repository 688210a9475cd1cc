"""ApiKeyService: keys of factory systems."""

from __future__ import annotations

from loupe.auth.v1 import api_key_service_pb2 as pb
from loupe.auth.v1 import api_key_service_pb2_grpc
from loupe_auth import convert
from loupe_auth.ports import Store, Transaction
from loupe_auth.servicers.calls import CallReader, Context, Once
from loupe_auth.servicers.pages import Page
from loupe_auth.use_cases.create_api_key import ApiKeyWish, create_api_key
from loupe_auth.use_cases.get_api_key import get_api_key
from loupe_auth.use_cases.list_api_keys import list_api_keys
from loupe_auth.use_cases.resolve_api_key import resolve_api_key
from loupe_auth.use_cases.revoke_api_key import revoke_api_key
from loupe_auth.use_cases.rotate_api_key import Rotation, rotate_api_key
from loupe_kit.rpc_policy import Access, AccessTable

_PREFIX = "/loupe.auth.v1.ApiKeyService"
ACCESS: AccessTable = {
    f"{_PREFIX}/CreateApiKey": Access.USER,
    f"{_PREFIX}/ListApiKeys": Access.USER,
    f"{_PREFIX}/RotateApiKey": Access.USER,
    f"{_PREFIX}/RevokeApiKey": Access.USER,
    f"{_PREFIX}/ResolveApiKey": Access.SERVICE,
    f"{_PREFIX}/GetApiKey": Access.SERVICE,
}


class ApiKeyServicer(api_key_service_pb2_grpc.ApiKeyServiceServicer):
    """Keys of the calling person, and what they stand for.

    Args:
        store: where they are.
        once: for changes.
        calls: reads who calls.
    """

    def __init__(self, store: Store, once: Once, calls: CallReader) -> None:
        self._store = store
        self._once = once
        self._calls = calls

    async def CreateApiKey(self, request: pb.CreateApiKeyRequest, context: Context) -> pb.CreateApiKeyResponse:
        call = self._calls.read(context)
        wish = _wish(request.api_key)
        secrets = []

        async def create(tx: Transaction) -> pb.CreateApiKeyResponse:
            key, secret = await create_api_key(tx, call, wish)
            secrets.append(secret)
            return pb.CreateApiKeyResponse(api_key=convert.api_key(key, call.now))

        method = f"{_PREFIX}/CreateApiKey"
        answer = await self._once.change(call.caller, method, request, create, pb.CreateApiKeyResponse)
        # Added behind the back of the ledger, which keeps answers readable.
        answer.secret = secrets[0] if secrets else ""
        return answer

    async def ListApiKeys(self, request: pb.ListApiKeysRequest, context: Context) -> pb.ListApiKeysResponse:
        call = self._calls.read(context)
        page = Page(request, "apiKeys", call.caller.id)
        async with self._store(read_only=True) as tx:
            found = await list_api_keys(tx, call, after=page.after_time(), limit=page.fetch)
        rows, token = page.cut_by_time(found, lambda key: (key.create_time, key.id))
        return pb.ListApiKeysResponse(api_keys=[convert.api_key(key, call.now) for key in rows], next_page_token=token)

    async def RotateApiKey(self, request: pb.RotateApiKeyRequest, context: Context) -> pb.RotateApiKeyResponse:
        call = self._calls.read(context)
        rotation = Rotation(
            key_id=convert.resource_id("name", request.name, "apiKeys"),
            previous_expire_time=convert.time(request, "previous_secret_expire_time"),
            expire_time=convert.time(request, "expire_time"),
        )
        secrets = []

        async def rotate(tx: Transaction) -> pb.RotateApiKeyResponse:
            key, secret = await rotate_api_key(tx, call, rotation)
            secrets.append(secret)
            return pb.RotateApiKeyResponse(api_key=convert.api_key(key, call.now))

        method = f"{_PREFIX}/RotateApiKey"
        answer = await self._once.change(call.caller, method, request, rotate, pb.RotateApiKeyResponse)
        answer.secret = secrets[0] if secrets else ""
        return answer

    async def RevokeApiKey(self, request: pb.RevokeApiKeyRequest, context: Context) -> pb.ApiKey:
        call = self._calls.read(context)
        key_id = convert.resource_id("name", request.name, "apiKeys")

        async def revoke(tx: Transaction) -> pb.ApiKey:
            return convert.api_key(await revoke_api_key(tx, call, key_id), call.now)

        return await self._once.change(call.caller, f"{_PREFIX}/RevokeApiKey", request, revoke, pb.ApiKey)

    async def ResolveApiKey(self, request: pb.ResolveApiKeyRequest, context: Context) -> pb.ResolveApiKeyResponse:
        call = self._calls.read(context)
        key, owner = await resolve_api_key(self._store, call, request.secret)
        return pb.ResolveApiKeyResponse(
            api_key=convert.api_key(key, call.now), owner=convert.user(owner, show_private=True)
        )

    async def GetApiKey(self, request: pb.GetApiKeyRequest, context: Context) -> pb.ApiKey:
        call = self._calls.read(context)
        key_id = convert.resource_id("name", request.name, "apiKeys")
        async with self._store(read_only=True) as tx:
            return convert.api_key(await get_api_key(tx, key_id), call.now)


def _wish(wanted: pb.ApiKey) -> ApiKeyWish:
    return ApiKeyWish(
        display_name=wanted.display_name,
        scopes=tuple(wanted.scopes),
        project_ids=[convert.resource_id("api_key.projects", name, "projects") for name in wanted.projects],
        expire_time=convert.time(wanted, "expire_time"),
    )
