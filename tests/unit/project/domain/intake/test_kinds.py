"""What a file is taken for."""

import pytest

from loupe_project.domain.intake.kinds import FileKind, is_archive, is_sidecar, sniff

_PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (_PNG, "a.txt", FileKind.IMAGE),
        (b"\xff\xd8\xff\xe0" + bytes(20), "", FileKind.IMAGE),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "a", FileKind.IMAGE),
        (b"II*\x00" + bytes(20), "a", FileKind.IMAGE),
        (b"BM" + bytes(12) + b"\x28" + bytes(20), "a", FileKind.IMAGE),
        (b"BMW is a car, not a picture, and this is a text", "a.txt", FileKind.UNKNOWN),
        (b"PK\x03\x04" + bytes(20), "a.png", FileKind.ARCHIVE),
        (b"PK\x05\x06" + bytes(18), "empty.zip", FileKind.ARCHIVE),
        (b"\x93NUMPY\x01\x00", "f.npy", FileKind.FEATURES),
        (b"PAR1....", "f", FileKind.FEATURES),
        (b"file_name,line\n", "metadata.csv", FileKind.METADATA),
        (b"file_name,line\n", "x/Metadata.CSV", FileKind.METADATA),
        (b'{"file_name": "a"}\n', "metadata.jsonl", FileKind.METADATA),
        (b"file_name,label\n", "train labels.csv", FileKind.LABELS),
        (b'{"images": [', "anything.json", FileKind.LABELS),
        (b'\xef\xbb\xbf {"info": {}, "images": []}', "c.json", FileKind.LABELS),
        (b'{"a": 1}', "c.json", FileKind.UNKNOWN),
        (b"MZ\x90\x00", "a.exe", FileKind.UNKNOWN),
        (b"\x00\x01", "metadata.csv", FileKind.UNKNOWN),
        (b"GIF89a", "a.gif", FileKind.UNKNOWN),
    ],
)
def test_sniff(head: bytes, name: str, kind: FileKind) -> None:
    assert sniff(head, name) is kind


def test_is_sidecar__texts_of_no_other_kind() -> None:
    assert is_sidecar(b"a.png\nb.png\n", "features.txt")
    assert not is_sidecar(b"file_name,line\n", "metadata.csv")
    assert not is_sidecar(b"\x00\x01", "features.csv")


@pytest.mark.parametrize(
    "head", [b"PK\x03\x04", b"7z\xbc\xaf'\x1c", b"Rar!\x1a\x07\x01", b"\x1f\x8b\x08", bytes(257) + b"ustar"]
)
def test_is_archive(head: bytes) -> None:
    assert is_archive(head)
