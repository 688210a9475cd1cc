"""What the project service asks auth and tells it, against auth itself."""

from collections.abc import AsyncIterator
from datetime import timedelta

import grpc
import pytest

from loupe.auth.v1 import audit_service_pb2 as pb
from loupe_kit import ids
from loupe_kit.audit.auth_log import AuthAuditLog
from loupe_kit.audit.event import EventOrigin
from loupe_kit.channels import open_channel
from loupe_kit.testing import SERVICE_TOKEN_KEY
from loupe_kit.tokens import ServiceTokens
from loupe_project.adapters.directory import KEPT, AuthDirectory
from loupe_project.domain import audit
from loupe_project.domain.image_access import Principal
from loupe_project.domain.project import PrincipalKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.access import Person
from tests.integration.auth.conftest import ADMIN, Auth


@pytest.fixture
async def channel(auth: Auth) -> AsyncIterator[grpc.aio.Channel]:
    """The project service's channel to auth."""
    tokens = ServiceTokens(SERVICE_TOKEN_KEY, auth.clock)
    async with open_channel(auth.target, lambda: tokens.issue("project")) as opened:
        yield opened


async def test_directory__knows_people_and_nobody_else(auth: Auth, channel: grpc.aio.Channel) -> None:
    directory = AuthDirectory(channel, auth.clock)
    made = (await auth.sign_up("ada@plant.example")).user
    user_id = made.name.removeprefix("users/")

    assert await directory.person(user_id) == Person(None, is_supervisor=False, is_active=True)
    assert await directory.person(ids.new_id()) is None
    assert await directory.exists(Principal(PrincipalKind.USER, user_id))
    assert not await directory.exists(Principal(PrincipalKind.USER, ids.new_id()))
    assert not await directory.exists(Principal(PrincipalKind.DEPARTMENT, ids.new_id()))
    assert await directory.staff_of(ids.new_id()) == frozenset()


async def test_audit_log__keeps_an_event_once(auth: Auth, channel: grpc.aio.Channel) -> None:
    origin = EventOrigin("Ada", "10.1.2.3", "curl/8", "call-of-the-audit")
    scope = Scope(user_id="ada", principal=f"users/{ids.new_id()}", origin=origin)
    target = f"projects/{ids.new_id()}"
    one = audit.event(scope, audit.Action.SHARE_PROJECT, target, auth.clock.now(), added="USER:x:VIEWER")
    log = AuthAuditLog(channel)

    await log.record([one])
    await log.record([one])

    found = await auth.audit.ListAuditEvents(
        pb.ListAuditEventsRequest(target=target), metadata=await auth.as_person(ADMIN)
    )
    (event,) = found.audit_events
    assert (event.action, event.actor, event.source) == ("project.share", scope.principal, "services/project")
    assert (event.client_address, event.call_id, dict(event.details)) == (
        "10.1.2.3",
        "call-of-the-audit",
        {"added": "USER:x:VIEWER"},
    )


async def test_audit_log__takes_every_action(auth: Auth, channel: grpc.aio.Channel) -> None:
    scope = Scope(user_id="ada", principal="services/project")

    await AuthAuditLog(channel).record(
        [audit.event(scope, one, "projects/p", auth.clock.now()) for one in audit.Action]
    )
    assert timedelta(seconds=5) > KEPT
