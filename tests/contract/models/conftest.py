"""One model host for all model tests: loading a network takes seconds."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image

from loupe_inference.domain import catalogue
from loupe_inference.domain.analysis import ImageSource, Outcome
from loupe_inference.domain.model import ModelSpec
from loupe_inference.models import host, nanodet, weights
from loupe_inference.models.job import AnalyseJob
from tests.contract.ports import servers

_PHOTOS = Path(__file__).parent / "photos"

MAX_PIXELS = 1_000_000

_START_SECONDS = 500
"""Each model's TorchServe starts within the first test that asks it, which may take long on a busy machine."""

Analyse = Callable[[Sequence[ImageSource]], list[Outcome]]


@pytest.fixture(scope="session", params=catalogue.builtin().all(), ids=lambda spec: spec.id)
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    chosen: ModelSpec = request.param
    if chosen.id == "nanodet-coco" and not (weights.fetched_folder() / nanodet.FILE_NAME).is_file():
        pytest.skip(f"NO WEIGHTS of {chosen.id}: `make models` fetches them where there is a network")
    return chosen


@pytest.fixture(scope="session")
def torchserve(spec: ModelSpec) -> Iterator[servers.TorchServe]:
    """A TorchServe that hosts one model; it ends before that of the next model starts, for the sake of memory."""
    with servers.torchserve([spec.id], LOUPE_TORCHSERVE_MAX_IMAGE_PIXELS=str(MAX_PIXELS)) as running:
        yield running


@pytest.fixture(
    scope="session",
    params=["host", pytest.param("torchserve", marks=[pytest.mark.cluster, pytest.mark.timeout(_START_SECONDS)])],
)
def analyse(spec: ModelSpec, request: pytest.FixtureRequest) -> Analyse:
    """Runs the host's entry point here, on the CPU, in two threads; or asks a TorchServe."""
    if request.param == "torchserve":
        running: servers.TorchServe = request.getfixturevalue("torchserve")
        return lambda images: asyncio.run(_ask(running, spec, images))
    torch.set_num_threads(1)

    def run(images: Sequence[ImageSource]) -> list[Outcome]:
        job = AnalyseJob(spec.id, spec.active_version, tuple(images), 2, "cpu", MAX_PIXELS)
        return host.analyse(job, lambda _: None)

    return run


async def _ask(running: servers.TorchServe, spec: ModelSpec, images: Sequence[ImageSource]) -> list[Outcome]:
    backend = running.backend()
    try:
        return await backend.analyse(spec.id, spec.active_version, images)
    finally:
        await backend.close()


@pytest.fixture(scope="session")
def photos() -> dict[str, bytes]:
    """Real photos: a Chinese temple, a flower, an astronaut, a cat's face."""
    shown = {name: encoded(Image.fromarray(load_sample_image(f"{name}.jpg"))) for name in ("china", "flower")}
    return shown | {name: (_PHOTOS / f"{name}.jpg").read_bytes() for name in ("astronaut", "cat")}


def encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
