"""The audit: reported by services, searched and exported by administrators, changed by nobody."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from loupe.auth.v1 import audit_service_pb2 as audit
from loupe_kit import ids
from loupe_kit.errors import Code
from tests.integration.auth.conftest import ADMIN, Auth
from tests.integration.auth.test_account_journey import refusal


def _event(auth: Auth, action: str = "project.share", **fields: Any) -> audit.AuditEvent:
    event = audit.AuditEvent(
        name=f"auditEvents/{ids.new_id()}",
        action=action,
        outcome=audit.AuditEvent.OUTCOME_SUCCEEDED,
        actor="users/ada",
        target="projects/one",
        client_address="203.0.113.9",
        details={"role": "=EDITOR"},
    )
    event.create_time.FromDatetime(auth.clock.now())
    event.MergeFrom(audit.AuditEvent(**fields))
    return event


async def test_record__events_of_services_once_each_with_their_source(auth: Auth) -> None:
    event = _event(auth, source="services/auth")
    request = audit.RecordAuditEventsRequest(audit_events=[event, _event(auth, "image.delete")])

    assert (await auth.audit.RecordAuditEvents(request, metadata=auth.as_service())).recorded_count == 2
    assert (await auth.audit.RecordAuditEvents(request, metadata=auth.as_service())).recorded_count == 0

    admin = await auth.as_person(ADMIN)
    wanted = audit.ListAuditEventsRequest(action="project.*", client_address="203.0.113.9")
    found = (await auth.audit.ListAuditEvents(wanted, metadata=admin)).audit_events
    assert [(one.name, one.source, one.details["role"]) for one in found] == [
        (event.name, "services/project", "=EDITOR")
    ]


async def test_record__is_closed_to_people(auth: Auth) -> None:
    request = audit.RecordAuditEventsRequest(audit_events=[_event(auth)])

    refused = await refusal(auth.audit.RecordAuditEvents(request, metadata=await auth.as_person(ADMIN)))

    assert refused.code is Code.PERMISSION_DENIED


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"action": "Project share"}, "audit_events.action"),
        ({"target": "x" * 151}, "audit_events.target"),
        ({"details": {"why": "x" * 501}}, "audit_events.details"),
    ],
)
async def test_record__names_the_field_at_fault_and_records_nothing(
    auth: Auth, change: dict[str, Any], field: str
) -> None:
    request = audit.RecordAuditEventsRequest(audit_events=[_event(auth), _event(auth, **change)])

    refused = await refusal(auth.audit.RecordAuditEvents(request, metadata=auth.as_service()))

    assert [violation.field for violation in refused.fields] == [field]
    admin = await auth.as_person(ADMIN)
    found = await auth.audit.ListAuditEvents(audit.ListAuditEventsRequest(actor="users/ada"), metadata=admin)
    assert not found.audit_events


async def _export(auth: Auth, request: audit.ExportAuditEventsRequest) -> str:
    pieces = [piece.data async for piece in auth.audit.ExportAuditEvents(request, metadata=await auth.as_person(ADMIN))]
    return b"".join(pieces).decode()


async def test_export__csv_holds_every_event_and_no_formula(auth: Auth) -> None:
    events = [_event(auth, actor_display_name="=cmd()") for _ in range(1002)]
    for half in (events[:500], events[500:1000], events[1000:]):
        request = audit.RecordAuditEventsRequest(audit_events=half)
        await auth.audit.RecordAuditEvents(request, metadata=auth.as_service())
    auth.later(seconds=1)

    text = await _export(auth, audit.ExportAuditEventsRequest(action="project.share"))

    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {row["name"] for row in rows} == {event.name for event in events}
    assert rows[0]["actor_display_name"] == "'=cmd()"


async def test_export__jsonl_is_an_event_a_line_and_the_export_is_in_the_audit(auth: Auth) -> None:
    await auth.audit.RecordAuditEvents(
        audit.RecordAuditEventsRequest(audit_events=[_event(auth)]), metadata=auth.as_service()
    )
    auth.later(seconds=1)
    jsonl = audit.ExportAuditEventsRequest.FORMAT_JSONL

    lines = (await _export(auth, audit.ExportAuditEventsRequest(format=jsonl))).splitlines()
    auth.later(seconds=1)
    again = (await _export(auth, audit.ExportAuditEventsRequest(format=jsonl, action="audit.export"))).splitlines()

    assert "project.share" in [json.loads(line)["action"] for line in lines]
    assert json.loads(again[0])["details"] == {"form": "jsonl"}


async def test_export__is_for_administrators(auth: Auth) -> None:
    await auth.sign_up("ada@plant.example")
    ada = await auth.as_person("ada@plant.example")

    async def read() -> None:
        async for _ in auth.audit.ExportAuditEvents(audit.ExportAuditEventsRequest(), metadata=ada):
            pass

    assert (await refusal(read())).reason == "ADMINISTRATOR_REQUIRED"
