"""The web application: routes and what surrounds them."""

from pathlib import Path

import grpc
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from loupe_gateway import contracts, errors
from loupe_gateway.clients import Clients
from loupe_gateway.middleware import HeadersMiddleware, SessionMiddleware
from loupe_gateway.routes.health import HealthRoutes
from loupe_gateway.routes.oidc import OidcRoutes
from loupe_gateway.routes.upload import UploadRoute
from loupe_gateway.routes.web import WebRoutes
from loupe_gateway.sessions import Sessions
from loupe_gateway.transcode import Transcoder
from loupe_kit.errors import LoupeError

_HERE = Path(__file__).parent
OPENAPI_FILE = _HERE / "openapi.json"
WEB_FOLDER = _HERE / "web_dist"
_VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_app(clients: Clients) -> Starlette:
    """Returns the application over open channels; who opened them closes them."""
    sessions = Sessions(clients)
    health = HealthRoutes(clients)
    oidc = OidcRoutes(clients)
    transcoder = Transcoder(contracts.http_bindings(), clients, sessions)
    routes = [
        Route("/healthz", health.live),
        Route("/readyz", health.ready),
        Route("/openapi.json", _openapi),
        Route("/v1/projects/{project}/uploadBatches:upload", UploadRoute(clients).handle, methods=["POST"]),
        Route("/v1/account:signInWithOidc", oidc.start),
        Route("/v1/account:signInWithOidc/callback", oidc.callback),
        Route("/v1/{path:path}", transcoder.handle, methods=_VERBS),
        Route("/.well-known/{path:path}", transcoder.handle, methods=_VERBS),
        Route("/{path:path}", WebRoutes(WEB_FOLDER).handle),
    ]
    middleware = [Middleware(HeadersMiddleware), Middleware(SessionMiddleware, sessions=sessions)]
    handled = (LoupeError, grpc.aio.AioRpcError, HTTPException, Exception)
    return Starlette(
        routes=routes,
        middleware=middleware,
        exception_handlers=dict.fromkeys(handled, errors.handle_error),
    )


async def _openapi(_request: Request) -> Response:
    return FileResponse(OPENAPI_FILE, headers={"cache-control": "no-cache"})
