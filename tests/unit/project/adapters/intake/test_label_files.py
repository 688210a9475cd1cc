"""What a file of labels is taken for, and what of an archive is not unpacked."""

import io
import tempfile
import zipfile
from pathlib import Path

import pytest

from loupe_kit.errors import LoupeError
from loupe_project.adapters.intake import label_files
from loupe_project.adapters.intake.label_files import open_label_file
from loupe_project.domain.label_files.rows import ImageKey, LabelFormat, LabelRow, RowOrFault

VOC = b"<annotation><filename>a.png</filename></annotation>"
COCO = b'{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [], "categories": []}'


def packed(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), data)
    return target.getvalue()


def rows(content: bytes, name: str, form: LabelFormat | None = None) -> list[RowOrFault]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with open_label_file(Path(file.name), name, form, ImageKey.FILE_NAME) as found:
            return list(found)


def reason(content: bytes, name: str, form: LabelFormat | None = None) -> str:
    with pytest.raises(LoupeError) as refusal:
        rows(content, name, form)
    return refusal.value.reason


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (packed(voc__a_xml=VOC, voc__predictions__b_xml=VOC), "x.zip"),
        (packed(yolo__labels__a_txt=b"", yolo__data_yaml=b"names: [x]"), "x.zip"),
        (packed(labels_json=COCO), "x.zip"),
        (packed(labels_csv=b"file_name,label\na.png,\n"), "x.zip"),
        (VOC, "a.xml"),
        (COCO, "labels.json"),
        (b"file_name,label\na.png,\n", "l.csv"),
        (b'{"file_name": "a.png"}\n', "l.jsonl"),
    ],
)
def test_open__finds_out_what_it_is(content: bytes, name: str) -> None:
    (row,) = rows(content, name)

    assert isinstance(row, LabelRow)
    assert row.key in ("a.png", "a")
    assert row.label is None


@pytest.mark.parametrize(
    ("content", "name", "form", "expected"),
    [
        (packed(labels__a_txt=b"0 0.5 0.5 0.1 0.1"), "x.zip", None, "TABLE_INVALID"),
        (packed(a_csv=b"file_name\n", b_csv=b"file_name\n"), "x.zip", None, "TABLE_INVALID"),
        (packed(), "x.zip", None, "TABLE_INVALID"),
        (COCO, "labels.json", LabelFormat.TABLE, "FILE_TYPE_UNKNOWN"),
        (b"GIF89a", "a.gif", None, "FILE_TYPE_UNKNOWN"),
    ],
)
def test_open__what_cannot_be_read(content: bytes, name: str, form: LabelFormat | None, expected: str) -> None:
    assert reason(content, name, form) == expected


def test_open__a_text_in_another_encoding_is_one_fault() -> None:
    content = packed(labels__a_txt="긁힘".encode("cp949"), labels__b_txt=b"", data_yaml=b"names: [x]")

    fault, good = rows(content, "x.zip")

    assert not isinstance(fault, LabelRow)
    assert fault.file == "x.zip/labels/a.txt"
    assert isinstance(good, LabelRow)


def test_open__an_archive_that_unpacks_to_more_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_files, "MAX_UNPACKED_BYTES", 1_000)
    content = packed(data_yaml=b"names: [x]", labels__a_txt=b" " * 600, labels__b_txt=b" " * 600)

    found = rows(content, "x.zip")

    assert [isinstance(one, LabelRow) for one in found] == [True, False]


def test_open__entries_that_lead_out_are_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("../a.xml", VOC)

    assert reason(target.getvalue(), "x.zip") == "ARCHIVE_ENTRY_REFUSED"
