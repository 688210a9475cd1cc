from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from loupe_inference.adapters.torch_child import TorchChildBackend
from loupe_inference.domain.analysis import Analysis
from loupe_inference.domain.errors import AnalysisTimedOut, WorkerCrashed
from loupe_inference.ports import BackendDied, BackendTimedOut
from loupe_inference.use_cases.analyse_batch import analyse_batch
from tests.integration.inference.killable_host import FAULTY, KILLER, SLEEPER

TARGET = "tests.integration.inference.killable_host:analyse"


@pytest.fixture
async def backend() -> AsyncIterator[TorchChildBackend]:
    made = TorchChildBackend(
        threads=1, device="cpu", max_pixels=1000, time_limit=timedelta(seconds=60), nice=0, target=TARGET
    )
    yield made
    await made.close()


async def test_analyse__killed_child_is_replaced(backend: TorchChildBackend) -> None:
    await backend.analyse("tiny", "1", [b"a"])
    first = backend.pid

    with pytest.raises(BackendDied) as raised:
        await backend.analyse("tiny", "1", [b"a", KILLER])

    assert raised.value.exit_code == -9
    await backend.analyse("tiny", "1", [b"a"])
    assert backend.pid not in (None, first)


async def test_analyse__fault_of_the_network_counts_as_a_death(backend: TorchChildBackend) -> None:
    with pytest.raises(BackendDied):
        await backend.analyse("tiny", "1", [FAULTY])

    assert len(await backend.analyse("tiny", "1", [b"a"])) == 1


async def test_analyse_batch__image_that_kills_fails_alone(backend: TorchChildBackend) -> None:
    outcomes = await analyse_batch(backend, "tiny", "1", [b"a", KILLER, b"b"])

    assert [type(outcome) for outcome in outcomes] == [Analysis, WorkerCrashed, Analysis]


async def test_analyse_batch__image_that_hangs_fails_alone() -> None:
    quick = TorchChildBackend(
        threads=1, device="cpu", max_pixels=1000, time_limit=timedelta(seconds=2), nice=0, target=TARGET
    )
    with pytest.raises(BackendTimedOut):
        await quick.analyse("tiny", "1", [SLEEPER])

    outcomes = await analyse_batch(quick, "tiny", "1", [SLEEPER, b"b"])

    assert [type(outcome) for outcome in outcomes] == [AnalysisTimedOut, Analysis]
    await quick.close()
