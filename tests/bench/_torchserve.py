"""How fast a model is through TorchServe, and in a child process of our own: the same images, path and threads."""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import elpv_dataset
import psutil

from loupe_inference.adapters.torch_child import TorchChildBackend
from loupe_inference.domain import catalogue
from loupe_inference.domain.analysis import Analysis, ImageSource
from loupe_inference.ports import ModelBackend
from tests.contract.ports import servers
from tests.contract.ports.servers import TorchServe

BATCH = 128
"""Images in one call, as the service makes them."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Of one way to compute; decoding counts."""

    images_per_s: float
    cpu_ms_per_image: float
    """Processor time of all processes that have a part in it, user and system."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One model both ways, in turns."""

    in_process: Speed
    through_torchserve: Speed
    torchserve_ratio: float
    """Images per second through TorchServe ÷ in process, median of the turns."""
    torchserve_cpu_ratio: float
    """Processor time of an image in process ÷ through TorchServe, median: steadier where others use the cores."""


def compare(models: Sequence[str], threads: int, images: int = 512, turns: int = 3) -> dict[str, Comparison]:
    """Measures each model; models whose weights are missing are left out.

    Args:
        models: Ids.
        threads: That decode and compute, either way.
        images: Real photographs in one turn.
        turns: Of either way.
    """
    with servers.torchserve(models, LOUPE_TORCHSERVE_COMPUTE_THREADS=str(threads)) as running:
        found: dict[str, Comparison] = {}
        for model in models:
            if _is_hosted(running, model):
                found[model] = asyncio.run(_compare(running, model, threads, images, turns))
                print(f"{model}: {found[model]}", file=sys.stderr, flush=True)
            else:
                print(f"{model}: LEFT OUT, its weights are missing", file=sys.stderr, flush=True)
        return found


async def _compare(running: TorchServe, model: str, threads: int, images: int, turns: int) -> Comparison:
    version = catalogue.builtin().get(model).active_version
    limit = timedelta(minutes=10)
    child = TorchChildBackend(threads=threads, device="cpu", max_pixels=10**9, time_limit=limit, nice=0)
    hosted = running.backend(limit)
    sources = [path.read_bytes() for path in itertools.islice(itertools.cycle(_photographs()), images)]
    own = psutil.Process(os.getpid())

    def of_child() -> list[psutil.Process]:
        return [own, psutil.Process(child.pid)] if child.pid else [own]

    def of_torchserve() -> list[psutil.Process]:
        server = psutil.Process(running.process.pid)
        return [own, server, *server.children(recursive=True)]

    ways: list[tuple[ModelBackend, Callable[[], list[psutil.Process]]]] = [(child, of_child), (hosted, of_torchserve)]
    try:
        for backend, _ in ways:
            await _analyse(backend, model, version, sources[:BATCH])
        found = [[await _speed(way, model, version, sources) for way in ways] for _ in range(turns)]
    finally:
        for backend, _ in ways:
            await backend.close()
    return Comparison(
        _median([turn[0] for turn in found]),
        _median([turn[1] for turn in found]),
        round(statistics.median(turn[1].images_per_s / turn[0].images_per_s for turn in found), 3),
        round(statistics.median(turn[0].cpu_ms_per_image / turn[1].cpu_ms_per_image for turn in found), 3),
    )


async def _speed(
    way: tuple[ModelBackend, Callable[[], list[psutil.Process]]],
    model: str,
    version: str,
    sources: Sequence[ImageSource],
) -> Speed:
    backend, processes = way
    cpu, begun = _cpu_seconds(processes()), time.perf_counter()
    await _analyse(backend, model, version, sources)
    seconds, cpu = time.perf_counter() - begun, _cpu_seconds(processes()) - cpu
    return Speed(round(len(sources) / seconds, 1), round(cpu / len(sources) * 1000, 2))


async def _analyse(backend: ModelBackend, model: str, version: str, sources: Sequence[ImageSource]) -> None:
    for at in range(0, len(sources), BATCH):
        outcomes = await backend.analyse(model, version, sources[at : at + BATCH])
        if not all(isinstance(outcome, Analysis) for outcome in outcomes):
            raise SystemExit(f"{model} did not analyse every image: {outcomes[:3]}")


def _is_hosted(running: TorchServe, model: str) -> bool:
    archives = running.key_file.parent / "archives"
    return any(archives.glob(f"{model}-*.mar"))


def _photographs() -> list[Path]:
    return sorted(Path(elpv_dataset.__file__).parent.rglob("*.png"))


def _cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)


def _median(speeds: Sequence[Speed]) -> Speed:
    return Speed(
        statistics.median(speed.images_per_s for speed in speeds),
        statistics.median(speed.cpu_ms_per_image for speed in speeds),
    )
