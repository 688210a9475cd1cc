"""Identifiers: UUIDv7, written as 36 lowercase characters, packed as 16 bytes each."""

import hashlib
import re
import secrets
import struct
import threading
import time
import uuid
from collections.abc import Iterator, Sequence

from loupe_kit.errors import InvalidArgument

BYTES_PER_ID = 16
_CHARACTERS = 36
_HYPHENS = (8, 13, 18, 23)
_NOISE_BYTES = 2048
_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class IdInvalid(InvalidArgument):
    """A text that should be an id is none."""


class _Ticks:
    """Strictly rising time stamps of 60 bits: 48 of Unix milliseconds, 12 of the fraction below."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> int:
        now = (time.time_ns() << 12) // 1_000_000
        with self._lock:
            self._last = max(now, self._last + 1)
            return self._last


class _Noise:
    """Random bytes of the system, fetched for many ids at a time: a system call for each is a third of its cost."""

    def __init__(self) -> None:
        self._bytes: Iterator[int] = iter(())
        self._lock = threading.Lock()

    def next(self) -> int:
        """62 random bits."""
        with self._lock:
            for value in self._bytes:
                return value
            self._bytes = (number >> 2 for (number,) in struct.iter_unpack("=Q", secrets.token_bytes(_NOISE_BYTES)))
            return next(self._bytes)


_ticks = _Ticks()
_noise = _Noise()


def new_id() -> str:
    """A new UUIDv7. Ids of one process sort by the order in which they were made."""
    tick = _ticks.next()
    milliseconds, fraction = tick >> 12, tick & 0xFFF
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | _noise.next()
    return str(uuid.UUID(int=value))


def derived_id(first: str, second: str) -> str:
    """A UUIDv7 that is always the same for two ids, with the time of the first."""
    milliseconds = parse_id(first).int >> 80
    noise = int.from_bytes(hashlib.sha256(pack_ids([first, second])).digest()[:10])
    value = milliseconds << 80 | 0x7 << 76 | (noise >> 62 & 0xFFF) << 64 | 0b10 << 62 | noise & (1 << 62) - 1
    return str(uuid.UUID(int=value))


def parse_id(text: str) -> uuid.UUID:
    """Read an id in its hyphenated form.

    Raises:
        IdInvalid: If the text is anything else.
    """
    if not _CANONICAL.fullmatch(text):
        raise IdInvalid(
            f"{text[:64]!r} is not an id; give a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057.",
            value=text[:64],
        )
    return uuid.UUID(text)


def pack_ids(ids: Sequence[str]) -> bytes:
    """Pack N ids into 16·N bytes.

    Raises:
        IdInvalid: If one of them is no id.
    """
    together = "".join(ids)
    # As a whole: a pattern for each of a million ids takes half a second.
    is_cut_right = set(map(len, ids)) <= {_CHARACTERS} and all(
        together[at::_CHARACTERS] == "-" * len(ids) for at in _HYPHENS
    )
    try:
        packed = bytes.fromhex(together.replace("-", "")) if is_cut_right else b""
    except ValueError:
        packed = b""
    if len(packed) != BYTES_PER_ID * len(ids):
        for one in ids:
            parse_id(one)
    return packed


def unpack_ids(packed: bytes) -> list[str]:
    """Undo `pack_ids`.

    Raises:
        IdInvalid: If the length is no multiple of 16.
    """
    if len(packed) % BYTES_PER_ID:
        raise IdInvalid(
            f"Packed ids must be a multiple of {BYTES_PER_ID} bytes long, these are {len(packed)}.",
            length=str(len(packed)),
        )
    text = packed.hex()
    return [_hyphenated(text[start : start + 32]) for start in range(0, len(text), 32)]


def _hyphenated(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
