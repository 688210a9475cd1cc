from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from PIL import Image

from loupe_inference.domain import builtin_models
from loupe_inference.domain.analysis import ImageSource, Outcome
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.model import ModelState
from loupe_inference.ports import BackendDied, BackendTimedOut
from loupe_inference.use_cases.warm_up import PROBE_IMAGE, ModelWarmer
from tests.unit.inference.fakes import FakeBackend, catalogue, model_spec, model_version

AT_ONCE = timedelta(0)


class _Backend(FakeBackend):
    """Fails over single models as often as it is told; notes who was asked."""

    def __init__(self, failures: dict[str, list[Exception]] | None = None) -> None:
        super().__init__()
        self.asked: list[str] = []
        self._failures = failures or {}

    async def analyse(
        self, model: str, version: str, images: Sequence[ImageSource], *, urgent: bool = False
    ) -> list[Outcome]:
        self.asked.append(model)
        if self._failures.get(model):
            raise self._failures[model].pop(0)
        return await super().analyse(model, version, images, urgent=urgent)


@asynccontextmanager
async def running(backend: FakeBackend, models: Catalogue) -> AsyncIterator[ModelWarmer]:
    warmer = ModelWarmer(backend, models, retry=AT_ONCE)
    task = asyncio.create_task(warmer.run())
    yield warmer
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(warmer: ModelWarmer, model: str, state: ModelState) -> None:
    async with asyncio.timeout(60):
        while warmer.state(model) is not state:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)


def test_probe_image__is_one() -> None:
    with Image.open(io.BytesIO(PROBE_IMAGE)) as image:
        image.load()
        assert image.size == (1, 1)


async def test_run__model_that_answers() -> None:
    async with running(FakeBackend(), catalogue()) as warmer:
        assert not await warmer.is_ready()
        assert warmer.state("tiny") is ModelState.LOADING

        await until(warmer, "tiny", ModelState.ACTIVE)

        assert await warmer.is_ready()


async def test_run__default_goes_first_and_is_enough() -> None:
    backend = _Backend({"a": [ModelNotReady("No weights.", model="a")] * 1000})

    async with running(backend, catalogue("a", builtin_models.DEFAULT)) as warmer:
        await until(warmer, "a", ModelState.FAILED)

        assert backend.asked[:2] == [builtin_models.DEFAULT, "a"]
        assert warmer.state(builtin_models.DEFAULT) is ModelState.ACTIVE
        assert await warmer.is_ready()


async def test_run__tries_until_it_answers() -> None:
    backend = _Backend({"tiny": [ModelNotReady("No weights.", model="tiny"), BackendDied(1), BackendTimedOut()]})

    async with running(backend, catalogue()) as warmer:
        await until(warmer, "tiny", ModelState.ACTIVE)

    assert backend.asked == ["tiny"] * 4
    assert warmer.fault("tiny") == ""


async def test_run__one_without_hope_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has just started refuses the first call; another model has no weights at all."""
    default, enough = builtin_models.DEFAULT, asyncio.Event()
    hopeless = [ModelNotReady("No weights.", model="hopeless")] * 1000
    backend = _Backend({default: [ModelNotReady("It starts.", model=default)], "hopeless": list(hopeless)})
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.extend([seconds] if seconds else [])
        if len(pauses) == 5:
            enough.set()
            await asyncio.Event().wait()

    monkeypatch.setattr("loupe_inference.use_cases.warm_up.asyncio.sleep", pause)
    warmer = ModelWarmer(backend, catalogue(default, "hopeless", "other"), longest_retry=timedelta(seconds=5))
    task = asyncio.create_task(warmer.run())
    await asyncio.wait_for(enough.wait(), 60)
    task.cancel()

    assert backend.asked[:5] == [default, "hopeless", "other", default, "hopeless"]
    assert pauses == [1, 1, 2, 4, 5]


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (ModelNotReady("No weights; run make setup.", model="tiny"), "No weights; run make setup."),
        (BackendDied(-9), "died"),
        (BackendTimedOut(), "in time"),
    ],
)
async def test_warm__says_what_is_wrong(failure: Exception, why: str) -> None:
    warmer = ModelWarmer(_Backend({"tiny": [failure]}), catalogue())

    assert not await warmer.warm(model_spec())

    assert warmer.state("tiny") is ModelState.FAILED
    assert why in warmer.fault("tiny")
    assert not await warmer.is_ready()


async def test_warm__feature_of_another_length_than_the_catalogue_says() -> None:
    warmer = ModelWarmer(FakeBackend(), catalogue())

    assert not await warmer.warm(model_spec(versions=(model_version(feature_dimension=5),)))

    assert "4 numbers" in warmer.fault("tiny")
