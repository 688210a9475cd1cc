"""Pascal VOC: an XML file for each image, an `object` for each box."""

import math
from collections.abc import Iterator

from loupe_project.domain.image import Box, NewLabel
from loupe_project.domain.intake.errors import TableInvalid, TableValueInvalid
from loupe_project.domain.intake.rows import MAX_LABEL_CHARS
from loupe_project.domain.label_files import plain_xml
from loupe_project.domain.label_files.plain_xml import Element
from loupe_project.domain.label_files.rows import LabelFault, LabelRow, RowOrFault

_PREDICTIONS_FOLDER = "predictions"


def is_labels(path: str) -> bool:
    """Whether an entry of an archive holds labels of an image."""
    *folders, name = path.lower().split("/")
    return name.endswith(".xml") and _PREDICTIONS_FOLDER not in folders


def read_xml(data: bytes, shown: str) -> Iterator[RowOrFault]:
    """Rows of one file, objects counted from 1; an image without objects is one row without a label.

    Args:
        data: The file.
        shown: What messages call it.
    """
    try:
        root = plain_xml.parse(data)
        name = root.text_of("filename")
        if root.name != "annotation" or not name:
            raise plain_xml.XmlInvalid("it has no annotation with a filename")
    except plain_xml.XmlInvalid as error:
        yield LabelFault(shown, 0, TableInvalid(f"{shown!r} is no Pascal VOC: {error}."[:300], file_name=shown))
        return
    objects = root.all("object")
    for number, one in enumerate(objects, start=1):
        try:
            yield LabelRow(shown, number, name, _label(one, number, shown))
        except TableValueInvalid as error:
            yield LabelFault(shown, number, error)
    if not objects:
        yield LabelRow(shown, 0, name, None)


def _label(one: Element, number: int, shown: str) -> NewLabel:
    name, bounds = one.text_of("name"), one.first("bndbox")
    if not name or len(name) > MAX_LABEL_CHARS:
        raise _fault(number, shown, "name", f"has no name of 1 to {MAX_LABEL_CHARS} characters")
    if bounds is None:
        raise _fault(number, shown, "bndbox", "has no bndbox")
    try:
        left, top, right, bottom = (float(bounds.text_of(side)) for side in ("xmin", "ymin", "xmax", "ymax"))
    except ValueError as error:
        raise _fault(number, shown, "bndbox", "has a bndbox without the four numbers") from error
    if not all(map(math.isfinite, (left, top, right, bottom))) or left < 0 or top < 0 or right <= left or bottom <= top:
        raise _fault(number, shown, "bndbox", "has a bndbox that is no box")
    return NewLabel(name, Box(left, top, right - left, bottom - top))


def _fault(number: int, shown: str, column: str, what: str) -> TableValueInvalid:
    return TableValueInvalid(f"Object {number} of {shown!r} {what}.", row=str(number), column=column, file_name=shown)
