"""Names of files that come from outside: what they must look like, and how they are compared."""

import unicodedata

from loupe_project.domain.intake.errors import FileNameInvalid

MAX_NAME_CHARS = 500
MAX_SEGMENT_CHARS = 255

_SILENT_FOLDERS = frozenset({"__MACOSX"})
_SILENT_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


def clean_file_name(name: str) -> str:
    """A file's name in the one form that Loupe keeps: folders split by "/", composed characters (NFC).

    Backslashes are taken for separators, as Windows programs write them; Macs send decomposed Hangul.

    Raises:
        FileNameInvalid: If it is empty, too long, absolute, has a drive letter, control characters or surrogates, or
            leads out of its folder.
    """
    cause = _fault(name)
    if cause is not None:
        shown = printable(name)
        raise FileNameInvalid(
            f"File name {shown!r} {cause}; send it with a plain relative name of at most {MAX_NAME_CHARS} characters.",
            file_name=shown,
        )
    text = unicodedata.normalize("NFC", name.replace("\\", "/"))
    return "/".join(part for part in text.split("/") if part not in ("", "."))


def _fault(name: str) -> str | None:
    text = name.replace("\\", "/")
    parts = text.split("/")
    if not any(part not in ("", ".") for part in parts):
        return "is empty"
    if len(name) > MAX_NAME_CHARS or max(map(len, parts)) > MAX_SEGMENT_CHARS:
        return "is too long"
    if text.startswith("/") or (len(text) > 1 and text[1] == ":"):
        return "is absolute"
    if ".." in parts:
        return "leads out of its folder"
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        return "has control characters or is not UTF-8"
    return None


def printable(name: str) -> str:
    """The name as it can be shown and stored: faulty characters escaped, at most 500 characters."""
    escaped = "".join(
        character if unicodedata.category(character) not in ("Cc", "Cs") else f"\\x{ord(character) & 0xFFFF:02x}"
        for character in name
    )
    return escaped[:MAX_NAME_CHARS]


def base_name(name: str) -> str:
    """The last part of a name."""
    return name.rpartition("/")[2]


def stem(name: str) -> str:
    """A name with its folders and without its last ending: "a/b.npy" gives "a/b"."""
    folder, slash, base = name.rpartition("/")
    head, dot, _ = base.rpartition(".")
    return folder + slash + (head if dot else base)


def is_silent(name: str) -> bool:
    """Whether it is a by-product of an operating system that nobody meant to send."""
    parts = name.replace("\\", "/").split("/")
    base = parts[-1].casefold()
    return base in _SILENT_FILES or base.startswith("._") or any(part in _SILENT_FOLDERS for part in parts)


def decode_entry_name(raw: bytes, *, is_utf8: bool) -> str | None:
    """The name of a zip entry, or None if nobody can tell what it says.

    Without the UTF-8 flag the format means CP437, but real programs write what their system uses: UTF-8 or, on Korean
    Windows, CP949. Those two are taken when the bytes are valid in them and CP949 gives Hangul; plain ASCII always is.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if is_utf8:
            return None
    try:
        text = raw.decode("cp949")
    except UnicodeDecodeError:
        return None
    foreign = [character for character in text if ord(character) > 127]
    return text if all("가" <= character <= "힣" or "ㄱ" <= character <= "ㆎ" for character in foreign) else None
