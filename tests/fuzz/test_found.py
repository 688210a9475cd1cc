"""Requests that were once answered with 5xx or in another form than all errors; found by the tests beside this one."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.access.identities import Identity
from tests.access.world import World, picture

pytestmark = pytest.mark.timeout(240)
_DEEP = b"[" * 100_000


def _ask(world: World, verb: str, path: str, **arguments: Any) -> tuple[int, str]:
    """Returns HTTP status and the code in the body."""
    arguments.setdefault("headers", {"authorization": f"Bearer {world.token(Identity.OWNER)}"})
    response = httpx.request(verb, world.process.http + path, timeout=30, **arguments)
    return response.status_code, response.json()["error"]["status"]


@pytest.mark.parametrize("token", [b"\xe4\xb8", b"\xff" * 100, b"a" * 30_000])
def test_authorization__that_grpc_cannot_carry(token: bytes, world: World) -> None:
    assert _ask(world, "GET", "/v1/me", headers={b"authorization": b"Bearer " + token}) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("path", ["/v1/projects/%0A", "/%0A", "/v1/projects/a%0Ab/tags"])
def test_path__with_a_line_break(path: str, world: World) -> None:
    assert _ask(world, "PATCH", path, json={})[0] in {400, 404, 405}


@pytest.mark.parametrize(
    "body", [_DEEP, b'{"displayName": "\\ud800"}', b'{"displayName": {"a": 1}}', b'{"members": 1}', b"NaN", b"\xff"]
)
def test_body__that_is_no_request(body: bytes, world: World) -> None:
    assert _ask(world, "POST", "/v1/projects", content=body) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("described", ["1.7e308", "[]", "null", '"a"', '{"fileName": "\\ud800"}', _DEEP.decode()])
def test_upload__described_by_something_else(described: str, world: World) -> None:
    path = f"/v1/{world.project}/uploadBatches:upload"
    form: Any = {"data": {"image": described}, "files": {"file": ("a.png", picture(1))}}

    assert _ask(world, "POST", path, **form) == (400, "INVALID_ARGUMENT")
