"""Every RPC and every HTTP route against every kind of caller: the answers are those of the access matrix."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest
from google.protobuf.message import Message

from loupe_gateway import contracts
from loupe_gateway.app import create_app
from loupe_gateway.clients import Clients
from tests.access.doors import Answer, headers_of
from tests.access.identities import Identity
from tests.access.matrix import ROWS
from tests.access.policies import POLICIES, Policy
from tests.access.row import Row
from tests.access.world import METHODS, World, picture

BINDINGS = contracts.http_bindings()
# The first call may wait for the world to be made.
pytestmark = pytest.mark.timeout(240)
UPLOAD = "/v1/projects/{project}/uploadBatches:upload"
TRANSCODED = {"/v1/{path:path}", "/.well-known/{path:path}"}
OIDC = "/v1/account:signInWithOidc"
PUBLIC = ("/healthz", "/readyz", "/openapi.json", OIDC, f"{OIDC}/callback")
WEB_PAGE = "/{path:path}"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REFUSED = {"UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND"}


def test_matrix__has_a_row_for_every_rpc() -> None:
    assert METHODS.keys() - {row.rpc for row in ROWS} == set(), "add rows to tests/access/matrix.py"
    assert {row.rpc for row in ROWS} - METHODS.keys() == set(), "rows for RPCs that are not there"


def test_matrix__has_a_row_for_every_http_route() -> None:
    routes = {route.path for route in create_app(Clients({})).routes}  # type: ignore[attr-defined]

    assert routes == {UPLOAD, WEB_PAGE, *TRANSCODED, *PUBLIC}, "say below who may use the new route"


def _rows_by_binding() -> list[tuple[Row, contracts.HttpBinding]]:
    by_rpc: dict[str, list[contracts.HttpBinding]] = {}
    for binding in BINDINGS:
        by_rpc.setdefault(f"{binding.method.containing_service.name}.{binding.method.name}", []).append(binding)
    return [(row, binding) for row in ROWS for binding in by_rpc.get(row.rpc, [])]


async def _outcomes(call: Callable[[Identity], Awaitable[Answer]]) -> Policy:
    answers = await asyncio.gather(*(call(who) for who in Identity))
    return {who: answer.outcome for who, answer in zip(Identity, answers, strict=True)}


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
async def test_rpc__answers_each_caller_as_the_matrix_says(row: Row, world: World) -> None:
    async with world.visit() as visit:

        async def call(who: Identity) -> Answer:
            return await visit.grpc.call(METHODS[row.rpc], await row.requests(visit), world.token(who, row.scope))

        assert await _outcomes(call) == row.expected


@pytest.mark.parametrize(
    ("row", "binding"),
    _rows_by_binding(),
    ids=[f"{row.id} {binding.number}" for row, binding in _rows_by_binding()],
)
async def test_route__answers_each_caller_as_the_matrix_says(
    row: Row, binding: contracts.HttpBinding, world: World
) -> None:
    async with world.visit() as visit:

        async def call(who: Identity) -> Answer:
            (request,) = await row.requests(visit)
            headers = headers_of(world.token(who, row.scope), as_browser=who.is_person)
            return await visit.http.call(binding, request, headers)

        assert await _outcomes(call) == row.expected


async def test_upload_route__answers_each_caller_as_the_matrix_says(world: World) -> None:
    path = UPLOAD.replace("projects/{project}", world.project)
    async with world.visit() as visit:

        async def call(who: Identity) -> Answer:
            headers = headers_of(world.token(who, "upload"), as_browser=who.is_person)
            return await visit.http.send("POST", path, headers=headers, files={"file": ("1.png", picture(1))})

        assert await _outcomes(call) == POLICIES["edit"]


@pytest.mark.parametrize("path", PUBLIC)
async def test_public_route__answers_everybody(path: str, world: World) -> None:
    async with world.visit() as visit:

        async def call(who: Identity) -> Answer:
            return await visit.http.send("GET", path, headers=headers_of(world.token(who), as_browser=who.is_person))

        assert await _outcomes(call) == POLICIES["everybody"]


_IN_PROJECT = [row for row in ROWS if row.policy in {"view", "edit", "own", "creator", "mine"}]
# Who made a thing cannot be asked of a thing that is not there.
_BY_PROJECT = [row for row in _IN_PROJECT if row.policy != "creator"]


@pytest.mark.parametrize("row", _BY_PROJECT, ids=[row.id for row in _BY_PROJECT])
async def test_rpc__checks_permission_before_existence(row: Row, world: World) -> None:
    refused = {who: outcome for who, outcome in row.expected.items() if outcome in _REFUSED}
    async with world.visit() as visit:

        async def ask(who: Identity) -> str:
            absent = [without_children(request, world.project) for request in await row.requests(visit)]
            return (await visit.grpc.call(METHODS[row.rpc], absent, world.token(who, row.scope))).outcome

        assert dict(zip(refused, await asyncio.gather(*map(ask, refused)), strict=True)) == refused


@pytest.mark.parametrize("row", _IN_PROJECT, ids=[row.id for row in _IN_PROJECT])
async def test_rpc__answers_about_what_is_not_visible_as_about_what_is_not_there(row: Row, world: World) -> None:
    async with world.visit() as visit:

        async def ask(old: str, new: str) -> Answer:
            requests = [renamed(request, old, new) for request in await row.requests(visit)]
            return await visit.grpc.call(METHODS[row.rpc], requests, world.token(Identity.STRANGER))

        there = world.project.rpartition("/")[2]
        hidden, missing = await ask(there, there), await ask(there, absent_id(there))

    assert hidden.outcome == missing.outcome == "NOT_FOUND"
    assert _ID.sub("…", hidden.text) == _ID.sub("…", missing.text)


async def test_upload_route__says_why_it_refuses_however_the_bytes_race(world: World) -> None:
    path = UPLOAD.replace("projects/{project}", world.project)
    async with world.visit() as visit:
        sent = (visit.http.send("POST", path, files={"file": ("1.png", picture(1))}) for _ in range(50))
        answers = await asyncio.gather(*sent)

    assert {answer.outcome for answer in answers} == {"UNAUTHENTICATED"}


def absent_id(there: str) -> str:
    """Returns an id of nothing."""
    return there[:-6] + "0" * 6


def without_children(message: Message, project: str) -> Message:
    """Returns the message with the name of nothing where it names a thing in the project."""
    text = message.SerializeToString().decode("latin-1")
    for child in set(re.findall(rf"{project}/[a-zA-Z]+/([0-9a-f-]{{36}})", text)):
        message = renamed(message, child, absent_id(child))
    return message


def renamed(message: Message, old: str, new: str) -> Message:
    """Returns the message with an id in all its names replaced by another of the same length."""
    return type(message).FromString(message.SerializeToString().replace(old.encode(), new.encode()))
