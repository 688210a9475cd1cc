"""Things that show only in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from loupe_inference.adapters.sqlite_features import SqliteFeatureStore
from loupe_inference.domain.features import FeatureKey
from loupe_kit import ids

KEY = FeatureKey("tiny", "1")
BATCH = 40

_WRITER = """
import asyncio, sys
from pathlib import Path
import numpy as np
from loupe_inference.adapters.sqlite_features import SqliteFeatureStore
from loupe_inference.domain.features import FeatureBlock, FeatureKey

async def main():
    store = SqliteFeatureStore(Path(sys.argv[1]))
    number = 0
    while True:
        image_ids = b"".join((number + row).to_bytes(16, "big") for row in range(40))
        values = np.full((40, 1280), number, dtype=np.float32)
        await store.put(sys.argv[2], FeatureKey("tiny", "1"), FeatureBlock(image_ids, values))
        number += 40
        print(number, flush=True)

asyncio.run(main())
"""


def python(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_bootstrap__leaves_the_heavy_libraries_to_the_child() -> None:
    program = "import sys, loupe_inference.bootstrap; print(sorted({'torch', 'PIL', 'sklearn'} & set(sys.modules)))"

    output, errors = python("-c", program).communicate(timeout=60)

    assert output.strip() == "[]", errors


async def test_feature_store__killed_while_writing(tmp_path: Path) -> None:
    path, project_id = tmp_path / "features.db", ids.new_id()
    with python("-c", _WRITER, str(path), project_id) as writer:
        assert writer.stdout is not None
        promised = [int(writer.stdout.readline()) for _ in range(25)][-1]
        writer.kill()

    store = SqliteFeatureStore(path)
    (kept,) = await store.list_sets(project_id)
    count = kept.feature_count
    image_ids = b"".join(number.to_bytes(16, "big") for number in range(count))
    blocks = [block async for block in store.read(KEY, image_ids)]
    await store.close()

    assert count >= promised
    assert count % BATCH == 0
    assert sum(len(block.values) for block in blocks) == count
    assert all((block.values[:, :1] == block.values).all() for block in blocks)
