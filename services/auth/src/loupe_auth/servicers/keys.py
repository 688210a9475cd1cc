"""KeyService: public signing keys."""

from __future__ import annotations

from loupe.auth.v1 import key_service_pb2 as pb
from loupe.auth.v1 import key_service_pb2_grpc
from loupe_auth import convert
from loupe_auth.ports import SigningKeys
from loupe_auth.servicers.calls import Context
from loupe_kit.rpc_policy import Access, AccessTable

ACCESS: AccessTable = {"/loupe.auth.v1.KeyService/ListSigningKeys": Access.PUBLIC}


class KeyServicer(key_service_pb2_grpc.KeyServiceServicer):
    """Publishes signing keys.

    Args:
        keys: gives them.
    """

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    async def ListSigningKeys(self, request: pb.ListSigningKeysRequest, context: Context) -> pb.ListSigningKeysResponse:
        return pb.ListSigningKeysResponse(keys=map(convert.json_web_key, await self._keys.published()))
