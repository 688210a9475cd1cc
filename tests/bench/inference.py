"""Images per second of the inference service alone: from a full queue to stored features and reported results.

Real images in a folder store, the real model in its child process, a project service that only notes what it is told.
Key `inference_ratio`: its speed ÷ that of the bare model in one process on the same cores and threads.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import logging
import tempfile
import time
from pathlib import Path

import elpv_dataset
import structlog

from loupe_inference.settings import usable_cores
from tests.bench import _bare_model
from tests.integration.inference.conftest import running_inference

MODEL = "efficientnet-lite0"


async def pipeline(count: int, threads: int, folder: Path) -> dict[str, float]:
    """Analyses `count` images; speed without the loading of the model."""
    images = sorted(Path(elpv_dataset.__file__).parent.rglob("*.png"))
    async with running_inference(folder, threads=threads, batch_images=128) as running:
        warmer = running.service.resources["warmer"]
        while not await warmer.is_ready():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.1)
        tasks = [
            await running.prepare(path.read_bytes(), model=MODEL)
            for path in itertools.islice(itertools.cycle(images), count)
        ]
        cpu, start = time.process_time(), time.perf_counter()
        await running.queue.publish(f"analysis.{MODEL}", [task.SerializeToString() for task in tasks])
        await running.results(count)
        seconds = time.perf_counter() - start
        return {
            "images": count,
            "images_per_s": round(count / seconds, 1),
            "parent_cpu_ms_per_image": round((time.process_time() - cpu) / count * 1000, 2),
        }


def main() -> None:
    """Measures and prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=usable_cores())
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    bare = _bare_model.measure(MODEL, arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(pipeline(arguments.images, arguments.threads, Path(folder)))
    ratio = measured["images_per_s"] / bare.images_per_s
    print(
        json.dumps(
            {
                **measured,
                "bare_images_per_s": round(bare.images_per_s, 1),
                "bare_batch_size": bare.batch_size,
                "inference_ratio": round(ratio, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
