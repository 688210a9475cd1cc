from __future__ import annotations

from pathlib import Path

import numpy as np

from loupe_reduction.adapters.spool import file_spools
from loupe_reduction.algorithms.vectors import StoredVectors


async def test_file_spools__read_back_in_another_order(tmp_path: Path) -> None:
    async with file_spools(tmp_path / "spool")() as spool:
        await spool.append(np.asarray([[1, 2, 3], [4, 5, 6]], np.float32))
        await spool.append(np.asarray([[7, 8, 9]], np.float32))
        features = spool.finish(3, np.asarray([2, 0]))

        assert StoredVectors(features)[:].tolist() == [[7, 8, 9], [1, 2, 3]]

    assert not features.path.exists()


def test_file_spools__leftovers_are_removed(tmp_path: Path) -> None:
    left = tmp_path / "features-old.f32"
    left.write_bytes(b"x")

    file_spools(tmp_path)

    assert not left.exists()
