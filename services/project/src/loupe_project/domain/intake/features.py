"""Feature files: vectors computed elsewhere, with the image that each belongs to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loupe_project.domain.intake.errors import FeatureFileInvalid

MAX_DIMENSION = 16384
BLOCK_BYTES = 4 << 20

_REFERENCE = ("image", "file_name", "id")
_VECTOR = "vector"
FEATURE_SET = re.compile(r"[a-z0-9_.-]{1,63}")
_MAX_REFERENCE_CHARS = 500


@dataclass(frozen=True, slots=True)
class VectorBlock:
    """Vectors of N images, D numbers each."""

    first_row: int
    """Row of the first one, from 1."""
    references: list[str]
    """N ids or file names."""
    values: NDArray[np.float32]
    """Array (N, D), float32; may hold NaN and infinity."""


def read_npy(path: Path, file_name: str, sidecar: Path | None) -> Iterator[VectorBlock]:
    """Vectors of a .npy file, in blocks of about 4 MiB, read through a memory map.

    Either a structured array with the fields image (or file_name, id) and vector, or a plain (N, D) array of numbers
    with a sidecar: a text with one id or file name a line, in the same order.

    Raises:
        FeatureFileInvalid: If it is neither; nothing pickled is ever opened.
    """
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError, OverflowError, MemoryError) as error:
        raise _invalid(file_name, "is cut short, damaged or holds Python objects") from error
    if array.dtype.names is not None:
        yield from _structured(array, file_name)
    else:
        yield from _plain(array, file_name, sidecar)


def _structured(array: NDArray[Any], file_name: str) -> Iterator[VectorBlock]:
    fields: Mapping[str, Any] = array.dtype.fields or {}
    reference = next((name for name in _REFERENCE if name in fields), None)
    if array.ndim != 1 or reference is None or _VECTOR not in fields:
        raise _invalid(file_name, "has no fields image and vector")
    vector_type, reference_type = fields[_VECTOR][0], fields[reference][0]
    if len(vector_type.shape) != 1 or vector_type.base.kind not in "fiu":
        raise _invalid(file_name, "has vectors that are not numbers")
    if reference_type.kind not in "US" or reference_type.itemsize > 4 * _MAX_REFERENCE_CHARS:
        raise _invalid(file_name, "has images that are not texts of at most 500 characters")
    dimension = _check_dimension(vector_type.shape[0], file_name)
    for start, stop in _ranges(len(array), dimension):
        part = array[start:stop]
        yield VectorBlock(start + 1, [_decode(item) for item in part[reference].tolist()], as_float32(part[_VECTOR]))


def _plain(array: NDArray[Any], file_name: str, sidecar: Path | None) -> Iterator[VectorBlock]:
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        raise _invalid(
            file_name, f"holds an array of shape {array.shape} and type {array.dtype}, not N vectors of D numbers"
        )
    dimension = _check_dimension(array.shape[1], file_name)
    if sidecar is None:
        raise _invalid(
            file_name, "does not say which image each vector is of; send a .csv or .txt of the same name with it"
        )
    count = sum(1 for _ in _sidecar_lines(sidecar, file_name))
    lines = _sidecar_lines(sidecar, file_name)
    if count == len(array) + 1:
        next(lines)  # One more line than vectors: the first is a header.
    elif count != len(array):
        raise _invalid(file_name, f"has {len(array)} vectors, but its list of names has {count}")
    for start, stop in _ranges(len(array), dimension):
        references = [next(lines) for _ in range(start, stop)]
        yield VectorBlock(start + 1, references, as_float32(array[start:stop]))


def _sidecar_lines(path: Path, file_name: str) -> Iterator[str]:
    """First cell of each line that is not empty."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            while line := file.readline(4 * _MAX_REFERENCE_CHARS):
                if line.strip():
                    yield line.strip().split("\t")[0].split(",")[0].strip('"')
    except UnicodeDecodeError as error:
        raise _invalid(file_name, "has a list of names that is not UTF-8") from error


def _ranges(count: int, dimension: int) -> Iterator[tuple[int, int]]:
    step = max(1, min(1000, BLOCK_BYTES // (4 * dimension)))
    return ((start, min(start + step, count)) for start in range(0, count, step))


def as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """A copy in float32, C order; what does not fit becomes infinity, which is refused later by its row."""
    with np.errstate(over="ignore"):
        return np.array(values, dtype=np.float32, order="C")


def _check_dimension(dimension: int, file_name: str) -> int:
    if not 1 <= dimension <= MAX_DIMENSION:
        raise _invalid(file_name, f"has vectors of {dimension} numbers; 1 to {MAX_DIMENSION} are taken")
    return dimension


def _decode(reference: object) -> str:
    return reference.decode("utf-8", "replace") if isinstance(reference, bytes) else str(reference)


def _invalid(file_name: str, what: str) -> FeatureFileInvalid:
    return FeatureFileInvalid(f"Feature file {file_name!r} {what}.", file_name=file_name)
