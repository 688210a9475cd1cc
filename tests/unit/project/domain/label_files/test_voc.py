"""Pascal VOC, and XML that means harm."""

import pytest

from loupe_project.domain.image import Box, NewLabel
from loupe_project.domain.label_files import plain_xml, voc
from loupe_project.domain.label_files.rows import LabelFault, LabelRow

OBJECT = (
    "<object><name> dent </name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>4.5</xmax><ymax>6</ymax></bndbox></object>"
)


def document(inside: str) -> bytes:
    return f"<annotation><filename>a.png</filename>{inside}</annotation>".encode()


def test_read_xml__objects() -> None:
    first, second = voc.read_xml(document(OBJECT + OBJECT), "z/a.xml")

    assert first == LabelRow("z/a.xml", 1, "a.png", NewLabel("dent", Box(1, 2, 3.5, 4)))
    assert second.row == 2


def test_read_xml__nothing_in_the_image() -> None:
    assert list(voc.read_xml(document(""), "a.xml")) == [LabelRow("a.xml", 0, "a.png", None)]


@pytest.mark.parametrize(
    "inside",
    [
        OBJECT.replace(" dent ", ""),
        OBJECT.replace("<xmin>1</xmin>", ""),
        OBJECT.replace("<xmin>1<", "<xmin>one<"),
        OBJECT.replace("<xmin>1<", "<xmin>9<"),
        OBJECT.replace("<ymin>2<", "<ymin>-1<"),
        OBJECT.replace("<ymax>6<", "<ymax>inf<"),
        "<object><name>dent</name></object>",
    ],
)
def test_read_xml__faults_name_file_and_object(inside: str) -> None:
    good, fault = voc.read_xml(document(OBJECT + inside), "z/a.xml")

    assert isinstance(good, LabelRow)
    assert isinstance(fault, LabelFault)
    assert (fault.file, fault.row) == ("z/a.xml", 2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<annotation>",
        b"<annotation></annotation>",
        b"<html><filename>a.png</filename></html>",
        b"\x00\xff",
        b'<!DOCTYPE a [<!ENTITY x "y">]><annotation><filename>&x;</filename></annotation>',
        b'<!DOCTYPE annotation SYSTEM "http://x/y.dtd"><annotation><filename>a.png</filename></annotation>',
        b"<annotation><filename>&lol;</filename></annotation>",
        b"<a>" * 60 + b"</a>" * 60,
    ],
)
def test_read_xml__what_cannot_be_read_is_one_fault_of_the_file(data: bytes) -> None:
    (fault,) = voc.read_xml(data, "a.xml")

    assert isinstance(fault, LabelFault)
    assert (fault.row, fault.error.reason) == (0, "TABLE_INVALID")


def test_parse__escapes_and_cdata_are_text() -> None:
    root = plain_xml.parse(b"<a><b>x &amp; <![CDATA[<y>]]></b></a>")

    assert root.text_of("b") == "x & <y>"
    assert root.text_of("c") == ""
