"""What a file is, read from its first bytes and, for tables, its name."""

import json
import re
from enum import Enum

from loupe_project.domain.intake import names

HEAD_BYTES = 4096
"""How many first bytes `sniff` wants."""


class FileKind(Enum):
    """What a file is taken for; numbers are those of `UploadedFile.Kind`."""

    UNKNOWN = 0
    IMAGE = 1
    ARCHIVE = 2
    METADATA = 3
    LABELS = 4
    FEATURES = 5


_PNG = b"\x89PNG\r\n\x1a\n"
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ARCHIVE_OTHER = (b"7z\xbc\xaf'\x1c", b"Rar!\x1a\x07", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"(\xb5/\xfd")
_TABLE = re.compile(r"(^|[-_. ])(metadata|labels)\.(csv|tsv|jsonl|ndjson)$", re.IGNORECASE)
_SIDECAR = re.compile(r"\.(csv|txt)$", re.IGNORECASE)
_COCO_KEY = re.compile(rb'"(images|annotations|categories|info|licenses)"\s*:')


def sniff(head: bytes, file_name: str) -> FileKind:
    """What the file is, from its first `HEAD_BYTES` bytes; the name counts only where bytes cannot tell."""
    if _is_image(head):
        return FileKind.IMAGE
    if head.startswith(_ZIP):
        return FileKind.ARCHIVE
    if head.startswith((b"\x93NUMPY", b"PAR1")):
        return FileKind.FEATURES
    table = _TABLE.search(names.base_name(file_name))
    if table and not _is_binary(head):
        return FileKind.LABELS if table[2].lower() == "labels" else FileKind.METADATA
    if _is_coco(head):
        return FileKind.LABELS
    return FileKind.UNKNOWN


def is_sidecar(head: bytes, file_name: str) -> bool:
    """Whether it may be the list of names beside a .npy file: a text of no other kind that ends in .csv or .txt."""
    return bool(_SIDECAR.search(file_name)) and sniff(head, file_name) is FileKind.UNKNOWN and not _is_binary(head)


def is_archive(head: bytes) -> bool:
    """Whether these are the first bytes of an archive or a compressed file of any kind."""
    return head.startswith((*_ZIP, *_ARCHIVE_OTHER)) or head[257:262] == b"ustar"


def _is_image(head: bytes) -> bool:
    if head.startswith((_PNG, b"\xff\xd8\xff", *_TIFF)):
        return True
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return True
    # Two letters are too little for a BMP: its header's size and its planes have to fit too.
    return head.startswith(b"BM") and len(head) >= 30 and head[14] in (12, 40, 52, 56, 64, 108, 124) and head[15] == 0


def _is_binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return b"\x00" in head


def _is_coco(head: bytes) -> bool:
    """Whether it begins like one JSON object with COCO's keys; JSON lines end an object in their first line."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(b"{") or not _COCO_KEY.search(text):
        return False
    first, newline, rest = text.partition(b"\n")
    return not (newline and rest.strip() and _is_object(first))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
