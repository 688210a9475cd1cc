"""Searches the ten nearest of a million clustered vectors of 1,280 numbers, as kept by the reduction service.

Prints vectors kept a second, seconds to cut the store into parts, milliseconds of searches (mean, median and 95th of
100) in one thread with all rows allowed, their recall@10 against looking at every row, and the size on disk.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.adapters import vector_store
from loupe_reduction.adapters.vector_store import VectorStore

DIMENSION = 1280
BLOCK = 20_000
NEAREST = 10
SEARCHES = 100
CLUSTERS = 2_000
SPREAD = 1.0


def main() -> None:
    """Runs the measurement and prints it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument(
        "--folder", type=Path, default=None, help="where it is kept meanwhile; default: a temporary one"
    )
    parsed = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=parsed.folder) as folder:
        print(json.dumps(_measure(Path(folder), parsed.count)))


def _measure(folder: Path, count: int) -> dict[str, float]:
    centres = np.random.default_rng(0).normal(size=(CLUSTERS, DIMENSION)).astype(np.float32)
    store, keeping = VectorStore(folder), 0.0
    for start in range(0, count, BLOCK):
        rows = np.arange(start, min(start + BLOCK, count))
        values = _vectors(centres, len(rows), seed=start + 1)
        began = time.perf_counter()
        store.append(_ids(rows), values)
        keeping += time.perf_counter() - began
    began = time.perf_counter()
    if store.is_to_be_cut:
        store.cut()
    cutting = time.perf_counter() - began
    store, everyone = VectorStore(folder), np.arange(count)
    asked = _vectors(centres, SEARCHES, seed=0)
    seconds, found = [], []
    for vector in asked:
        began = time.perf_counter()
        found.append(store.nearest(vector, everyone, NEAREST)[0])
        seconds.append(time.perf_counter() - began)
    vector_store.MOST_SCANNED = count
    hits = [
        len(set(store.nearest(one, everyone, NEAREST)[0]) & set(near)) for one, near in zip(asked, found, strict=True)
    ]
    return {
        "count": count,
        "kept_per_second": round(count / keeping),
        "seconds_to_cut": round(cutting, 1),
        "mean_ms": round(1000 * float(np.mean(seconds)), 1),
        "p50_ms": round(1000 * float(np.percentile(seconds, 50)), 1),
        "p95_ms": round(1000 * float(np.percentile(seconds, 95)), 1),
        "recall_at_10": round(float(np.mean(hits)) / min(NEAREST, count), 4),
        "mib_on_disk": round(sum(one.stat().st_size for one in folder.iterdir()) / 2**20),
    }


def _vectors(centres: NDArray[np.float32], count: int, seed: int) -> NDArray[np.float32]:
    """Vectors as a network's last layer gives them: array (count, D), float32, non-negative, in groups."""
    rng = np.random.default_rng(seed)
    noise = SPREAD * rng.standard_normal((count, DIMENSION), dtype=np.float32)
    return np.maximum(centres[rng.integers(len(centres), size=count)] + noise, 0)


def _ids(rows: NDArray[np.int64]) -> bytes:
    packed = np.zeros((len(rows), 16), np.uint8)
    packed[:, 0], packed[:, 8:] = 1, rows.astype(">u8").view(np.uint8).reshape(-1, 8)
    return packed.tobytes()


if __name__ == "__main__":
    main()
