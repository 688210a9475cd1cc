"""Fits maps through the whole RPC, from streamed features to received coordinates, beside scikit-learn and umap-learn.

`first_picture_s` is the time until the first early picture is there, in a fresh process for the first method of a size;
`place_s` that of placing 2,000 of the images again on the map that was fitted last; `peak_mib` the most memory that
a worker process held meanwhile, of which pages of files that the system may drop are a part.

Vectors are made up like those of a network's last layer: 1,280 numbers, not negative, in 40 groups of low dimension.
Peers run in a process of their own with the same number of threads; umap-learn only where it is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from loupe.inference.v1 import feature_service_pb2 as pb_features
from loupe.reduction.v1 import feature_source_pb2 as source_pb
from loupe.reduction.v1 import projection_pb2 as projection_pb
from loupe.reduction.v1 import reduction_service_pb2 as pb
from loupe.reduction.v1 import reduction_service_pb2_grpc as pb_grpc
from loupe_kit import ids
from loupe_kit.caller import Caller, CallerKind
from loupe_kit.channels import open_channel
from loupe_kit.testing import RunningServer, SigningKeys, running_server
from loupe_reduction.bootstrap import bootstrap
from loupe_reduction.domain.features import ImageIds
from loupe_reduction.settings import ReductionSettings
from tests.integration.reduction.inference import FakeFeatureService

DIMENSION = 1280
GROUPS = 40
METHODS = ("UMAP", "TSNE", "PACMAP", "PCA")
EARLY_POINTS = 20_000
PLACED = 2_000
INNER = 5
BLOCK = 10_000
"""Vectors made up at once."""
STREAMED = 800
"""Vectors in one message: four mebibytes, as the inference service sends them."""
PEER_TSNE = "from sklearn.manifold import TSNE; fit = TSNE(random_state=0).fit_transform"
PEER_UMAP = "import umap; fit = umap.UMAP().fit_transform"
PEER = """
import json, sys, time
import numpy as np
values = np.load(sys.argv[1])
seconds = []
for _ in range(int(sys.argv[2])):
    began = time.perf_counter()
    {fit}
    places = fit(values)
    seconds.append(time.perf_counter() - began)
