"""The audit as a file: CSV for spreadsheets, JSONL for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence

from google.protobuf import json_format

from loupe_auth import convert
from loupe_auth.domain.audit import AuditEvent

CSV = "text/csv; charset=utf-8"
JSONL = "application/x-ndjson"
COLUMNS = (
    "create_time",
    "action",
    "outcome",
    "actor",
    "actor_display_name",
    "target",
    "client_address",
    "user_agent",
    "call_id",
    "reason",
    "details",
    "source",
    "name",
)
_BYTE_ORDER_MARK = "\ufeff"
# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_piece(events: Sequence[AuditEvent], *, is_first: bool) -> bytes:
    """Returns rows of a CSV file; the first piece begins with the names of the columns."""
    text = io.StringIO()
    rows = csv.writer(text)
    if is_first:
        text.write(_BYTE_ORDER_MARK)
        rows.writerow(COLUMNS)
    rows.writerows([_harmless(value) for value in _row(event)] for event in events)
    return text.getvalue().encode()


def jsonl_piece(events: Sequence[AuditEvent], *, is_first: bool) -> bytes:  # noqa: ARG001  the signature of csv_piece
    """Returns lines, each an AuditEvent in its JSON form."""
    lines = (json.dumps(json_format.MessageToDict(convert.audit_event(event)), ensure_ascii=False) for event in events)
    return "".join(f"{line}\n" for line in lines).encode()


def writer(content_type: str) -> Callable[..., bytes]:
    """Returns what makes pieces of a file of this type."""
    return csv_piece if content_type == CSV else jsonl_piece


def _row(event: AuditEvent) -> list[str]:
    return [
        event.create_time.isoformat(),
        event.action,
        event.outcome.value,
        event.actor,
        event.actor_display_name,
        event.target,
        event.call.client_address,
        event.call.user_agent,
        event.call.call_id,
        event.reason,
        json.dumps(dict(event.details), ensure_ascii=False),
        event.source,
        f"auditEvents/{event.id}",
    ]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
