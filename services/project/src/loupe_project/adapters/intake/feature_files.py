"""Reads feature files. Parquet's library is large, so it is loaded when the first such file comes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from loupe_project.domain.intake.errors import FeatureFileInvalid
from loupe_project.domain.intake.features import MAX_DIMENSION, VectorBlock, as_float32, read_npy
from loupe_project.ports.intake import Spooled

_REFERENCE = ("image", "file_name", "id")
_ROWS = 256


def read_features(spooled: Spooled, file_name: str, sidecar: Spooled | None) -> Iterator[VectorBlock]:
    """Vectors of a .npy or Parquet file, block by block.

    Raises:
        FeatureFileInvalid: If it cannot be read as either.
    """
    if spooled.head.startswith(b"PAR1"):
        return _read_parquet(spooled.path(), file_name)
    return read_npy(spooled.path(), file_name, sidecar.path() if sidecar else None)


def _read_parquet(path: Path, file_name: str) -> Iterator[VectorBlock]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Pages are read as they are needed; the library refuses one that claims more than the file has.
        with pq.ParquetFile(path, memory_map=True) as file:
            reference = _columns(file.schema_arrow, file_name)
            row = 1
            for batch in file.iter_batches(_ROWS, columns=[reference, "vector"], use_threads=False):
                yield from _blocks(batch.column(reference).to_pylist(), batch.column("vector"), row, file_name)
                row += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _invalid(file_name, f"cannot be read ({str(error)[:120]})") from error


def _columns(schema: object, file_name: str) -> str:
    import pyarrow as pa

    if not isinstance(schema, pa.Schema):
        raise _invalid(file_name, "has no columns")
    reference = next((name for name in _REFERENCE if name in schema.names), None)
    if reference is None or "vector" not in schema.names:
        raise _invalid(file_name, "has no columns image (or file_name, id) and vector")
    kind = schema.field("vector").type
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    if not is_list or not (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)):
        raise _invalid(file_name, "has a column vector that is no list of numbers")
    return str(reference)


def _blocks(references: list[object], vectors: object, first_row: int, file_name: str) -> Iterator[VectorBlock]:
    """Neighbours of one length go together, so that a single odd row is refused alone."""
    rows = [_vector(one) for one in vectors]  # type: ignore[attr-defined]
    start = 0
    while start < len(rows):
        stop = start + 1
        while stop < len(rows) and len(rows[stop]) == len(rows[start]):
            stop += 1
        if not 1 <= len(rows[start]) <= MAX_DIMENSION:
            raise _invalid(file_name, f"has in row {first_row + start} a vector of {len(rows[start])} numbers")
        names = ["" if one is None else str(one) for one in references[start:stop]]
        yield VectorBlock(first_row + start, names, as_float32(np.stack(rows[start:stop])))
        start = stop


def _vector(scalar: object) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    values = getattr(scalar, "values", None)
    if values is None:
        return np.full(1, np.nan)
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _invalid(file_name: str, what: str) -> FeatureFileInvalid:
    return FeatureFileInvalid(f"Feature file {file_name!r} {what}.", file_name=file_name)
