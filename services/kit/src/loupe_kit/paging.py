"""Page tokens and sizes of list calls.

A token holds the sort key of the last row given and a digest over that key and the filter: a token of
another filter, or a damaged one, is told from a good one. It is no secret and grants nothing.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence

from loupe_kit.errors import InvalidArgument

SortKey = tuple[str | int, ...]

_VERSION = b"\x01"
_DIGEST_BYTES = 8
_MAX_TOKEN_CHARS = 4096


class PageTokenInvalid(InvalidArgument):
    """The page token is damaged, or of another list."""

    reason = "PAGE_TOKEN_INVALID"


def filter_hash(*parts: str | int | bool | None) -> str:
    """Digest of everything that selects and sorts a list: parent, filter, order. 32 hex characters."""
    text = json.dumps(parts, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _digest(payload: bytes, filter_hash: str) -> bytes:
    return hashlib.blake2b(filter_hash.encode() + b"\0" + payload, digest_size=_DIGEST_BYTES).digest()


def encode_token(sort_key: Sequence[str | int], filter_hash: str) -> str:
    """Token for the page after the row with `sort_key`."""
    payload = json.dumps(list(sort_key), separators=(",", ":"), ensure_ascii=False).encode()
    raw = _VERSION + _digest(payload, filter_hash) + payload
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_token(token: str, filter_hash: str) -> SortKey:
    """Sort key of the last row of the page before; `()` for the empty token of a first page.

    Raises:
        PageTokenInvalid: If the token is damaged or was given for another filter.
    """
    if not token:
        return ()
    raw = _decode_base64(token)
    payload = raw[1 + _DIGEST_BYTES :]
    if raw[:1] != _VERSION or raw[1 : 1 + _DIGEST_BYTES] != _digest(payload, filter_hash):
        raise PageTokenInvalid("Page token is damaged or belongs to another filter; start without it.")
    return tuple(json.loads(payload))


def _decode_base64(token: str) -> bytes:
    if len(token) > _MAX_TOKEN_CHARS:
        raise PageTokenInvalid("Page token is too long to be one of ours; start without it.")
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise PageTokenInvalid("Page token cannot be read; start without it.") from error


def clamp_page_size(requested: int, default: int = 50, maximum: int = 1000) -> int:
    """Number of rows to give: `default` for 0, at most `maximum`.

    Raises:
        InvalidArgument: If `requested` is negative.
    """
    if requested < 0:
        raise InvalidArgument(
            f"page_size is {requested}; give 0 for the default or a number up to {maximum}.",
            page_size=str(requested),
        )
    return min(requested or default, maximum)
