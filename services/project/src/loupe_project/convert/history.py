"""Lines of the history of images as messages."""

import json
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Value

from loupe.project.v1 import history_service_pb2 as pb
from loupe_project.convert.values import timestamp
from loupe_project.domain import names
from loupe_project.domain.history import Fact, HistoryLine

_FACTS = {
    Fact.TAG: pb.HistoryLine.FACT_TAG,
    Fact.METADATA: pb.HistoryLine.FACT_METADATA,
    Fact.CAPTURE_TIME: pb.HistoryLine.FACT_CAPTURE_TIME,
    Fact.LABEL: pb.HistoryLine.FACT_LABEL,
    Fact.ACCESS: pb.HistoryLine.FACT_ACCESS,
    Fact.TRASH: pb.HistoryLine.FACT_TRASH,
}
_SHOWN = {Fact.TAG: ("text", "text"), Fact.METADATA: ("key", "value"), Fact.LABEL: ("label", "")}
"""Where the subject and the value stand in what is written down; empty: the value is all of it."""


def to_message(line: HistoryLine) -> pb.HistoryLine:
    """A line with its values as people know them."""
    one, change = line.alteration, line.change
    old, new = _read(one.old), _read(one.new)
    named, shown = _SHOWN.get(one.fact, ("", ""))
    message = pb.HistoryLine(
        fact=_FACTS[one.fact],
        subject=next((str(part[named]) for part in (new, old) if isinstance(part, dict) and named in part), ""),
        creator=change.creator,
        create_time=timestamp(line.time),
        operation=names.operation(change.project_id, change.id) if change.is_operation else "",
        kind=change.kind,
        old_creator=one.old_creator,
        old_time=timestamp(one.old_time),
    )
    for value, target in ((old, message.old_value), (new, message.new_value)):
        if value is not None:
            target.CopyFrom(ParseDict(value[shown] if shown and isinstance(value, dict) else value, Value()))
    return message


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)
