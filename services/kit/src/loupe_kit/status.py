"""`LoupeError` on the wire: `google.rpc.Status` with one ErrorInfo, and back."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, cast

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2

from loupe_kit.errors import Code, FieldViolation, LoupeError, RemoteError

DOMAIN = "loupe"
STATUS_KEY = "grpc-status-details-bin"
"""Trailing metadata that carries the status message."""

# Clients take 8 KiB of trailing metadata, in which the message comes twice, once percent-encoded.
_MAX_STATUS_BYTES = 4096
_MAX_FIELDS = 16
_MAX_TEXT = 500
_MAX_FIELD_TEXT = 200

_CODES = {int(code): code for code in Code}


def to_status_proto(error: LoupeError, **more_metadata: str) -> status_pb2.Status:
    """The status message of an error; also for failures of single items within a response.

    Args:
        error: What went wrong.
        **more_metadata: Added to the metadata of the ErrorInfo, such as `request_id`.
    """
    metadata = {key: value[:_MAX_FIELD_TEXT] for key, value in {**error.metadata, **more_metadata}.items()}
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)
    status = status_pb2.Status(code=int(error.code), message=error.message[:_MAX_TEXT], details=[_packed(info)])
    if error.fields:
        room = _MAX_STATUS_BYTES - status.ByteSize()
        status.details.append(_packed(_bad_request(error.fields, room)))
    if error.retry_after is not None:
        delay = duration_pb2.Duration()
        delay.FromTimedelta(error.retry_after)
        status.details.append(_packed(error_details_pb2.RetryInfo(retry_delay=delay)))
    return status


def _bad_request(fields: Sequence[FieldViolation], room: int) -> error_details_pb2.BadRequest:
    """The first violations that fit; the rest of a very long list helps nobody."""
    message = error_details_pb2.BadRequest()
    for violation in fields[:_MAX_FIELDS]:
        added = message.field_violations.add(
            field=violation.field[:_MAX_FIELD_TEXT], description=violation.description[:_MAX_FIELD_TEXT]
        )
        room -= added.ByteSize() + 8
        if room < 0:
            del message.field_violations[-1]
            break
    return message


def from_status_proto(status: status_pb2.Status) -> RemoteError:
    """The error that a status message tells of. Without an ErrorInfo of ours the reason is the code's name."""
    info, bad_request, retry = _details(status)
    code = _CODES.get(status.code, Code.UNKNOWN)
    metadata = {key: value for key, value in info.metadata.items() if key not in _TAKEN_NAMES} if info else {}
    return RemoteError(
        status.message,
        remote_code=code,
        remote_reason=info.reason if info else code.name,
        fields=[FieldViolation(v.field, v.description) for v in bad_request.field_violations] if bad_request else (),
        retry_after=_delay(retry),
        **metadata,
    )


def from_rpc_error(error: grpc.RpcError) -> RemoteError:
    """The error that a failed call tells of, whoever answered or failed to answer.

    Args:
        error: As raised by a stub, sync or async.
    """
    sent = _sent_status(error)
    if sent is not None:
        return from_status_proto(sent)
    code: int = error.code().value[0]
    return from_status_proto(status_pb2.Status(code=code, message=error.details() or ""))


def has_reason_of_ours(error: grpc.RpcError) -> bool:
    """Whether a service of Loupe gave this answer, rather than the network or the gRPC library."""
    sent = _sent_status(error)
    info = _details(sent)[0] if sent is not None else None
    return info is not None and info.domain == DOMAIN


def _sent_status(error: grpc.RpcError) -> status_pb2.Status | None:
    trailing: Iterable[tuple[str, bytes]] = cast("Any", error).trailing_metadata() or ()
    for key, value in trailing:
        if key == STATUS_KEY:
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                return None
    return None


def code_name(status: status_pb2.Status) -> str:
    """Name of a status message's code."""
    return code_pb2.Code.Name(status.code)


# Parameters of RemoteError; a foreign server's metadata must not collide with them.
_TAKEN_NAMES = frozenset({"message", "remote_code", "remote_reason", "fields", "retry_after", "self"})


def _packed(
    message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest | error_details_pb2.RetryInfo,
) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def _details(
    status: status_pb2.Status,
) -> tuple[error_details_pb2.ErrorInfo | None, error_details_pb2.BadRequest | None, error_details_pb2.RetryInfo | None]:
    info, bad_request, retry = None, None, None
    for detail in status.details:
        kind = detail.TypeName()
        if kind == "google.rpc.ErrorInfo":
            info = error_details_pb2.ErrorInfo.FromString(detail.value)
        elif kind == "google.rpc.BadRequest":
            bad_request = error_details_pb2.BadRequest.FromString(detail.value)
        elif kind == "google.rpc.RetryInfo":
            retry = error_details_pb2.RetryInfo.FromString(detail.value)
    return info, bad_request, retry


def _delay(retry: error_details_pb2.RetryInfo | None) -> timedelta | None:
    return retry.retry_delay.ToTimedelta() if retry else None
