"""One model host for all model tests: loading a network takes seconds."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
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

_PHOTOS = Path(__file__).parent / "photos"

Analyse = Callable[[Sequence[ImageSource]], list[Outcome]]


@pytest.fixture(scope="session", params=catalogue.builtin().all(), ids=lambda spec: spec.id)
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    chosen: ModelSpec = request.param
    if chosen.id == "nanodet-coco" and not (weights.fetched_folder() / nanodet.FILE_NAME).is_file():
        pytest.skip("its weights could not be fetched here: make models")
    return chosen


@pytest.fixture(scope="session")
def analyse(spec: ModelSpec) -> Analyse:
    """Runs the host's entry point here, on the CPU, in two threads."""
    torch.set_num_threads(1)

    def run(images: Sequence[ImageSource]) -> list[Outcome]:
        job = AnalyseJob(spec.id, spec.active_version, tuple(images), 2, "cpu", 1_000_000)
        return host.analyse(job, lambda _: None)

    return run


@pytest.fixture(scope="session")
def photos() -> dict[str, bytes]:
    """Real photos: a Chinese temple, a flower, an astronaut, a cat's face."""
    shown = {name: encoded(Image.fromarray(load_sample_image(f"{name}.jpg"))) for name in ("china", "flower")}
    return shown | {name: (_PHOTOS / f"{name}.jpg").read_bytes() for name in ("astronaut", "cat")}


def encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
