"""OidcService: sign-in with the company's identity provider."""

from __future__ import annotations

from loupe.auth.v1 import oidc_service_pb2 as pb
from loupe.auth.v1 import oidc_service_pb2_grpc
from loupe_auth import convert
from loupe_auth.servicers.calls import CallReader, Context
from loupe_auth.use_cases.oidc_sign_in import OidcSignIn, ProviderAnswer
from loupe_kit.rpc_policy import Access, AccessTable

ACCESS: AccessTable = {
    "/loupe.auth.v1.OidcService/StartOidcSignIn": Access.PUBLIC,
    "/loupe.auth.v1.OidcService/FinishOidcSignIn": Access.PUBLIC,
}


class OidcServicer(oidc_service_pb2_grpc.OidcServiceServicer):
    """The two halves of a sign-in at the identity provider.

    Args:
        sign_in: what it calls.
        calls: reads who calls.
    """

    def __init__(self, sign_in: OidcSignIn, calls: CallReader) -> None:
        self._sign_in = sign_in
        self._calls = calls

    async def StartOidcSignIn(self, request: pb.StartOidcSignInRequest, context: Context) -> pb.StartOidcSignInResponse:
        started = await self._sign_in.start(self._calls.read(context), request.return_path)
        return pb.StartOidcSignInResponse(
            authorization_url=started.authorization_url,
            flow_secret=started.secret,
            expire_time=convert.timestamp(started.expire_time),
        )

    async def FinishOidcSignIn(
        self, request: pb.FinishOidcSignInRequest, context: Context
    ) -> pb.FinishOidcSignInResponse:
        answer = ProviderAnswer(request.flow_secret, request.state, request.code, request.issuer, request.error)
        tokens, path = await self._sign_in.finish(self._calls.read(context), answer, request.device_token)
        return pb.FinishOidcSignInResponse(tokens=convert.session_tokens(tokens), return_path=path)
