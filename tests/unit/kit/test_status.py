from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from loupe_kit import status
from loupe_kit.errors import Code, FieldViolation, InvalidArgument, LoupeError, NotFound, ResourceExhausted

ALL_CLASSES = [cls for cls in LoupeError.__subclasses__() if cls.__module__ == "loupe_kit.errors"]


class RpcFailure(grpc.RpcError):
    """What a stub raises, without a call."""

    def __init__(self, code: grpc.StatusCode, details: str | None, trailing: Any = ()) -> None:
        self._answer = (code, details, trailing)

    def code(self) -> grpc.StatusCode:
        return self._answer[0]

    def details(self) -> str | None:
        return self._answer[1]

    def trailing_metadata(self) -> Any:
        return self._answer[2]


def test_code__names_and_numbers_are_grpcs() -> None:
    assert {code.name: int(code) for code in Code} == {
        code.name: code.value[0] for code in grpc.StatusCode if code is not grpc.StatusCode.OK
    }


def test_round_trip__everything_survives() -> None:
    error = ResourceExhausted(
        "The upload is too big; split it.",
        fields=[FieldViolation("file", "at most 10 bytes")],
        retry_after=timedelta(seconds=1.5),
        size="11",
    )
    sent = status.to_status_proto(error, request_id="r-1")
    assert [detail.TypeName() for detail in sent.details] == [
        "google.rpc.ErrorInfo",
        "google.rpc.BadRequest",
        "google.rpc.RetryInfo",
    ]
    back = status.from_status_proto(status_pb2.Status.FromString(sent.SerializeToString()))
    assert (back.code, back.reason, back.message) == (error.code, error.reason, error.message)
    assert back.fields == error.fields
    assert back.retry_after == error.retry_after
    assert back.metadata == {"size": "11", "request_id": "r-1"}


@pytest.mark.parametrize("cls", ALL_CLASSES, ids=lambda cls: cls.__name__)
def test_every_class__exactly_one_error_info(cls: type[LoupeError]) -> None:
    error = LoupeError.__new__(cls)
    LoupeError.__init__(error, "Something.")
    sent = status.to_status_proto(error)
    info = error_details_pb2.ErrorInfo.FromString(sent.details[0].value)
    assert len(sent.details) == 1
    assert (sent.code, info.reason, info.domain) == (int(cls.code), cls.reason, "loupe")


@pytest.mark.parametrize("letter", ["a", "ä", "検"])
def test_to_status_proto__fits_into_trailing_metadata(letter: str) -> None:
    text = letter * 10_000
    fields = [FieldViolation(text, text) for _ in range(1000)]
    sent = status.to_status_proto(InvalidArgument(text, fields=fields, value=text))
    assert sent.ByteSize() < 4200
    assert status.from_status_proto(sent).fields


def test_from_rpc_error__ours() -> None:
    sent = status.to_status_proto(NotFound("There is no tag 'a'.", tag="a"))
    failure = RpcFailure(grpc.StatusCode.NOT_FOUND, "x", ((status.STATUS_KEY, sent.SerializeToString()),))
    remote = status.from_rpc_error(failure)
    assert (remote.code, remote.reason, remote.message) == (Code.NOT_FOUND, "NOT_FOUND", "There is no tag 'a'.")
    assert status.has_reason_of_ours(failure)


@pytest.mark.parametrize("trailing", [(), None, (("other", "x"),), ((status.STATUS_KEY, b"\xff\xff"),)])
def test_from_rpc_error__of_the_network(trailing: Any) -> None:
    failure = RpcFailure(grpc.StatusCode.UNAVAILABLE, "connection refused", trailing)
    remote = status.from_rpc_error(failure)
    assert (remote.code, remote.reason, remote.message) == (Code.UNAVAILABLE, "UNAVAILABLE", "connection refused")
    assert not status.has_reason_of_ours(failure)


def test_from_status_proto__metadata_of_strangers_does_not_collide() -> None:
    info = error_details_pb2.ErrorInfo(reason="X", domain="other", metadata={"message": "m", "self": "s", "a": "b"})
    sent = status_pb2.Status(code=99, message="odd")
    sent.details.add().Pack(info)
    remote = status.from_status_proto(sent)
    assert (remote.code, remote.reason, remote.metadata) == (Code.UNKNOWN, "X", {"a": "b"})
