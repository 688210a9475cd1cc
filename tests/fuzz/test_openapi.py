"""Requests made up from openapi.json, right and wrong: every one is answered as the document says, none with 5xx."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from loupe_gateway.app import OPENAPI_FILE
from tests.access.world import World
from tests.fuzz.member import Member

load_all_checks()
DOCUMENT = schemathesis.openapi.from_path(OPENAPI_FILE)
DOCUMENT.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
# They end sessions or make the account another one; the tests of access call them.
_NOT_AS_MEMBER = {"AccountService_SignOut", "AccountService_ChangePassword", "SessionService_EndAllSessions"}
_SECONDS = 30.0


def _bounded(examples: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="session")
def member(world: World) -> Member:
    """Somebody with a project that may be spoilt."""
    return asyncio.run(Member.of(world))


def _as_anonymous(case: schemathesis.Case[Any], world: World) -> None:
    response = case.call(base_url=world.process.http, timeout=_SECONDS)
    case.validate_response(response, checks=CHECKS)


def _as_member(case: schemathesis.Case[Any], member: Member) -> None:
    if case.operation.definition.raw["operationId"] in _NOT_AS_MEMBER:
        pytest.skip("would end the session that the other requests are made in")
    member.lend_names(case)
    response = case.call(base_url=member.world.process.http, headers=member.headers(), timeout=_SECONDS)
    case.validate_response(response, checks=CHECKS)


@DOCUMENT.parametrize()
@_bounded(2)
def test_anonymous__gets_an_answer_to_everything(case: schemathesis.Case[Any], world: World) -> None:
    _as_anonymous(case, world)


@DOCUMENT.parametrize()
@_bounded(5)
def test_member__gets_an_answer_to_everything(case: schemathesis.Case[Any], member: Member) -> None:
    _as_member(case, member)


@pytest.mark.slow
@DOCUMENT.parametrize()
@_bounded(30)
def test_anonymous__gets_an_answer_to_everything_at_length(case: schemathesis.Case[Any], world: World) -> None:
    _as_anonymous(case, world)


@pytest.mark.slow
@DOCUMENT.parametrize()
@_bounded(100)
def test_member__gets_an_answer_to_everything_at_length(case: schemathesis.Case[Any], member: Member) -> None:
    _as_member(case, member)
