from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image

from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.model import ModelState
from loupe_inference.ports import BackendDied
from loupe_inference.use_cases.warm_up import PROBE_IMAGE, ModelWarmer
from tests.unit.inference.fakes import FakeBackend, model_spec, model_version


def test_probe_image__is_one() -> None:
    with Image.open(io.BytesIO(PROBE_IMAGE)) as image:
        image.load()
        assert image.size == (1, 1)


async def test_run__model_that_answers() -> None:
    warmer = ModelWarmer(FakeBackend(), [model_spec()])
    assert not await warmer.is_ready()
    assert warmer.state("tiny") is ModelState.LOADING

    await warmer.run()

    assert await warmer.is_ready()
    assert warmer.state("tiny") is ModelState.ACTIVE


async def test_run__tries_until_it_answers() -> None:
    failures: list[Exception] = [ModelNotReady("No weights.", model="tiny"), BackendDied(1)]
    seen: list[ModelState] = []

    def fail() -> None:
        seen.append(warmer.state("tiny"))
        if failures:
            raise failures.pop(0)

    warmer = ModelWarmer(FakeBackend(before=fail), [model_spec()], retry=timedelta(0))

    await warmer.run()

    assert seen == [ModelState.LOADING, ModelState.FAILED, ModelState.FAILED]
    assert await warmer.is_ready()


async def test_run__feature_of_another_length_than_the_catalogue_says() -> None:
    calls = 0

    def stop_at_third() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise _Enough

    spec = model_spec(versions=(model_version(feature_dimension=5),))
    warmer = ModelWarmer(FakeBackend(before=stop_at_third), [spec], retry=timedelta(0))

    with pytest.raises(_Enough):
        await warmer.run()

    assert warmer.state("tiny") is ModelState.FAILED


class _Enough(Exception):
    """Ends an endless try."""
