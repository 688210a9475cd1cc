"""Searches the ten nearest of a million clustered vectors of 1,280 numbers, as kept by the reduction service.

Prints vectors kept a second, seconds to cut the store into parts, milliseconds of searches (mean, median and 95th of
100) in one thread with all rows allowed, their recall@10 against the vectors as they came, each compared in full, and
the size on disk. The same for a million objects, of 128 numbers each.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.adapters.vector_store import VectorStore

KINDS = {"images": (1280, 16), "objects": (128, 18)}
"""Numbers of a vector, and bytes of an id."""
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
    report = {}
    for kind, (dimension, id_bytes) in KINDS.items():
        with tempfile.TemporaryDirectory(dir=parsed.folder) as folder:
            report[kind] = _measure(Path(folder), parsed.count, dimension, id_bytes)
    print(json.dumps(report))


def _measure(folder: Path, count: int, dimension: int, id_bytes: int) -> dict[str, float]:
    centres = np.random.default_rng(0).normal(size=(CLUSTERS, dimension)).astype(np.float32)
    asked = _vectors(centres, SEARCHES, seed=0)
    store, keeping, truth = VectorStore(folder, id_bytes), 0.0, _Truth(asked)
    for start in range(0, count, BLOCK):
        rows = np.arange(start, min(start + BLOCK, count))
        values = _vectors(centres, len(rows), seed=start + 1)
        truth.add(rows, values)
        began = time.perf_counter()
        store.append(_ids(rows, id_bytes), values)
        keeping += time.perf_counter() - began
    began = time.perf_counter()
    if store.is_to_be_cut:
        store.cut()
    cutting = time.perf_counter() - began
    store, everyone = VectorStore(folder, id_bytes), np.ones(count, np.bool_)
    seconds, hits = [], []
    for vector, nearest in zip(asked, truth.rows, strict=True):
        began = time.perf_counter()
        found, _ = store.nearest(vector, everyone, NEAREST)
        seconds.append(time.perf_counter() - began)
        hits.append(len(set(found.tolist()) & set(nearest.tolist())))
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


class _Truth:
    """The nearest by cosine of vectors as they came, not as they are kept.

    Args:
        asked: array (Q, D).
    """

    def __init__(self, asked: NDArray[np.float32]) -> None:
        self._asked = asked
        self._likeness = np.zeros((len(asked), 0), np.float32)
        self.rows = np.zeros((len(asked), 0), np.int64)
        """Array (Q, 10), in no order."""

    def add(self, rows: NDArray[np.int64], values: NDArray[np.float32]) -> None:
        """Compares further vectors: rows array (N,), values array (N, D)."""
        new = self._asked @ values.T / np.linalg.norm(values, axis=1)
        likeness = np.concatenate([self._likeness, new], axis=1)
        everyone = np.concatenate([self.rows, np.broadcast_to(rows, new.shape)], axis=1)
        best = np.argpartition(-likeness, NEAREST, axis=1)[:, :NEAREST]
        self._likeness = np.take_along_axis(likeness, best, axis=1)
        self.rows = np.take_along_axis(everyone, best, axis=1)


def _vectors(centres: NDArray[np.float32], count: int, seed: int) -> NDArray[np.float32]:
    """Vectors as a network's last layer gives them: array (count, D), float32, non-negative, in groups."""
    rng = np.random.default_rng(seed)
    noise = SPREAD * rng.standard_normal((count, centres.shape[1]), dtype=np.float32)
    return np.maximum(centres[rng.integers(len(centres), size=count)] + noise, 0)


def _ids(rows: NDArray[np.int64], id_bytes: int) -> bytes:
    packed = np.zeros((len(rows), id_bytes), np.uint8)
    packed[:, 0], packed[:, 8:16] = 1, rows.astype(">u8").view(np.uint8).reshape(-1, 8)
    packed[:, 16:] = 1
    return packed.tobytes()


if __name__ == "__main__":
    main()
