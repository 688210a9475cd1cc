"""Ground truth in COCO's form: images, categories and annotations in one JSON object."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from loupe_kit.errors import LoupeError
from loupe_project.domain.image import NewLabel
from loupe_project.domain.intake import rows
from loupe_project.domain.intake.errors import TableInvalid, TableValueInvalid
from loupe_project.domain.intake.rows import Fault, Row, RowOrFault


def read_coco(
    path: Path, table_name: str, max_bytes: int, *, name_field: str = "file_name", with_bare: bool = False
) -> Iterator[RowOrFault]:
    """Labels of a COCO file, one row an annotation, counted from 1. Without a box it is the image's class.

    Args:
        path: The file.
        table_name: What messages call it.
        max_bytes: Most bytes of it: it has to be in memory as a whole.
        name_field: Which field of its images names them.
        with_bare: Whether images without an annotation come too, last, as rows 0 without a label.

    Raises:
        TableInvalid: If it is no COCO, or too large.
    """
    if path.stat().st_size > max_bytes:
        raise TableInvalid(
            f"{table_name!r} is larger than {max_bytes} bytes; split it, or send labels.jsonl, which has no limit.",
            file_name=table_name,
        )
    document = _load(path, table_name)
    files = {key: str(name) for key, name in _pairs(document, "images", name_field)}
    bare = dict(files) if with_bare else {}
    categories = {key: str(name) for key, name in _pairs(document, "categories", "name")}
    for number, annotation in enumerate(_objects(document, "annotations", table_name), start=1):
        try:
            bare.pop(str(annotation.get("image_id")), None)
            yield _row(number, annotation, files, categories, table_name)
        except LoupeError as error:
            yield Fault(number, error)
    yield from (Row(0, name) for name in bare.values())


def _load(path: Path, table_name: str) -> Mapping[str, object]:
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise TableInvalid(f"{table_name!r} is no JSON ({error})."[:300], file_name=table_name) from error
    if not isinstance(document, dict) or not isinstance(document.get("images"), list):
        raise TableInvalid(f"{table_name!r} is no COCO file: it has no list of images.", file_name=table_name)
    return document


def _objects(document: Mapping[str, object], key: str, table_name: str) -> list[Mapping[str, object]]:
    items = document.get(key, [])
    if not isinstance(items, list):
        raise TableInvalid(f"{table_name!r} has no list of {key}.", file_name=table_name)
    return [item if isinstance(item, dict) else {} for item in items]


def _pairs(document: Mapping[str, object], key: str, name: str) -> Iterator[tuple[str, object]]:
    items = document.get(key, [])
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and "id" in item and isinstance(item.get(name), str):
            yield str(item["id"]), item[name]


def _row(
    number: int,
    annotation: Mapping[str, object],
    files: Mapping[str, str],
    categories: Mapping[str, str],
    table_name: str,
) -> Row:
    file_name = files.get(str(annotation.get("image_id")))
    if file_name is None:
        raise TableInvalid(
            f"Annotation {number} of {table_name!r} names no image of the file.", file_name=table_name, row=str(number)
        )
    label = categories.get(str(annotation.get("category_id")), "").strip()
    if not label or len(label) > rows.MAX_LABEL_CHARS:
        raise TableValueInvalid(
            f"Annotation {number} of {table_name!r} names no category of the file.",
            row=str(number),
            column="category_id",
        )
    box = annotation.get("bbox")
    if not box:
        return Row(number, file_name, labels=(NewLabel(label),))
    if not isinstance(box, list) or len(box) != 4:
        raise TableValueInvalid(
            f"Annotation {number}: bbox is not [x, y, width, height].", row=str(number), column="bbox"
        )
    sides = list(zip(("x", "y", "width", "height"), box, strict=True))
    return Row(number, file_name, labels=(NewLabel(label, rows.box_of(number, sides)),))
