"""Errors of the client.

    ApiError                 what Loupe answered; has `code`, `reason`, `message`, `metadata`
    ├── InvalidRequest       the request is wrong whatever the state of the system
    ├── NotSignedIn          no credentials, or they do not hold any more
    ├── NotAllowed           known, but not allowed
    ├── NotFound             not there, or not for this caller
    ├── Conflict             exists already, or somebody changed it meanwhile
    ├── NotReady             the state of the system has to change first
    ├── LimitReached         too many, too much, too fast
    ├── Cancelled            somebody stopped the work
    └── Unavailable          Loupe does not answer at the moment; a repeat may succeed

Programs branch on `reason`, never on text.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2

_DETAILS = "grpc-status-details-bin"


class ApiError(Exception):
    """What Loupe answered."""

    def __init__(self, message: str, *, code: str, reason: str, metadata: Mapping[str, str]) -> None:
        super().__init__(f"{message} ({reason or code})")
        self.message = message
        """The fault and the way out, for people."""
        self.code = code
        """Name of google.rpc.Code, `NOT_FOUND`."""
        self.reason = reason
        """Reason of the catalogue, `PROJECT_NOT_FOUND`; empty where the fault lies outside Loupe."""
        self.metadata = dict(metadata)
        """Every variable of the message."""


class InvalidRequest(ApiError):
    """The request is wrong whatever the state of the system."""


class NotSignedIn(ApiError):
    """No credentials, or they do not hold any more."""


class NotAllowed(ApiError):
    """Known, but not allowed."""


class NotFound(ApiError):
    """Not there, or not for this caller."""


class Conflict(ApiError):
    """Exists already, or somebody changed it meanwhile."""


class NotReady(ApiError):
    """The state of the system has to change first."""


class LimitReached(ApiError):
    """Too many, too much, too fast."""


class Cancelled(ApiError):
    """Somebody stopped the work."""


class Unavailable(ApiError):
    """Loupe does not answer at the moment; a repeat may succeed."""


_CLASSES: dict[str, type[ApiError]] = {
    "INVALID_ARGUMENT": InvalidRequest,
    "OUT_OF_RANGE": InvalidRequest,
    "UNAUTHENTICATED": NotSignedIn,
    "PERMISSION_DENIED": NotAllowed,
    "NOT_FOUND": NotFound,
    "ALREADY_EXISTS": Conflict,
    "ABORTED": Conflict,
    "FAILED_PRECONDITION": NotReady,
    "RESOURCE_EXHAUSTED": LimitReached,
    "CANCELLED": Cancelled,
    "UNAVAILABLE": Unavailable,
    "DEADLINE_EXCEEDED": Unavailable,
}


def from_status(status: status_pb2.Status) -> ApiError:
    """Returns the error that a `google.rpc.Status` says."""
    code = code_pb2.Code.Name(code_pb2.Code.ValueType(status.code))
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            break
    cls = _CLASSES.get(code, ApiError)
    return cls(status.message, code=code, reason=info.reason, metadata=info.metadata)


def from_rpc(error: grpc.RpcError) -> ApiError:
    """Returns the error that a failed call says."""
    # What grpc raises is a call and an error at once, which its types do not say.
    call: Any = error if hasattr(error, "trailing_metadata") else None
    trailing: Iterable[tuple[str, str | bytes]] = (call.trailing_metadata() if call else None) or ()
    for key, value in trailing:
        if key == _DETAILS and isinstance(value, bytes):
            return from_status(status_pb2.Status.FromString(value))
    code = call.code() if call else grpc.StatusCode.UNKNOWN
    message = (call.details() if call else None) or str(error)
    return from_status(status_pb2.Status(code=code.value[0], message=message))


def is_unavailable(error: grpc.RpcError) -> bool:
    """Whether Loupe did not answer at all."""
    found: Any = error
    return hasattr(found, "code") and found.code() is grpc.StatusCode.UNAVAILABLE
