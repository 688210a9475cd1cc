"""YOLO: a text file for each image, a line for each box, and the names of the classes in a file beside them."""

import json
import math
import re
from collections.abc import Iterator, Sequence

from loupe_project.domain.image import Box, NewLabel
from loupe_project.domain.intake.errors import TableInvalid, TableValueInvalid
from loupe_project.domain.intake.rows import MAX_LABEL_CHARS
from loupe_project.domain.label_files.rows import LabelFault, LabelRow, RowOrFault

NAMES_FILES = ("data.yaml", "dataset.yaml", "data.yml", "classes.txt", "obj.names")
"""Base names of the files that may name the classes, the best first."""
_LISTS = ("train.txt", "val.txt", "test.txt", "images.txt", "readme.txt", "classes.txt")
"""Texts that are no labels."""
_LABELS_FOLDER, _PREDICTIONS_FOLDER = "labels", "predictions"
_NUMBERS = 5
_SLACK = 1e-4
"""How far a share may be out of [0, 1]: tools round."""
_ENTRY = re.compile(r"\s*(?:-|(\d+)\s*:)\s*(\S.*)")
_INLINE = re.compile(r"names\s*:\s*\[(.*)\]\s*(?:#.*)?")


def is_labels(path: str) -> bool:
    """Whether an entry of an archive holds labels of an image. What a model predicted is no ground truth."""
    *folders, name = path.lower().split("/")
    return name.endswith(".txt") and name not in _LISTS and _PREDICTIONS_FOLDER not in folders


def key_of(path: str) -> str:
    """The name of the image, without its ending, whose labels an entry holds: what follows the folder `labels`."""
    stem = path.rpartition(".")[0]
    folders = stem.split("/")
    lowered = [folder.lower() for folder in folders[:-1]]
    return "/".join(folders[lowered.index(_LABELS_FOLDER) + 1 :]) if _LABELS_FOLDER in lowered else stem


def read_names(text: str, file_name: str) -> list[str]:
    """Names of the classes by number, out of data.yaml or a list of names.

    Of YAML only what such files use is read: `names` as a list in one line, one name a line, or number and name a line.

    Raises:
        TableInvalid: If it names none.
    """
    names = _yaml_names(text.splitlines()) if file_name.lower().endswith((".yaml", ".yml")) else _lines(text)
    if not names or any(not name or len(name) > MAX_LABEL_CHARS for name in names):
        raise TableInvalid(
            f"{file_name!r} does not name the classes; write `names:` with one class a line.", file_name=file_name
        )
    return names


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def _yaml_names(lines: Sequence[str]) -> list[str]:
    found: dict[int, str] = {}
    for place, line in enumerate(lines):
        inline = _INLINE.fullmatch(line.strip())
        if inline:
            return [_scalar(one) for one in re.findall(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^,]+', inline[1])]
        if re.fullmatch(r"names\s*:\s*(?:#.*)?", line):
            for entry in lines[place + 1 :]:
                match = _ENTRY.fullmatch(entry)
                if match is None and entry.strip() and not entry.lstrip().startswith("#"):
                    break
                if match is not None:
                    found[int(match[1]) if match[1] else len(found)] = _scalar(match[2])
    return [found[number] for number in sorted(found)] if sorted(found) == list(range(len(found))) else []


def _scalar(text: str) -> str:
    text = text.strip()
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        try:
            return str(json.loads(text))
        except ValueError:
            return text[1:-1]
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return text[1:-1].replace("''", "'")
    return text.partition(" #")[0].strip()


def read_lines(text: str, path: str, shown: str, names: Sequence[str]) -> Iterator[RowOrFault]:
    """Rows of one text file; an image without boxes is one row without a label.

    Args:
        text: The file.
        path: Its path in the archive.
        shown: What messages call it.
        names: Names of the classes.
    """
    key, empty = key_of(path), True
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        empty = False
        try:
            label = _label(line.split(), number, shown, names)
        except TableValueInvalid as error:
            yield LabelFault(shown, number, error)
        else:
            yield LabelRow(shown, number, key, label, is_stem=True, is_relative=True)
    if empty:
        yield LabelRow(shown, 0, key, None, is_stem=True)


def _label(cells: Sequence[str], number: int, shown: str, names: Sequence[str]) -> NewLabel:
    if len(cells) != _NUMBERS:
        raise _fault(number, shown, f"has {len(cells)} numbers; a box is its class, x, y, width and height")
    try:
        kind, shares = int(cells[0]), [float(cell) for cell in cells[1:]]
    except ValueError as error:
        raise _fault(number, shown, "holds something that is no number") from error
    if not 0 <= kind < len(names):
        raise _fault(number, shown, f"is of class {kind}, which has no name; data.yaml names {len(names)}")
    x, y, width, height = shares
    inside = all(math.isfinite(share) and -_SLACK <= share <= 1 + _SLACK for share in shares)
    if not inside or width <= 0 or height <= 0:
        raise _fault(number, shown, "is no box: x, y, width and height are shares of the image, between 0 and 1")
    return NewLabel(names[kind], Box(x - width / 2, y - height / 2, width, height))


def _fault(number: int, shown: str, what: str) -> TableValueInvalid:
    return TableValueInvalid(f"Line {number} of {shown!r} {what}.", row=str(number), column="", file_name=shown)
