"""Messages to the domain and back."""

from __future__ import annotations

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from loupe.auth.v1 import audit_service_pb2, user_pb2
from loupe_auth import convert
from loupe_auth.domain.audit import AuditQuery, Outcome
from loupe_kit import ids
from loupe_kit.errors import InvalidArgument
from tests.contract.auth.factories import NOW


def test_resource_id__reads_names_of_its_collection_only() -> None:
    user_id = ids.new_id()

    assert convert.resource_id("name", f"users/{user_id}", "users") == user_id
    assert convert.optional_id("name", "", "users") is None
    for name in ("", user_id, f"departments/{user_id}", "users/", "users/x", f"users/{user_id}/x"):
        with pytest.raises(InvalidArgument, match=r"name must read users/<id>"):
            convert.resource_id("name", name, "users")


def test_paths__mask_or_what_is_set() -> None:
    updatable = ("display_name", "duty")
    sent = user_pb2.User(duty="lead", location="ignored")

    assert convert.paths(FieldMask(), sent, updatable) == {"duty"}
    assert convert.paths(FieldMask(paths=["display_name"]), sent, updatable) == {"display_name"}
    assert convert.paths(FieldMask(paths=["*"]), sent, updatable) == set(updatable)
    with pytest.raises(InvalidArgument) as caught:
        convert.paths(FieldMask(paths=["role", "duty", "x"]), sent, updatable)
    assert [violation.field for violation in caught.value.fields] == ["update_mask", "update_mask"]


def test_version__etag() -> None:
    assert convert.version("etag", "") is None
    assert convert.version("etag", "12") == 12
    for etag in ("x", "-1", "٣", "9" * 30):
        with pytest.raises(InvalidArgument):
            convert.version("etag", etag)


def test_audit_query__conditions() -> None:
    request = audit_service_pb2.ListAuditEventsRequest(
        start_time=convert.timestamp(NOW), action="account.*", outcome=audit_service_pb2.AuditEvent.OUTCOME_REFUSED
    )

    assert convert.audit_query(request) == AuditQuery(start_time=NOW, action="account.*", outcome=Outcome.REFUSED)


def test_time__outside_of_the_calendar() -> None:
    request = audit_service_pb2.ListAuditEventsRequest(start_time=Timestamp(seconds=10**15))

    with pytest.raises(InvalidArgument, match="start_time is not a time"):
        convert.time(request, "start_time")
