"""The built web UI as the gateway serves it."""

import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from loupe_gateway.routes.web import WebRoutes

SCRIPT = "console.log('loupe');" * 100


@pytest.fixture
def browser(tmp_path: Path) -> TestClient:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Loupe</title>")
    (assets / "index-1.js").write_text(SCRIPT)
    (assets / "index-1.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (assets / "font-1.woff2").write_bytes(b"wOF2")
    return TestClient(Starlette(routes=[Route("/{path:path}", WebRoutes(tmp_path).handle)]))


def test_script__sent_compressed(browser: TestClient) -> None:
    answer = browser.get("/assets/index-1.js", headers={"accept-encoding": "gzip, deflate"})

    assert answer.text == SCRIPT
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "accept-encoding"
    assert "immutable" in answer.headers["cache-control"]
    assert int(answer.headers["content-length"]) < len(SCRIPT) / 5


def test_script__as_it_is_for_who_reads_no_gzip(browser: TestClient) -> None:
    answer = browser.get("/assets/index-1.js", headers={"accept-encoding": "identity"})

    assert answer.text == SCRIPT
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "accept-encoding"


def test_font__as_it_is(browser: TestClient) -> None:
    answer = browser.get("/assets/font-1.woff2", headers={"accept-encoding": "gzip"})

    assert answer.content == b"wOF2"
    assert "content-encoding" not in answer.headers


def test_page__for_addresses_of_the_ui(browser: TestClient) -> None:
    answer = browser.get("/projects/p?tab=maps")

    assert "<title>Loupe</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
