"""Feature files in NumPy's form."""

from pathlib import Path

import numpy as np
import pytest

from loupe_project.domain.intake.errors import FeatureFileInvalid
from loupe_project.domain.intake.features import read_npy


def _save(folder: Path, array: object) -> Path:
    path = folder / "f.npy"
    np.save(path, array, allow_pickle=True)  # type: ignore[arg-type]
    return path


def test_read_npy__structured(tmp_path: Path) -> None:
    array = np.zeros(3, dtype=[("image", "U20"), ("vector", "f8", (4,))])
    array["image"], array["vector"] = ["a.png", "b.png", "c.png"], np.arange(12).reshape(3, 4)
    (block,) = read_npy(_save(tmp_path, array), "f.npy", None)
    assert block.references == ["a.png", "b.png", "c.png"]
    assert block.first_row == 1
    assert block.values.dtype == np.float32
    np.testing.assert_array_equal(block.values, np.arange(12).reshape(3, 4))


@pytest.mark.parametrize("header", ["", "file_name\n"])
def test_read_npy__plain_with_names(tmp_path: Path, header: str) -> None:
    sidecar = tmp_path / "f.txt"
    sidecar.write_text(header + "a.png\nb.png,7\n\n")
    (block,) = read_npy(_save(tmp_path, np.ones((2, 3), np.float32)), "f.npy", sidecar)
    assert block.references == ["a.png", "b.png"]


def test_read_npy__blocks_are_bounded(tmp_path: Path) -> None:
    sidecar = tmp_path / "f.txt"
    sidecar.write_text("".join(f"{number}.png\n" for number in range(2500)))
    blocks = list(read_npy(_save(tmp_path, np.zeros((2500, 8), np.float16)), "f.npy", sidecar))
    assert [block.first_row for block in blocks] == [1, 1001, 2001]
    assert blocks[2].references[-1] == "2499.png"


@pytest.mark.parametrize(
    "array",
    [np.zeros(5, np.float32), np.zeros((2, 3, 4), np.float32), np.array(["a", "b"]), np.zeros((2, 0), np.float32),
     np.zeros((1, 20_000), np.float32), np.zeros(2, dtype=[("image", "U5"), ("other", "f4", (3,))]),
     np.zeros(2, dtype=[("image", "i8"), ("vector", "f4", (3,))]),
     np.zeros(2, dtype=[("image", "U5"), ("vector", "U4", (3,))]),
     np.array([{"a": 1}], dtype=object), np.zeros((3, 3), np.complex64)],
)  # fmt: skip
def test_read_npy__refused(tmp_path: Path, array: object) -> None:
    sidecar = tmp_path / "f.txt"
    sidecar.write_text("a.png\nb.png\n")
    with pytest.raises(FeatureFileInvalid):
        list(read_npy(_save(tmp_path, array), "f.npy", sidecar))


@pytest.mark.parametrize(
    "data", [b"\x93NUMPY", b"\x93NUMPY\x01\x00\xff\xff", b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f4'}"]
)
def test_read_npy__damaged(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "f.npy"
    path.write_bytes(data)
    with pytest.raises(FeatureFileInvalid):
        list(read_npy(path, "f.npy", None))


def test_read_npy__cut_short(tmp_path: Path) -> None:
    path = _save(tmp_path, np.zeros((100, 8), np.float32))
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(FeatureFileInvalid):
        list(read_npy(path, "f.npy", None))


def test_read_npy__no_names(tmp_path: Path) -> None:
    with pytest.raises(FeatureFileInvalid, match="same name"):
        list(read_npy(_save(tmp_path, np.zeros((2, 3), np.float32)), "f.npy", None))


def test_read_npy__other_number_of_names(tmp_path: Path) -> None:
    sidecar = tmp_path / "f.txt"
    sidecar.write_text("a.png\n")
    with pytest.raises(FeatureFileInvalid, match="its list of names has 1"):
        list(read_npy(_save(tmp_path, np.zeros((4, 3), np.float32)), "f.npy", sidecar))
