from __future__ import annotations

import pytest

from loupe_inference.domain.errors import ImageTooLarge, ImageUndecodable, ModelNotFound, ModelNotReady, WorkerCrashed
from loupe_inference.use_cases.analyse_image import ImageBuffer, analyse_image
from loupe_inference.use_cases.warm_up import ModelWarmer
from tests.unit.inference.fakes import BROKEN, KILLER, FakeBackend, catalogue, model_spec


async def warm(backend: FakeBackend) -> ModelWarmer:
    warmer = ModelWarmer(backend, catalogue())
    await warmer.warm(model_spec())
    return warmer


async def test_analyse_image__verdict() -> None:
    backend = FakeBackend()

    analysis = await analyse_image(catalogue(), backend, await warm(backend), "models/tiny", b"image")

    assert analysis.prediction.version == "1"


@pytest.mark.parametrize(
    ("image", "error"), [(b"", ImageUndecodable), (BROKEN, ImageUndecodable), (KILLER, WorkerCrashed)]
)
async def test_analyse_image__bad_image(image: bytes, error: type[Exception]) -> None:
    backend = FakeBackend()
    warmer = await warm(backend)

    with pytest.raises(error):
        await analyse_image(catalogue(), backend, warmer, "models/tiny", image)


async def test_analyse_image__model_is_loading() -> None:
    backend = FakeBackend()
    warmer = ModelWarmer(backend, catalogue())

    with pytest.raises(ModelNotReady) as raised:
        await analyse_image(catalogue(), backend, warmer, "models/tiny", b"image")

    assert raised.value.retry_after is not None


async def test_analyse_image__model_that_fails_says_why() -> None:
    def fail() -> None:
        raise ModelNotReady("Its weights are not there; run make setup.", model="tiny")

    backend = FakeBackend(before=fail)

    with pytest.raises(ModelNotReady, match="run make setup") as raised:
        await analyse_image(catalogue(), backend, await warm(backend), "models/tiny", b"image")

    assert raised.value.retry_after is None


@pytest.mark.parametrize("name", ["models/other", "tiny", "projects/tiny", ""])
async def test_analyse_image__unknown_model(name: str) -> None:
    backend = FakeBackend()

    with pytest.raises(ModelNotFound):
        await analyse_image(catalogue(), backend, ModelWarmer(backend, catalogue()), name, b"image")


def test_image_buffer__refuses_more_than_its_limit() -> None:
    buffer = ImageBuffer(4)
    buffer.add(b"1234")

    with pytest.raises(ImageTooLarge):
        buffer.add(b"5")

    assert buffer.content()[:4] == b"1234"