np.save(sys.argv[3], places.astype(np.float32))
print(json.dumps(seconds))
"""


def made_up_blocks(count: int, seed: int = 0) -> Iterator[NDArray[np.float32]]:
    """Gives vectors in groups, each of them spread over its own few directions: arrays (N, 1280), float32."""
    rng = np.random.default_rng(seed)
    directions = 0.35 * rng.normal(size=(GROUPS, INNER, DIMENSION)).astype(np.float32)
    centres = 0.6 * rng.normal(size=(GROUPS, DIMENSION)).astype(np.float32)
    shares = rng.dirichlet(np.full(GROUPS, 2.0))
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        labels = rng.choice(GROUPS, size, p=shares)
        values = centres[labels]
        values += np.float32(0.15) * rng.standard_normal((size, DIMENSION), np.float32)
        for group in range(GROUPS):
            members = labels == group
            values[members] += rng.standard_normal((int(members.sum()), INNER), np.float32) @ directions[group]
        yield np.maximum(values, np.float32(0))


class StoredFeatureService(FakeFeatureService):
    """Gives out vectors of a file: those of a million images are no burden on the memory that is measured.

    Args:
        path: where the file is made.
        count: number of vectors.
    """

    def __init__(self, path: Path, count: int) -> None:
        super().__init__()
        with path.open("wb") as file:
            for block in made_up_blocks(count):
                file.write(block.data)
        self.image_ids = [ids.new_id() for _ in range(count)]
        self._rows = ImageIds(ids.pack_ids(self.image_ids))
        self._values = np.memmap(path, "<f4", "r", shape=(count, DIMENSION))

    async def StreamFeatures(
        self, request: pb_features.StreamFeaturesRequest, context: Any
    ) -> AsyncIterator[pb_features.StreamFeaturesResponse]:
        rows = self._rows.find(request.image_ids)
        for start in range(0, rows.size, STREAMED):
            part = rows[start : start + STREAMED]
            values = self._values[part].tobytes()
            block = pb_features.FeatureBlock(image_ids=self._rows.pack(part), dimension=DIMENSION, values=values)
            yield pb_features.StreamFeaturesResponse(block=block)


@dataclass
class Fit:
    """What came of a fit."""

    seconds: float = 0.0
    """From the first message to the last coordinate."""
    first_picture_s: float = 0.0
    header: pb.ProjectionHeader = field(default_factory=pb.ProjectionHeader)
    reducer: bytes = b""


class Client:
    """Asks a running service for maps."""

    def __init__(self, server: RunningServer) -> None:
        self._stub = pb_grpc.ReductionServiceStub(server.channel)
        self._server = server

    @property
    def _metadata(self) -> Any:
        """With a token of now: they hold for minutes, large maps take longer."""
        return self._server.metadata(Caller(kind=CallerKind.SERVICE, id="project"))

    async def fit(self, image_ids: Sequence[str], method: str, dimensions: int) -> Fit:
        """Fits a map, with early pictures as the product asks for them."""
        recipe = projection_pb.Recipe(
            method=projection_pb.Method.Value(f"METHOD_{method}"), dimensions=dimensions, seed=1
        )
        model = source_pb.ModelFeatures(model="efficientnet-lite0", version="1")
        spec = pb.FitSpec(
            project_id=ids.new_id(),
            source=source_pb.FeatureSource(model_features=model),
            recipe=recipe,
            early_points=EARLY_POINTS,
        )
        packed = ids.pack_ids(image_ids)
        messages = [pb.FitProjectionRequest(spec=spec)]
        step = 65_536 * 16
        messages += [pb.FitProjectionRequest(image_ids=packed[at : at + step]) for at in range(0, len(packed), step)]
        fit, received = Fit(), 0
        began = time.perf_counter()
        async for response in self._stub.FitProjection(iter(messages), metadata=self._metadata):
            content = response.WhichOneof("content")
            if content == "header":
                fit.header = response.header
            if content in {"early", "coordinates"} and not fit.first_picture_s:
                fit.first_picture_s = time.perf_counter() - began
            fit.reducer += response.reducer
            received += len(response.coordinates.image_ids) // 16
        if received != len(image_ids):
            raise SystemExit(f"{received} points came back for {len(image_ids)} images")
        fit.seconds = time.perf_counter() - began
        return fit

    async def place(self, image_ids: Sequence[str], reducer: bytes) -> float:
        """Returns the seconds that placing images on a map takes, from the first message to the last coordinate."""
        model = source_pb.ModelFeatures(model="efficientnet-lite0", version="1")
        source = source_pb.FeatureSource(model_features=model)
        messages = [pb.PlaceImagesRequest(spec=pb.PlaceSpec(project_id=ids.new_id(), source=source))]
        step = 1 << 20
        messages += [pb.PlaceImagesRequest(reducer=reducer[at : at + step]) for at in range(0, len(reducer), step)]
        messages.append(pb.PlaceImagesRequest(image_ids=ids.pack_ids(image_ids)))
        began, received = time.perf_counter(), 0
        async for response in self._stub.PlaceImages(iter(messages), metadata=self._metadata):
            received += len(response.coordinates.image_ids) // 16
        if received != len(image_ids):
            raise SystemExit(f"{received} of {len(image_ids)} images were placed")
        return time.perf_counter() - began


async def measure_ours(
    sizes: Sequence[int], methods: Sequence[str], runs: int, threads: int, folder: Path
) -> list[dict[str, Any]]:
    """Fits each method in 2-D and 3-D; the first fit of each size is in a fresh process."""
    rows: list[dict[str, Any]] = []
    keys = SigningKeys()
    for size in sizes:
        features = StoredFeatureService(folder / "features.f32", size)
        async with AsyncExitStack() as stack:
            inference = await stack.enter_async_context(running_server([features.registration()], keys=keys))
            channel = await stack.enter_async_context(
                open_channel(inference.target, lambda: keys.service_tokens.issue("reduction"))
            )
            settings = ReductionSettings(data_dir=folder, threads=threads, nice=0)
            service = bootstrap(settings, inference_channel=channel)
            await service.start()
            stack.push_async_callback(service.stop)
            client = Client(await stack.enter_async_context(running_server(service.registrations, keys=keys)))
            for method, dimensions in [(m, d) for m in methods for d in (2, 3)]:
                forget_peaks()
                fits = [await client.fit(features.image_ids, method, dimensions) for _ in range(runs)]
                placed = await client.place(features.image_ids[:PLACED], fits[-1].reducer)
                rows.append(_row(size, method, dimensions, fits, placed))
    return rows


def _row(size: int, method: str, dimensions: int, fits: list[Fit], placed_s: float) -> dict[str, Any]:
    seconds, header = [fit.seconds for fit in fits], fits[-1].header
    row = {
        "points": size,
        "method": method,
        "dims": dimensions,
        "first_s": round(seconds[0], 3),
        "warm_s": round(statistics.median(seconds[1:] or seconds), 3),
        "first_picture_s": round(fits[0].first_picture_s, 3),
        "place_s": round(placed_s, 3),
        "trustworthiness": round(header.quality.trustworthiness, 4),
        "preservation": round(header.quality.neighbour_preservation, 4),
        "landmarks": header.recipe.landmarks,
        "compute_s": round(header.seconds, 3),
        "peak_mib": peak_mib(),
    }
    print(row, flush=True)
    return row


def forget_peaks() -> None:
    """Lets the peaks of memory of this process's children begin anew."""
    for child in psutil.Process().children():
        Path(f"/proc/{child.pid}/clear_refs").write_text("5")


