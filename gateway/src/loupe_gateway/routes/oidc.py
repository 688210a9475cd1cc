"""Sign-in with the company's identity provider: sends the browser there, and takes it back."""

import grpc
from google.rpc import error_details_pb2
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from loupe.auth.v1 import oidc_service_pb2 as pb
from loupe_gateway import errors, sessions
from loupe_gateway.clients import Clients
from loupe_gateway.metadata import call_metadata

_SERVICE = pb.DESCRIPTOR.services_by_name["OidcService"]
_COOKIE = "loupe_oidc"
_COOKIE_SECONDS = 600
_SEE_OTHER = 303


class OidcRoutes:
    """`GET /v1/account:signInWithOidc` and its callback, both opened by the browser itself."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    async def start(self, request: Request) -> Response:
        """Sends the browser to the provider; `returnPath` says where it goes afterwards."""
        wanted = pb.StartOidcSignInRequest(return_path=request.query_params.get("returnPath", ""))
        try:
            started = await self._clients.unary(
                _SERVICE.methods_by_name["StartOidcSignIn"], wanted, call_metadata(request)
            )
        except grpc.aio.AioRpcError as error:
            return _back_with(error)
        response = _redirect(started.authorization_url)
        sessions.set_cookie(request, response, _COOKIE, started.flow_secret, _COOKIE_SECONDS)
        return response

    async def callback(self, request: Request) -> Response:
        """Opens the session for the provider's answer and goes to where the person wanted."""
        query = request.query_params
        answer = pb.FinishOidcSignInRequest(
            flow_secret=request.cookies.get(sessions.cookie_name(request, _COOKIE), ""),
            state=query.get("state", ""),
            code=query.get("code", ""),
            issuer=query.get("iss", ""),
            error=query.get("error", ""),
            device_token=sessions.device_token(request),
        )
        try:
            finished = await self._clients.unary(
                _SERVICE.methods_by_name["FinishOidcSignIn"], answer, call_metadata(request)
            )
            response = _redirect(finished.return_path)
            sessions.set_cookies(request, response, finished.tokens)
        except grpc.aio.AioRpcError as error:
            response = _back_with(error)
        sessions.set_cookie(request, response, _COOKIE, "", 0)
        return response


def _redirect(url: str) -> Response:
    return RedirectResponse(url, _SEE_OTHER, headers={"cache-control": "no-store"})


def _back_with(error: grpc.aio.AioRpcError) -> Response:
    """Returns to the page, which says what went wrong: nobody reads JSON here."""
    info = error_details_pb2.ErrorInfo()
    reason = next((info.reason for detail in errors.status_of(error).details if detail.Unpack(info)), "UNAVAILABLE")
    return _redirect(f"/?signInError={reason}")
