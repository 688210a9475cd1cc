"""Searches the ten nearest of a million clustered vectors of 1,280 numbers, as kept by the reduction service.

Prints vectors kept a second, seconds to cut the store into parts, milliseconds of searches (mean, median and 95th of
100) in one thread with all rows allowed, their recall@10 against the vectors as they came, each compared in full, the
size on disk and in memory; then milliseconds of whole calls of the project service over gRPC: of one that names all
images for the first time, and of 100 that name them again. The same for a million objects, of 128 numbers each.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import grpc
import numpy as np
from numpy.typing import NDArray

from loupe.reduction.v1 import neighbour_service_pb2_grpc as pb_grpc
from loupe_kit import ids
from loupe_project.adapters.similar import GrpcNeighbourhood
from loupe_project.domain.image import FeatureSource
from loupe_reduction.adapters.vector_store import VectorStore
from loupe_reduction.domain.features import BYTES_PER_ID, VectorSpace
from loupe_reduction.servicers.neighbours import NeighbourServicer
from loupe_reduction.use_cases.find_neighbour_objects import FindNeighbourObjects
from loupe_reduction.use_cases.find_neighbours import FindNeighbours
from loupe_reduction.use_cases.kept_stores import KeptStores
from tests.unit.reduction.fakes import InMemoryFeatureReader

KINDS = {"images": (1280, 16), "objects": (128, 18)}
"""Numbers of a vector, and bytes of an id."""
BLOCK = 20_000
NEAREST = 10
SEARCHES = 100
CLUSTERS = 2_000
SPREAD = 1.0
SOURCE = FeatureSource("bench", "1")
PLACE = 1
"""Of the only object in each image."""


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
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        memory = fresh.submit(_memory_mib, folder, id_bytes, asked[0])
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
        "mib_in_memory": round(memory.result()),
        **asyncio.run(_calls(store, count, is_of_objects=id_bytes > BYTES_PER_ID)),
    }


def _memory_mib(folder: Path, id_bytes: int, asked: NDArray[np.float32]) -> float:
    """What a fresh process takes to open the store and to search once."""
    before = _anonymous_mib()
    store = VectorStore(folder, id_bytes)
    store.nearest(asked, np.ones(len(store), np.bool_), NEAREST)
    return _anonymous_mib() - before


def _anonymous_mib() -> float:
    """Memory of this process that is no file."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0]) / 2**10


class _Shelf:
    """Has one store, whatever is asked for: see `loupe_reduction.ports.VectorShelf`."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store

    def open(self, space: VectorSpace) -> VectorStore:
        return self._store

    def spaces(self) -> list[VectorSpace]:
        return []


async def _calls(store: VectorStore, count: int, *, is_of_objects: bool) -> dict[str, float]:
    """Whole calls: the ids' digest, gRPC, rights as rows, the search, the answer."""
    nothing, stores = InMemoryFeatureReader({}), KeptStores(_Shelf(store))
    searches = FindNeighbours(nothing, stores), FindNeighbourObjects(nothing, stores)
    server = grpc.aio.server()
    pb_grpc.add_NeighbourServiceServicer_to_server(NeighbourServicer(*searches, count), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    seconds = []
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        neighbourhood, project = GrpcNeighbourhood(channel), ids.new_id()
        images = store.image_ids()
        for row in np.random.default_rng(0).permutation(count)[: SEARCHES + 1].tolist():
            (like,) = ids.unpack_ids(images[row * BYTES_PER_ID :][:BYTES_PER_ID])
            began = time.perf_counter()
            if is_of_objects:
                await neighbourhood.find_objects(project, SOURCE, like, PLACE, images, NEAREST)
            else:
                await neighbourhood.find(project, SOURCE, like, images, NEAREST)
            seconds.append(time.perf_counter() - began)
    await server.stop(None)
    return {
        "first_call_ms": round(1000 * seconds[0], 1),
        "call_p50_ms": round(1000 * float(np.percentile(seconds[1:], 50)), 1),
        "call_p95_ms": round(1000 * float(np.percentile(seconds[1:], 95)), 1),
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
    packed[:, 17:] = PLACE
    return packed.tobytes()


if __name__ == "__main__":
    main()
