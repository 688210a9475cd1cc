"""Values of metadata: what type a text in a table has."""

import math
import re
from datetime import UTC, datetime, tzinfo

from loupe_project.domain.image import MetadataValue

MAX_TEXT_CHARS = 2000

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_LEADING_ZERO = re.compile(r"[+-]?0\d")
_TRUTH = {"true": True, "false": False}


def typed(text: str) -> MetadataValue | None:
    """The value that a cell of a table means; None for an empty one.

    A number has to survive the way there and back: "007" and "1e999" stay texts, because serial numbers are no
    quantities. Times stay texts as well, in ISO 8601 they sort as they should.
    """
    text = text.strip()
    if not text:
        return None
    truth = _TRUTH.get(text.lower())
    if truth is not None:
        return truth
    if _NUMBER.fullmatch(text) and not _LEADING_ZERO.match(text) and len(text) <= 24:
        number = float(text)
        return number if math.isfinite(number) and _is_exact(text, number) else text[:MAX_TEXT_CHARS]
    return text[:MAX_TEXT_CHARS]


def _is_exact(text: str, number: float) -> bool:
    """Whether a whole number survives as a float; more than 53 bits would lose digits of an id."""
    return not text.lstrip("+-").isdigit() or int(text) == int(number)


def parse_time(text: str, zone: tzinfo = UTC) -> datetime:
    """A time in ISO 8601; without a zone it is in `zone`. "2026-11-22" and EXIF's "2026:11:22 08:30:00" are fine.

    Raises:
        ValueError: If it is none, or outside the years 1900 to 9998.
    """
    moment = parse_local_time(text)
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)


def parse_local_time(text: str) -> datetime:
    """A time as `parse_time` reads it, naive where the text names no zone.

    Raises:
        ValueError: If it is none, or outside the years 1900 to 9998.
    """
    text = text.strip().replace(",", ".")
    exif = re.fullmatch(r"(\d{4}):(\d{2}):(\d{2})([ T].*)?", text)
    if exif:
        text = f"{exif[1]}-{exif[2]}-{exif[3]}{exif[4] or ''}"
    moment = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
    if not 1900 <= moment.year <= 9998:
        raise ValueError(f"{text} is outside the years 1900 to 9998")
    return moment
