"""How fast a model is with nothing around it: no decoding, no queue, no store. What pipelines are compared with.

Measured in a process of its own, with the environment of the model host, on prepared tensors. Two ways to use several
cores are tried, one image batch on all cores and one batch on each core, and every batch size; the best counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Literal

from loupe_inference.models.job import ENVIRONMENT
from loupe_inference.settings import usable_cores

_FINAL = 6
"""How many times as long the best combination is measured once more."""
BATCH_SIZES = (2, 4, 8, 16, 32)
Path = Literal["torch", "fast"]


@dataclass(frozen=True, slots=True)
class BareModel:
    """The best that was measured."""

    images_per_s: float
    batch_size: int
    """Images in one call of the network."""
    calls_at_once: int
    """Calls that run beside each other."""
    threads_per_call: int
    """Cores that one call uses."""
    cpu_ms_per_image: float
    """Least processor time of an image in any combination, user and system; steadier than the clock."""


def measure(
    model: str = "efficientnet-lite0", threads: int | None = None, seconds: float = 2.0, path: Path = "torch"
) -> BareModel:
    """Measures in a fresh process; blocks until it is done.

    Args:
        model: id of the model.
        threads: cores to use at most; all of this process by default.
        seconds: for each combination.
        path: what computes: torch as the model was published, or the fast path that Loupe uses on a CPU.
    """
    wanted = threads or usable_cores()
    command = [sys.executable, "-m", "tests.bench._bare_model", model, str(wanted), str(seconds), path]
    environment = {**os.environ, **ENVIRONMENT, "OMP_NUM_THREADS": str(wanted)}
    answer = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    return BareModel(**json.loads(answer.stdout))


async def measure_async(model: str = "efficientnet-lite0", threads: int | None = None) -> BareModel:
    """Like `measure`, beside an event loop."""
    return await asyncio.to_thread(measure, model, threads)


def _measure_here(model: str, threads: int, seconds: float, path: Path) -> BareModel:
    import torch

    from loupe_inference.domain import catalogue
    from loupe_inference.models import network, registry

    spec, version = catalogue.builtin().resolve(model, "")
    made, shape = registry.build(spec, version).eval(), (spec.input_height, spec.input_width)
    published = made.body.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    fast = network.fastest(made, *shape, torch.device("cpu"))

    def call(size: int) -> Callable[[], object]:
        if path == "fast":
            return partial(fast.run, torch.randint(0, 256, (size, *shape, 3), dtype=torch.uint8).numpy())
        batch = torch.rand(size, 3, *shape).contiguous(memory_format=torch.channels_last)
        return torch.inference_mode()(partial(published, batch))

    def speed(size: int, calls: int, per_call: int, duration: float) -> BareModel:
        torch.set_num_threads(per_call)
        with ThreadPoolExecutor(calls) as pool:
            images_per_s, cpu_ms = _speed(call(size), size, calls, duration, pool)
        return BareModel(images_per_s, size, calls, per_call, cpu_ms)

    # The fast path computes a call on one thread, whoever calls it.
    ways = {(threads, 1)} if path == "fast" else {(threads, 1), (1, threads)}
    tried = [speed(size, *way, seconds) for way in ways for size in BATCH_SIZES]
    best = max(tried, key=lambda one: one.images_per_s)
    # Of many short measurements the best is the luckiest as well: it is measured again, as long as a pipeline runs.
    again = speed(best.batch_size, best.calls_at_once, best.threads_per_call, _FINAL * seconds)
    return replace(again, cpu_ms_per_image=min(one.cpu_ms_per_image for one in (*tried, again)))


def _speed(
    run: Callable[[], object], size: int, calls: int, seconds: float, pool: ThreadPoolExecutor
) -> tuple[float, float]:
    """Images a second, and milliseconds of processor time an image."""

    def work(until: float) -> int:
        done = 0
        while time.perf_counter() < until:
            run()
            done += size
        return done

    def together(duration: float) -> tuple[float, float]:
        start, cpu = time.perf_counter(), time.process_time()
        images = sum(pool.map(work, [start + duration] * calls))
        return images / (time.perf_counter() - start), (time.process_time() - cpu) / images * 1000

    together(seconds / 4)
    return together(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("threads", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("path")
    arguments = parser.parse_args()
    print(json.dumps(asdict(_measure_here(**vars(arguments)))))
