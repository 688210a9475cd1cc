from __future__ import annotations

import pytest

from loupe_inference.domain.analysis import Analysis
from loupe_inference.domain.errors import AnalysisTimedOut, ImageUndecodable, ModelNotReady, WorkerCrashed
from loupe_inference.use_cases.analyse_batch import analyse_batch
from loupe_inference.use_cases.warm_up import PROBE_IMAGE
from tests.unit.inference.fakes import BROKEN, KILLER, SLEEPER, FakeBackend


async def test_analyse_batch__one_call_when_all_is_well() -> None:
    backend = FakeBackend()

    outcomes = await analyse_batch(backend, "tiny", "1", [b"a", BROKEN])

    assert [type(outcome) for outcome in outcomes] == [Analysis, ImageUndecodable]
    assert backend.batches == [[b"a", BROKEN]]


async def test_analyse_batch__killer_takes_no_other_with_it() -> None:
    outcomes = await analyse_batch(FakeBackend(), "tiny", "1", [b"a", KILLER, b"c"])

    crashed = outcomes[1]
    assert [type(outcome) for outcome in outcomes] == [Analysis, WorkerCrashed, Analysis]
    assert isinstance(crashed, WorkerCrashed)
    assert crashed.metadata == {"model": "tiny", "exit_code": "-11"}


async def test_analyse_batch__a_lone_image_gets_a_second_try() -> None:
    backend = FakeBackend()

    (outcome,) = await analyse_batch(backend, "tiny", "1", [KILLER])

    assert isinstance(outcome, WorkerCrashed)
    assert backend.batches == [[KILLER], [PROBE_IMAGE], [KILLER]]


async def test_analyse_batch__hanging_image() -> None:
    outcomes = await analyse_batch(FakeBackend(), "tiny", "1", [SLEEPER, b"b"])

    assert [type(outcome) for outcome in outcomes] == [AnalysisTimedOut, Analysis]


async def test_analyse_batch__broken_model_blames_no_image() -> None:
    backend = FakeBackend()
    backend.is_broken = True

    with pytest.raises(ModelNotReady, match="fails over every image"):
        await analyse_batch(backend, "tiny", "1", [b"a", b"b"])

    assert backend.batches == [[b"a", b"b"], [PROBE_IMAGE]]


async def test_analyse_batch__urgency_goes_along() -> None:
    backend = FakeBackend()

    await analyse_batch(backend, "tiny", "1", [KILLER], urgent=True)

    assert backend.urgencies == [True, True, True]
