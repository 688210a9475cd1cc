"""Names of files inside an export: safe on every system, each once."""

import re
import unicodedata

from loupe_project.domain.text import fold

MAX_PART_CHARS = 120
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_path(name: str) -> str:
    """A relative path with forward slashes that any system can unpack and that stays in its folder."""
    parts = [_safe_part(part) for part in unicodedata.normalize("NFC", name).replace("\\", "/").split("/")]
    kept = [part for part in parts if part]
    return "/".join(kept[-8:]) or "file"


def _safe_part(part: str) -> str:
    clean = _FORBIDDEN.sub("_", part).strip(" ").rstrip(". ")
    if clean in ("", ".", ".."):
        return ""
    if _RESERVED.fullmatch(clean):
        clean = f"_{clean}"
    first, dot, ending = clean.rpartition(".")
    if len(clean) <= MAX_PART_CHARS:
        return clean
    if dot and len(ending) < 10:
        return f"{first[: MAX_PART_CHARS - len(ending) - 1]}.{ending}"
    return clean[:MAX_PART_CHARS]


class UniqueNames:
    """Gives each file a path of its own. Names that differ in case or in their ending only count as the same."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def take(self, name: str) -> str:
        """A safe path for a file of this name: `a.png`, then `a (2).png`."""
        path = safe_path(name)
        key = fold(stem(path))
        number = self._next.get(key, 1)
        candidate = path
        while fold(stem(candidate)) in self._taken:
            number += 1
            candidate = _numbered(path, number)
        self._next[key] = number
        self._taken.add(fold(stem(candidate)))
        return candidate


def _numbered(path: str, number: int) -> str:
    folder, slash, name = path.rpartition("/")
    first, dot, ending = name.rpartition(".")
    numbered = f"{first} ({number}).{ending}" if dot and first else f"{name} ({number})"
    return f"{folder}{slash}{numbered}"


def stem(path: str) -> str:
    """The path without the ending of its file name."""
    folder, slash, name = path.rpartition("/")
    first, dot, _ = name.rpartition(".")
    return f"{folder}{slash}{first if dot and first else name}"
