"""Names of files from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_project.domain.intake import names
from loupe_project.domain.intake.errors import FileNameInvalid


@pytest.mark.parametrize(
    ("given_name", "cleaned"),
    [
        ("a.png", "a.png"),
        ("line3/cell 1.png", "line3/cell 1.png"),
        ("line3\\cell.png", "line3/cell.png"),
        ("./a//b.png", "a/b.png"),
        ("\u1109\u1173\u110f\u1173\u1105\u1162\u110e\u1175.png", "스크래치.png"),
    ],
)
def test_clean_file_name__kept(given_name: str, cleaned: str) -> None:
    assert names.clean_file_name(given_name) == cleaned


@pytest.mark.parametrize(
    "name",
    ["", "/", ".", "../a.png", "a/../../b.png", "..\\a.png", "/etc/passwd", "\\\\host\\a.png", "C:\\a.png", "c:a.png",
     "a\0.png", "a\n.png", "a" * 501, "a" * 300 + "/b.png", "\udcff.png"],
)  # fmt: skip
def test_clean_file_name__refused(name: str) -> None:
    with pytest.raises(FileNameInvalid) as caught:
        names.clean_file_name(name)
    caught.value.metadata["file_name"].encode()


@given(st.text())
def test_clean_file_name__never_leads_out(name: str) -> None:
    try:
        cleaned = names.clean_file_name(name)
    except FileNameInvalid:
        return
    parts = cleaned.split("/")
    assert ".." not in parts
    assert "" not in parts
    assert not cleaned.startswith("/")
    assert names.clean_file_name(cleaned) == cleaned


@given(st.binary(max_size=60), st.booleans())
def test_decode_entry_name__text_or_nothing(raw: bytes, is_utf8: bool) -> None:
    text = names.decode_entry_name(raw, is_utf8=is_utf8)
    if text is not None:
        text.encode()


@pytest.mark.parametrize(
    ("raw", "is_utf8", "text"),
    [
        (b"a.png", False, "a.png"),
        ("불량/1.png".encode(), True, "불량/1.png"),
        ("불량/1.png".encode(), False, "불량/1.png"),
        ("불량/1.png".encode("cp949"), False, "불량/1.png"),
        ("불량/1.png".encode("cp949"), True, None),
        ("ü.png".encode("cp437"), False, None),
        (b"\xff\xfe\xfd.png", False, None),
    ],
)
def test_decode_entry_name(raw: bytes, is_utf8: bool, text: str | None) -> None:
    assert names.decode_entry_name(raw, is_utf8=is_utf8) == text


@pytest.mark.parametrize(
    "name", ["__MACOSX/a.png", "a/__MACOSX/._b", ".DS_Store", "x/Thumbs.db", "x\\thumbs.db", "._a.png"]
)
def test_is_silent(name: str) -> None:
    assert names.is_silent(name)


def test_stem__keeps_folders() -> None:
    assert names.stem("a.b/c.d.npy") == "a.b/c.d"
    assert names.stem("plain") == "plain"
