"""Browser sessions: the two tokens live in HttpOnly cookies and are renewed while a request is on its way.

Over https the cookies carry the prefix `__Host-` and are Secure. Over plain http, as on a laptop, they cannot be.
Requests that a foreign page may have caused are refused (OWASP CSRF cheat sheet: fetch metadata, then Origin).
"""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from typing import Any

import grpc
from starlette.requests import Request
from starlette.responses import Response

from loupe.auth.v1 import account_service_pb2 as pb
from loupe_gateway.clients import Clients
from loupe_kit.errors import PermissionDenied

_ACCOUNT = pb.DESCRIPTOR.services_by_name["AccountService"]
_SIGN_IN = "/loupe.auth.v1.AccountService/SignIn"
_REFRESH = "/loupe.auth.v1.AccountService/RefreshSession"
_SIGN_OUT = "/loupe.auth.v1.AccountService/SignOut"
_END_ALL = "/loupe.auth.v1.SessionService/EndAllSessions"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_RENEW_BEFORE_SECONDS = 30.0
_DEVICE_COOKIE = "loupe_device"
_DEVICE_SECONDS = 365 * 24 * 3600
Change = Callable[[Response], None]


class CrossSiteRequest(PermissionDenied):
    """Another site's page asked for a change in the name of somebody who is signed in here."""

    reason = "CROSS_SITE_REQUEST"


class Sessions:
    """Cookies of signed-in people."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._renewals: dict[str, asyncio.Task[pb.SessionTokens | None]] = {}

    async def open_request(self, request: Request) -> Change:
        """Puts the caller's access token into `request.state`, renewed where it has run out.

        Returns:
            What to do to the response: set renewed cookies, or nothing.

        Raises:
            CrossSiteRequest: the request may come from a foreign page.
        """
        access, refresh = _cookies(request)
        if request.headers.get("authorization"):
            return _nothing
        # Also from a browser without a session: a foreign page must not sign it in under a name of its choice.
        refuse_cross_site(request)
        if not (access or refresh):
            return _nothing
        if access and _seconds_left(access) > _RENEW_BEFORE_SECONDS:
            request.state.access_token = access
            return _nothing
        tokens = await self._renew(refresh) if refresh else None
        if tokens is None:
            # An access token that is about to run out may still do; without one the caller is nobody.
            request.state.access_token = access if access and _seconds_left(access) > 0 else None
            return _nothing
        request.state.access_token = tokens.access_token
        return lambda response: set_cookies(request, response, tokens)

    def before_call(self, request: Request, rpc_path: str, message: Any) -> None:
        """Fills the tokens of RefreshSession, SignOut and SignIn from the cookies, where the body has none."""
        if rpc_path in {_REFRESH, _SIGN_OUT} and not message.refresh_token:
            message.refresh_token = _cookies(request)[1] or ""
        if rpc_path == _SIGN_IN and not message.device_token:
            message.device_token = device_token(request)
        request.state.leaves = rpc_path == _SIGN_OUT or (rpc_path == _END_ALL and not message.keep_current)

    def after_call(self, request: Request, rpc_path: str, answer: Any) -> Change:
        """Moves tokens of an answer into cookies, or takes the cookies away after a sign-out."""
        if rpc_path in {_SIGN_IN, _REFRESH}:
            tokens = pb.SessionTokens()
            tokens.CopyFrom(answer)
            answer.access_token = answer.refresh_token = answer.device_token = ""
            return lambda response: set_cookies(request, response, tokens)
        if getattr(request.state, "leaves", False):
            return lambda response: _delete_cookies(request, response)
        return _nothing

    async def _renew(self, refresh: str) -> pb.SessionTokens | None:
        # Requests that arrive together share one renewal: a page loads dozens of thumbnails at once.
        task = self._renewals.get(refresh)
        if task is None:
            task = asyncio.create_task(self._call_refresh(refresh))
            self._renewals[refresh] = task
            task.add_done_callback(lambda _: self._renewals.pop(refresh, None))
        return await asyncio.shield(task)

    async def _call_refresh(self, refresh: str) -> pb.SessionTokens | None:
        method = _ACCOUNT.methods_by_name["RefreshSession"]
        try:
            tokens: pb.SessionTokens = await self._clients.unary(
                method, pb.RefreshSessionRequest(refresh_token=refresh), ()
            )
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                return None
            raise
        return tokens


def refuse_cross_site(request: Request) -> None:
    """Raises CrossSiteRequest for a change that another site's page may have caused."""
    if request.method in _SAFE:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site in {"same-origin", "none"}:
        return
    # No header at all: not a browser. Browsers send at least Origin with every cross-site change.
    if site is None and (origin is None or origin.split("://", 1)[-1] == request.headers.get("host")):
        return
    raise CrossSiteRequest("This change was asked for by a page of another site. Open Loupe itself and try again.")


def _cookies(request: Request) -> tuple[str | None, str | None]:
    access, refresh = _names(request)
    return request.cookies.get(access), request.cookies.get(refresh)


def device_token(request: Request) -> str:
    """Returns what an earlier sign-in left in this browser; empty: nothing."""
    return request.cookies.get(cookie_name(request, _DEVICE_COOKIE), "")


def cookie_name(request: Request, name: str) -> str:
    """Returns the name under which a cookie is kept: over https bound to this host."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """Keeps something in the browser, out of reach of scripts; no seconds: takes it away."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=seconds,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _names(request: Request) -> tuple[str, str]:
    return cookie_name(request, "loupe_access"), cookie_name(request, "loupe_refresh")


def set_cookies(request: Request, response: Response, tokens: pb.SessionTokens) -> None:
    """Keeps the tokens of an open session in the browser."""
    if tokens.device_token:
        set_cookie(request, response, _DEVICE_COOKIE, tokens.device_token, _DEVICE_SECONDS)
    ends = (tokens.access_token_expire_time, tokens.refresh_token_expire_time)
    values = (tokens.access_token, tokens.refresh_token)
    for name, value, end in zip(("loupe_access", "loupe_refresh"), values, ends, strict=True):
        set_cookie(request, response, name, value, max(0, int(end.seconds - time.time())))


def _delete_cookies(request: Request, response: Response) -> None:
    for name in _names(request):
        response.delete_cookie(name, path="/", secure=request.url.scheme == "https", httponly=True, samesite="lax")


def _seconds_left(token: str) -> float:
    # Only to know when to renew: the services verify the token.
    try:
        claims = token.split(".")[1]
        end = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
        return float(end) - time.time()
    except (ValueError, LookupError, TypeError):
        return 0.0


def _nothing(_response: Response) -> None:
    return None
