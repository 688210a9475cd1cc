"""The one error tree of Loupe: every fault a caller may see has a code, a reason and a way out.

Services subclass the generic classes with their own `reason`:

    class TagNameTaken(AlreadyExists):
        reason = "TAG_NAME_TAKEN"
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum


class Code(IntEnum):
    """Status codes; names and numbers are those of `google.rpc.Code`."""

    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field of a request that is wrong."""

    field: str
    """Path of the field in the request, e.g. `tag.display_name`."""
    description: str
    """What is wrong with it and what is accepted."""


class LoupeError(Exception):
    """A fault that is told to the caller as it is.

    Args:
        message: Names the fault and the way out, for people.
        fields: Fields of the request that are wrong.
        retry_after: Earliest time after which a repeat may succeed.
        **metadata: Every variable part of the message, for programs.
    """

    code: Code = Code.INTERNAL
    reason: str = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        fields: Sequence[FieldViolation] = (),
        retry_after: timedelta | None = None,
        **metadata: str,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = tuple(fields)
        self.retry_after = retry_after
        self.metadata = metadata


class InvalidArgument(LoupeError):
    """The request is wrong whatever the state of the system."""

    code = Code.INVALID_ARGUMENT
    reason = "INVALID_ARGUMENT"


class OutOfRange(LoupeError):
    """A position lies past the end of what exists."""

    code = Code.OUT_OF_RANGE
    reason = "OUT_OF_RANGE"


class NotFound(LoupeError):
    """The resource does not exist, or does not exist for this caller."""

    code = Code.NOT_FOUND
    reason = "NOT_FOUND"


class RequestIdReused(InvalidArgument):
    """The request id came before with another request."""

    reason = "REQUEST_ID_REUSED"


class AlreadyExists(LoupeError):
    """A resource with this identity is there already."""

    code = Code.ALREADY_EXISTS
    reason = "ALREADY_EXISTS"


class PermissionDenied(LoupeError):
    """The caller is known and may not do this."""

    code = Code.PERMISSION_DENIED
    reason = "PERMISSION_DENIED"


class Unauthenticated(LoupeError):
    """The caller is not known: no token, or one that does not hold."""

    code = Code.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"


class FailedPrecondition(LoupeError):
    """The state of the system has to change first."""

    code = Code.FAILED_PRECONDITION
    reason = "FAILED_PRECONDITION"


class ResourceExhausted(LoupeError):
    """A limit is reached: quota, size, rate, room."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "RESOURCE_EXHAUSTED"


class Aborted(LoupeError):
    """Another change came first; read again and repeat."""

    code = Code.ABORTED
    reason = "ABORTED"


class Cancelled(LoupeError):
    """The work was cancelled on request."""

    code = Code.CANCELLED
    reason = "CANCELLED"


class DeadlineExceeded(LoupeError):
    """The time given was not enough."""

    code = Code.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"


class Unimplemented(LoupeError):
    """Known to the contract, not available yet."""

    code = Code.UNIMPLEMENTED
    reason = "UNIMPLEMENTED"


class Unavailable(LoupeError):
    """Something needed does not answer at the moment; a repeat may succeed."""

    code = Code.UNAVAILABLE
    reason = "UNAVAILABLE"


class DataLoss(LoupeError):
    """What is stored is damaged or gone, and a repeat will not bring it back."""

    code = Code.DATA_LOSS
    reason = "DATA_LOSS"


class Internal(LoupeError):
    """A fault of ours."""

    code = Code.INTERNAL
    reason = "INTERNAL"


class RemoteError(LoupeError):
    """A fault that another service answered with; code and reason are that service's."""

    def __init__(
        self,
        message: str,
        *,
        remote_code: Code,
        remote_reason: str,
        fields: Sequence[FieldViolation] = (),
        retry_after: timedelta | None = None,
        **metadata: str,
    ) -> None:
        super().__init__(message, fields=fields, retry_after=retry_after, **metadata)
        self.code = remote_code
        self.reason = remote_reason
