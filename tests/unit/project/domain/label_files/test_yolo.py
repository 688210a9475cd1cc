"""YOLO texts and the files that name their classes."""

import pytest

from loupe_project.domain.image import Box, NewLabel
from loupe_project.domain.intake.errors import TableInvalid
from loupe_project.domain.label_files import yolo
from loupe_project.domain.label_files.rows import LabelFault, LabelRow


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("data.yaml", 'train: x\nnames:\n  0: dent\n  1: "it\'s \\"bad\\""\n', ["dent", 'it\'s "bad"']),
        ("data.yaml", "nc: 2\nnames: ['a b', c]  # two\n", ["a b", "c"]),
        ("data.yaml", 'names: ["a, b", "c"]\n', ["a, b", "c"]),
        ("data.yaml", "names:\n- 긁힘\n- dent # old\nval: y\n", ["긁힘", "dent"]),
        ("classes.txt", "dent\nscratch\n", ["dent", "scratch"]),
    ],
)
def test_read_names__all_ways_of_writing_them(name: str, text: str, expected: list[str]) -> None:
    assert yolo.read_names(text, name) == expected


@pytest.mark.parametrize("text", ["", "names:\n", "names:\n  0: a\n  2: b\n", "names: []", "x: 1"])
def test_read_names__none(text: str) -> None:
    with pytest.raises(TableInvalid, match="does not name the classes"):
        yolo.read_names(text, "data.yaml")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("labels/a.txt", "a"),
        ("set/labels/train/line3/a.b.txt", "train/line3/a.b"),
        ("line3/a.txt", "line3/a"),
        ("labels/labels/a.txt", "labels/a"),
    ],
)
def test_key_of__follows_the_folder_of_labels(path: str, key: str) -> None:
    assert yolo.key_of(path) == key


@pytest.mark.parametrize("path", ["predictions/a.txt", "train.txt", "classes.txt", "a.png", "README.txt"])
def test_is_labels__what_is_none(path: str) -> None:
    assert not yolo.is_labels(path)


def test_read_lines__boxes_in_shares() -> None:
    (row,) = yolo.read_lines("\n1 0.5 0.5 0.25 0.5\n", "labels/a.txt", "z/labels/a.txt", ["x", "dent"])

    assert isinstance(row, LabelRow)
    assert (row.key, row.row, row.is_stem, row.is_relative) == ("a", 2, True, True)
    assert row.in_pixels(400, 200) == NewLabel("dent", Box(150, 50, 100, 100))


def test_read_lines__nothing_in_the_image() -> None:
    assert list(yolo.read_lines("\n \n", "a.txt", "a.txt", ["x"])) == [LabelRow("a.txt", 0, "a", None, is_stem=True)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("0 0.5 0.5 0.1", "has 4 numbers"),
        ("0 0.5 0.5 0.1 0.1 0.9", "has 6 numbers"),
        ("0 a 0.5 0.1 0.1", "no number"),
        ("7 0.5 0.5 0.1 0.1", "class 7"),
        ("-1 0.5 0.5 0.1 0.1", "class -1"),
        ("0 0.5 0.5 0 0.1", "no box"),
        ("0 1.5 0.5 0.1 0.1", "no box"),
        ("0 nan 0.5 0.1 0.1", "no box"),
    ],
)
def test_read_lines__faults_name_file_and_line(line: str, what: str) -> None:
    good, fault = yolo.read_lines(f"0 0.5 0.5 0.1 0.1\n{line}\n", "a.txt", "z/a.txt", ["x"])

    assert isinstance(good, LabelRow)
    assert isinstance(fault, LabelFault)
    assert (fault.file, fault.row) == ("z/a.txt", 2)
    assert what in fault.error.message
