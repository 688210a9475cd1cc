"""The session in a real browser: out of reach of scripts and other sites, renewed silently, gone when it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request

from loupe_client.demo.server import StandaloneProcess
from tests.access.world import ADMINISTRATOR, PASSWORD
from tests.e2e.tls_proxy import tls_proxy

# The first time Chromium may have to be installed.
pytestmark = pytest.mark.timeout(600)
_ASK = """async ([verb, path, body]) => {
    const answer = await fetch(path, {method: verb, body: body === null ? undefined : JSON.stringify(body)});
    return {status: answer.status, text: await answer.text()};
}"""
_SIGN_IN = {"email": ADMINISTRATOR, "password": PASSWORD}
_ATTACK = {"displayName": "Trojan", "model": "models/efficientnet-lite0"}


@asynccontextmanager
async def _page(browser: Browser, url: str) -> AsyncIterator[Page]:
    """Opens a page of Loupe's own origin."""
    context = await browser.new_context(base_url=url, ignore_https_errors=True)
    try:
        page = await context.new_page()
        await page.goto("/healthz")
        yield page
    finally:
        await context.close()


async def _ask(page: Page, verb: str, path: str, body: object = None) -> tuple[int, Any]:
    answer = await page.evaluate(_ASK, [verb, path, body])
    return answer["status"], json.loads(answer["text"])


async def _sign_in(page: Page) -> Any:
    status, answer = await _ask(page, "POST", "/v1/account:signIn", _SIGN_IN)
    assert status == 200
    return answer


async def _session_cookies(context: BrowserContext) -> dict[str, dict[str, Any]]:
    found = {cookie["name"].removeprefix("__Host-"): dict(cookie) for cookie in await context.cookies()}
    return {name: found[name] for name in ("loupe_access", "loupe_refresh") if name in found}


async def _readable_by_scripts(page: Page) -> str:
    """Returns all that a script of the page can read without asking the server."""
    stores = "[document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage), name]"
    databases = "(await indexedDB.databases()).map(database => database.name)"
    text: str = await page.evaluate(f"(async () => JSON.stringify([...{stores}, ...{databases}]))()")
    return text + await page.content()


async def test_cookies__are_out_of_reach_of_scripts(browser: Browser, shared_standalone: StandaloneProcess) -> None:
    async with _page(browser, shared_standalone.http) as page:
        answer = await _sign_in(page)
        cookies = await _session_cookies(page.context)
        await page.goto("/")
        await page.wait_for_load_state("networkidle")
        readable = await _readable_by_scripts(page)

    assert not answer["accessToken"]
    assert not answer["refreshToken"]
    for cookie in cookies.values():
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
        assert not cookie["domain"].startswith("."), "for this host alone"
        assert cookie["value"] not in readable
    assert len(cookies) == 2


async def test_session__is_renewed_without_a_word(browser: Browser, shared_standalone: StandaloneProcess) -> None:
    async with _page(browser, shared_standalone.http) as page:
        await _sign_in(page)
        before = await _session_cookies(page.context)
        await page.context.clear_cookies(name="loupe_access")
        answers = await asyncio.gather(*(_ask(page, "GET", "/v1/me") for _ in range(20)))
        after = await _session_cookies(page.context)

    assert {status for status, _ in answers} == {200}
    assert after["loupe_access"]["value"] != before["loupe_access"]["value"]
    assert after["loupe_refresh"]["value"] != before["loupe_refresh"]["value"]


async def test_sign_out__takes_the_session_out_of_the_browser_and_ends_it(
    browser: Browser, shared_standalone: StandaloneProcess
) -> None:
    async with _page(browser, shared_standalone.http) as page:
        await _sign_in(page)
        kept: Any = await page.context.cookies()
        assert (await _ask(page, "POST", "/v1/account:signOut", {}))[0] == 200
        left = await _session_cookies(page.context)
        assert (await _ask(page, "GET", "/v1/me"))[0] == 401
        # Whoever has copied the cookies can renew nothing with them.
        await page.context.add_cookies([one for one in kept if one["name"] == "loupe_refresh"])
        status, _ = await _ask(page, "GET", "/v1/me")

    assert left == {}
    assert status == 401


