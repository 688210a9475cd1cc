"""Vectors on disk between the moment they arrive and the moment a worker reads them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.jobs import SpooledFeatures
from loupe_reduction.ports import FeatureSpool, SpoolFactory


class FileSpool:
    """One temporary file.

    Args:
        file: open for writing in binary mode.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    async def append(self, values: NDArray[np.float32]) -> None:
        """Adds vectors: array (N, D), float32."""
        await asyncio.to_thread(self._file.write, np.ascontiguousarray(values, "<f4").data)

    def finish(self, dimension: int, order: NDArray[np.int64]) -> SpooledFeatures:
        """Returns what was added, for a worker."""
        self._file.flush()
        return SpooledFeatures(Path(self._file.name), dimension, order)


def file_spools(folder: Path) -> SpoolFactory:
    """Returns a factory of spools in a folder; what an earlier run left behind there is removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("features-*.f32"):
        left.unlink(missing_ok=True)

    @asynccontextmanager
    async def spool() -> AsyncIterator[FeatureSpool]:
        with tempfile.NamedTemporaryFile(dir=folder, prefix="features-", suffix=".f32") as file:
            yield FileSpool(file.file)

    def open_spool() -> AbstractAsyncContextManager[FeatureSpool]:
        return spool()

    return open_spool