def peak_mib() -> int:
    """Returns the most memory that a child of this process held, in MiB."""
    states = [Path(f"/proc/{child.pid}/status").read_text() for child in psutil.Process().children()]
    return max(int(state.partition("VmHWM:")[2].split()[0]) for state in states) >> 10


def measure_peer(fit: str, values: NDArray[np.float32], runs: int, threads: int, folder: Path) -> dict[str, float]:
    """Returns first and warm seconds and the trustworthiness of a peer in a fresh process."""
    from loupe_reduction.algorithms.quality import measure_quality

    np.save(folder / "values.npy", values)
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    program = PEER.format(fit=fit.replace("; ", "\n    "))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, "values.npy", str(runs), "places.npy"],
        cwd=folder,
        env={**psutil.Process().environ(), **dict.fromkeys(names, str(threads))},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = json.loads(done.stdout.strip().splitlines()[-1])
    quality = measure_quality(values, np.load(folder / "places.npy"), seed=1)
    return {
        "first_s": round(seconds[0], 3),
        "warm_s": round(statistics.median(seconds[1:] or seconds), 3),
        "trustworthiness": round(quality.trustworthiness, 4),
    }


def compare(rows: list[dict[str, Any]], size: int, threads: int, folder: Path, runs: int) -> dict[str, Any]:
    """Returns how many times faster than the peers our 2-D maps of this size are."""
    ours = {row["method"]: row for row in rows if row["points"] == size and row["dims"] == 2}
    values = np.concatenate(list(made_up_blocks(size)))
    result: dict[str, Any] = {"points": size}
    if "TSNE" in ours:
        tsne = measure_peer(PEER_TSNE, values, 1, threads, folder)
        result["sklearn_tsne"] = tsne
        result["vs_sklearn_tsne"] = round(tsne["first_s"] / ours["TSNE"]["warm_s"], 2)
    if "UMAP" in ours and find_spec("umap") is not None:
        umap = measure_peer(PEER_UMAP, values, runs, threads, folder)
        result["umap"] = umap
        result["vs_umap_first"] = round(umap["first_s"] / ours["UMAP"]["first_s"], 2)
        result["vs_umap_warm"] = round(umap["warm_s"] / ours["UMAP"]["warm_s"], 2)
    print(result, flush=True)
    return result


def main() -> None:
    """Measures and prints one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 20_000], help="numbers of points")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS, help="what to fit")
    parser.add_argument("--runs", type=int, default=4, help="fits of each map, the first of them in a fresh process")
    parser.add_argument("--threads", type=int, default=psutil.cpu_count(logical=False) or 1)
    parser.add_argument("--peers-up-to", type=int, default=2_000, help="largest size at which peers run too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="loupe-bench-map-") as name:
        folder = Path(name)
        warming = {**psutil.Process().environ(), "LOUPE_DATA_DIR": name}
        subprocess.run([sys.executable, "-m", "loupe_reduction", "warm"], env=warming, check=True)
        rows = asyncio.run(measure_ours(options.sizes, options.methods, options.runs, options.threads, folder))
        compared = [
            compare(rows, size, options.threads, folder, options.runs)
            for size in options.sizes
            if size <= options.peers_up_to
        ]
    print(json.dumps({"bench": "map", "threads": options.threads, "maps": rows, "peers": compared}))


if __name__ == "__main__":
    main()