_FORM = """<form method=post enctype=text/plain action="{target}"><input name='{head}' value='{tail}'></form>
<script>addEventListener("load", () => document.forms[0].submit())</script>"""
_FETCH = """<script>
fetch("{target}", {{method: "POST", mode: "no-cors", credentials: "include", body: `{body}`}})
</script>"""


def _form(target: str, body: dict[str, str], ignored: str) -> str:
    # A form of plain text sends name=value: JSON, when the = is in a field that nobody looks at.
    text = json.dumps({**body, ignored: ""})
    return _FORM.format(target=target, head=text[:-2], tail='"}')


def _fetch(target: str, body: dict[str, str], _ignored: str) -> str:
    return _FETCH.format(target=target, body=json.dumps(body))


@asynccontextmanager
async def _foreign_page(html: str) -> AsyncIterator[int]:
    """Serves a page to whoever asks; yields the port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n"
        writer.write(f"{head}content-length: {len(html.encode())}\r\n\r\n{html}".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _attack(page: Page, html: str, host: str) -> Request:
    """Opens a foreign page that sends a POST to Loupe; returns the request when it is over."""
    over: asyncio.Future[Request] = asyncio.get_running_loop().create_future()

    def note(request: Request) -> None:
        if request.method == "POST" and not over.done():
            over.set_result(request)

    # The browser hides answers from foreign scripts: then the request counts as failed.
    page.on("requestfinished", note)
    page.on("requestfailed", note)
    async with _foreign_page(html) as port:
        await page.goto(f"http://{host}:{port}/", wait_until="commit")
        return await asyncio.wait_for(over, 30)


@pytest.mark.parametrize("make", [_form, _fetch], ids=["form", "fetch"])
@pytest.mark.parametrize(("host", "sends_cookies"), [("localhost", False), ("127.0.0.1", True)])
async def test_other_page__changes_nothing_in_the_name_of_who_is_signed_in(
    make: Any, host: str, *, sends_cookies: bool, browser: Browser, shared_standalone: StandaloneProcess
) -> None:
    # Another host name is another site, which gets no cookies. Another port is the same site: the gateway refuses.
    async with _page(browser, shared_standalone.http) as page:
        await _sign_in(page)
        html = make(f"{shared_standalone.http}/v1/projects", _ATTACK, "description")
        headers = await (await _attack(page, html, host)).all_headers()
        await page.goto(f"{shared_standalone.http}/healthz")
        _, projects = await _ask(page, "GET", "/v1/projects?pageSize=1000")

    if make is _form:  # of a request whose answer it hides, the browser does not say which cookies went with it
        assert ("loupe_refresh" in headers.get("cookie", "")) is sends_cookies
    assert _ATTACK["displayName"] not in {project["displayName"] for project in projects["projects"]}


async def test_other_site__signs_nobody_in(browser: Browser, shared_standalone: StandaloneProcess) -> None:
    async with _page(browser, shared_standalone.http) as page:
        html = _form(f"{shared_standalone.http}/v1/account:signIn", _SIGN_IN, "deviceToken")
        response = await (await _attack(page, html, "localhost")).response()
        cookies = await page.context.cookies()

    assert response is not None
    assert response.status == 403
    assert cookies == []


async def test_cookies__over_https_are_bound_to_the_host(
    browser: Browser, shared_standalone: StandaloneProcess, tmp_path: Path
) -> None:
    port = int(shared_standalone.http.rpartition(":")[2])
    async with tls_proxy(port, tmp_path) as url, _page(browser, url) as page:
        await _sign_in(page)
        await page.context.clear_cookies(name="__Host-loupe_access")
        assert (await _ask(page, "GET", "/v1/me"))[0] == 200
        cookies = await page.context.cookies()
        readable = await _readable_by_scripts(page)
        assert (await _ask(page, "POST", "/v1/account:signOut", {}))[0] == 200
        left = await _session_cookies(page.context)

    names = {cookie["name"] for cookie in cookies}
    assert names >= {"__Host-loupe_access", "__Host-loupe_refresh"}
    assert all(name.startswith("__Host-") for name in names)
    for cookie in cookies:
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "localhost")
        assert cookie["value"] not in readable
    assert left == {}
