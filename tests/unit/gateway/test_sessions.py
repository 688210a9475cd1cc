import asyncio
import base64
import json
import time
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from starlette.requests import Request
from starlette.responses import Response

from loupe.auth.v1 import account_service_pb2 as pb
from loupe.auth.v1.session_service_pb2 import EndAllSessionsRequest
from loupe_gateway import sessions
from loupe_gateway.metadata import call_metadata
from loupe_gateway.sessions import CrossSiteRequest, Sessions


def _token(seconds: float) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + seconds}).encode()).rstrip(b"=").decode()
    return f"head.{claims}.signature"


def _request(method: str = "GET", scheme: str = "http", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "scheme": scheme, "path": "/v1/me", "query_string": b"", "headers": raw}
    return Request({**scope, "server": ("loupe", 80)})


class FakeClients:
    """Answers RefreshSession; counts how often it was asked."""

    def __init__(self, error: grpc.StatusCode | None = None) -> None:
        self.asked: list[str] = []
        self._error = error

    async def unary(self, method: Any, request: Any, metadata: Any) -> pb.SessionTokens:
        self.asked.append(request.refresh_token)
        await asyncio.sleep(0.01)
        if self._error:
            raise grpc.aio.AioRpcError(self._error, grpc.aio.Metadata(), grpc.aio.Metadata())
        end = Timestamp(seconds=int(time.time()) + 600)
        return pb.SessionTokens(
            access_token=_token(600),
            refresh_token="lr_next",
            access_token_expire_time=end,
            refresh_token_expire_time=end,
        )


def _sessions(clients: FakeClients) -> Sessions:
    return Sessions(clients)  # type: ignore[arg-type]


async def test_open_request__valid_access_token_asks_nobody() -> None:
    clients, token = FakeClients(), _token(300)
    request = _request(cookie=f"loupe_access={token}; loupe_refresh=lr_a")

    await _sessions(clients).open_request(request)

    assert request.state.access_token == token
    assert clients.asked == []


async def test_open_request__renews_and_sets_cookies() -> None:
    clients = FakeClients()
    request, response = _request(cookie=f"loupe_access={_token(-5)}; loupe_refresh=lr_a"), Response()

    change = await _sessions(clients).open_request(request)
    change(response)

    cookies = [value.decode() for name, value in response.raw_headers if name == b"set-cookie"]
    assert clients.asked == ["lr_a"]
    assert len(cookies) == 2
    assert all("HttpOnly" in cookie and "SameSite=lax" in cookie for cookie in cookies)
    assert "loupe_refresh=lr_next" in cookies[1]


async def test_open_request__many_at_once_renew_once() -> None:
    clients = FakeClients()
    opened = _sessions(clients)
    requests = [_request(cookie="loupe_refresh=lr_a") for _ in range(30)]

    await asyncio.gather(*(opened.open_request(request) for request in requests))

    assert clients.asked == ["lr_a"]
    assert len({request.state.access_token for request in requests}) == 1


async def test_open_request__ended_session_makes_nobody() -> None:
    request = _request(cookie="loupe_refresh=lr_a")

    await _sessions(FakeClients(grpc.StatusCode.UNAUTHENTICATED)).open_request(request)

    assert request.state.access_token is None


async def test_open_request__auth_down_is_said() -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        await _sessions(FakeClients(grpc.StatusCode.UNAVAILABLE)).open_request(_request(cookie="loupe_refresh=lr_a"))


async def test_cookies__over_https_are_host_cookies() -> None:
    request, response = _request(scheme="https", cookie="__Host-loupe_refresh=lr_a"), Response()

    (await _sessions(FakeClients()).open_request(request))(response)

    cookies = [value.decode() for name, value in response.raw_headers if name == b"set-cookie"]
    assert [cookie.split("=")[0] for cookie in cookies] == ["__Host-loupe_access", "__Host-loupe_refresh"]
    assert all("Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie for cookie in cookies)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site", "origin": "https://evil.example"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example", "host": "loupe"},
        {"origin": "null", "host": "loupe"},
    ],
)
async def test_open_request__change_from_another_site_is_refused(headers: dict[str, str]) -> None:
    request = _request("POST", cookie=f"loupe_access={_token(300)}", **headers)

    with pytest.raises(CrossSiteRequest):
        await _sessions(FakeClients()).open_request(request)


@pytest.mark.parametrize(
    "headers",
    [{"sec_fetch_site": "same-origin"}, {"origin": "http://loupe:8080", "host": "loupe:8080"}, {}],
)
def test_refuse_cross_site__own_page_and_programs_pass(headers: dict[str, str]) -> None:
    sessions.refuse_cross_site(_request("DELETE", **headers))


async def test_open_request__authorization_header_goes_before_cookies() -> None:
    request = _request("POST", authorization="Bearer lp_key", cookie="loupe_refresh=lr_a", sec_fetch_site="cross-site")
    clients = FakeClients()

    await _sessions(clients).open_request(request)

    assert clients.asked == []
    assert not hasattr(request.state, "access_token")


def test_after_call__sign_in_moves_tokens_into_cookies() -> None:
    answer = pb.SessionTokens(session="sessions/s", access_token="a", refresh_token="r")
    response = Response()

    _sessions(FakeClients()).after_call(_request("POST"), "/loupe.auth.v1.AccountService/SignIn", answer)(response)

    assert (answer.session, answer.access_token, answer.refresh_token) == ("sessions/s", "", "")
    assert sum(name == b"set-cookie" for name, _ in response.raw_headers) == 2


def test_before_call__refresh_token_comes_from_the_cookie() -> None:
    message = pb.SignOutRequest()

    _sessions(FakeClients()).before_call(
        _request("POST", cookie="loupe_refresh=lr_a"), "/loupe.auth.v1.AccountService/SignOut", message
    )

    assert message.refresh_token == "lr_a"


async def test_sign_in__known_browser_is_a_cookie_and_goes_back_with_the_next_sign_in() -> None:
    opened, response = _sessions(FakeClients()), Response()
    answer = pb.SessionTokens(access_token=_token(600), refresh_token="lr_a", device_token="ld_a")

    opened.after_call(_request("POST"), sessions._SIGN_IN, answer)(response)
    message = pb.SignInRequest()
    opened.before_call(_request("POST", cookie="loupe_device=ld_a"), sessions._SIGN_IN, message)

    cookies = [value.decode() for name, value in response.raw_headers if name == b"set-cookie"]
    assert cookies[0].startswith("loupe_device=ld_a; HttpOnly; Max-Age=31536000")
    assert (answer.access_token, answer.refresh_token, answer.device_token) == ("", "", "")
    assert message.device_token == "ld_a"


@pytest.mark.parametrize(("keep_current", "count"), [(True, 0), (False, 2)])
async def test_end_all_sessions__takes_the_cookies_of_the_current_one(keep_current: bool, count: int) -> None:
    opened, request, response = _sessions(FakeClients()), _request("POST"), Response()

    opened.before_call(request, sessions._END_ALL, EndAllSessionsRequest(keep_current=keep_current))
    opened.after_call(request, sessions._END_ALL, None)(response)

    assert len([name for name, _ in response.raw_headers if name == b"set-cookie"]) == count


def test_metadata__says_which_browser_it_is() -> None:
    metadata = dict(call_metadata(_request(user_agent="Mozilla/5.0 " + "x" * 600)))

    assert metadata["x-forwarded-user-agent"].startswith("Mozilla/5.0 x")
    assert len(metadata["x-forwarded-user-agent"]) == 512
    assert "x-forwarded-user-agent" not in dict(call_metadata(_request(user_agent="caf\xe9")))
