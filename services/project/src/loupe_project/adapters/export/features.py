"""Features as NumPy and Parquet files that grow page by page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEADER_BYTES = 128
"""Room for the header of a .npy file; the number of rows is known at the end only."""


class FeatureFiles:
    """The two files of one source.

    Args:
        folder: Where they are written.
        stem: Their name without ending.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.stem = stem
        self.npy_path = folder / f"{stem}.npy"
        self.parquet_path = folder / f"{stem}.parquet"
        self._npy = self.npy_path.open("wb")
        self._npy.write(b"\0" * _HEADER_BYTES)
        self._parquet: Any = None
        self._count = 0
        self._dimension = 0

    def add(self, images: Sequence[str], file_names: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Rows of both files.

        Args:
            images: N resource names.
            file_names: N names as they were uploaded.
            vectors: Array (N, D), float32.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        count, self._dimension = vectors.shape
        self._npy.write(np.ascontiguousarray(vectors, dtype="<f4").tobytes())
        flat = pa.array(vectors.reshape(-1), pa.float32())
        table = pa.table(
            {
                "image": pa.array(images, pa.string()),
                "file_name": pa.array(file_names, pa.string()),
                "vector": pa.FixedSizeListArray.from_arrays(flat, self._dimension),
            }
        )
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(self.parquet_path, table.schema, compression="zstd")
        self._parquet.write_table(table)
        self._count += count

    def close(self) -> None:
        """Write the header now that the number of rows is known; nothing the second time."""
        if self._npy.closed:
            return
        header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({self._count}, {self._dimension}), }}"
        text = header.ljust(_HEADER_BYTES - 11) + "\n"
        self._npy.seek(0)
        self._npy.write(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode("latin-1"))
        self._npy.close()
        if self._parquet is not None:
            self._parquet.close()
