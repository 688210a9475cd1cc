"""Request ids: how a repeat of a request is told from another request."""

import hashlib

from google.protobuf.message import Message

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument


def request_id_of(request: Message) -> str:
    """The request id in its written form, empty if there is none.

    Raises:
        InvalidArgument: If it is no UUID.
    """
    if "request_id" not in request.DESCRIPTOR.fields_by_name:
        return ""
    text: str = getattr(request, "request_id")  # noqa: B009 - a field of some messages only
    if not text:
        return ""
    try:
        return str(ids.parse_id(text))
    except ids.IdInvalid as error:
        raise InvalidArgument(
            "request_id is not a UUID; give one such as 01890a5d-ac96-774b-bcce-b302099a8057, or none.",
            fields=[FieldViolation("request_id", "must be a UUID")],
        ) from error


def digest_of(request: Message) -> bytes:
    """Digest of the request but for its id, which is compared in its written form."""
    rest = type(request)()
    rest.CopyFrom(request)
    rest.ClearField("request_id")
    return hashlib.sha256(rest.SerializeToString(deterministic=True)).digest()
