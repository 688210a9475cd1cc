"""What happens around every request: session, security headers, access log."""

import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loupe_gateway import errors
from loupe_gateway.sessions import Sessions

_log = structlog.get_logger(__name__)
# The UI brings everything it needs: no other host, no inline script. Sizes and positions that scripts set are inline.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PROBES = {"/healthz", "/readyz"}
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class SessionMiddleware:
    """Finds out who calls, from the session cookies, before the endpoint runs; renews cookies on the way out."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            change = await self._sessions.open_request(request)
        except Exception as error:  # noqa: BLE001 - what fails here has no endpoint to answer it
            await errors.error_response(error)(scope, receive, send)
            return

        async def send_with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                carrier = Response()
                change(carrier)
                renewed = [header for header in carrier.raw_headers if header[0] == b"set-cookie"]
                headers = message.setdefault("headers", [])
                # An endpoint that sets session cookies itself, sign-in or sign-out, has the last word.
                if not any(name.lower() == b"set-cookie" for name, _ in headers):
                    message["headers"] = [*headers, *renewed]
            await send(message)

        await self._app(scope, receive, send_with_cookies)


class HeadersMiddleware:
    """Adds security headers and writes the access log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            seconds = round(time.perf_counter() - begun, 4)
            # Probes come every few seconds and say nothing while all is well.
            log = _log.debug if scope["path"] in _PROBES else _log.info
            log("http_request", method=scope["method"], path=scope["path"], status=status, seconds=seconds)
