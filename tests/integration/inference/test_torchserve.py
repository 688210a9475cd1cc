"""A real TorchServe with one model, and the ways in which it fails."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image

from loupe_inference.adapters.torchserve import TorchServeBackend
from loupe_inference.domain.analysis import Analysis, ImageSource, Outcome
from loupe_inference.domain.errors import ImageTooLarge, ImageUndecodable, ModelNotReady
from loupe_inference.use_cases.analyse_batch import analyse_batch
from tests.contract.models.conftest import encoded
from tests.contract.ports import servers
from tests.contract.ports.servers import TorchServe
from tests.integration.inference.conftest import until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(500)]

MODEL = "efficientnet-lite0"


@pytest.fixture(scope="module")
def torchserve() -> Iterator[TorchServe]:
    with servers.torchserve([MODEL], LOUPE_TORCHSERVE_MAX_IMAGE_PIXELS="90000") as running:
        yield running


@pytest.fixture
async def backend(torchserve: TorchServe) -> AsyncIterator[TorchServeBackend]:
    made = torchserve.backend()
    yield made
    await made.close()


def pictures(count: int) -> list[ImageSource]:
    draw = np.random.default_rng(5)
    return [encoded(Image.fromarray(draw.integers(0, 255, (48, 48, 3), np.uint8))) for _ in range(count)]


async def test_analyse__many_images_in_their_order(backend: TorchServeBackend) -> None:
    images = pictures(70)

    outcomes = await backend.analyse(MODEL, "1", images)
    (alone,) = await backend.analyse(MODEL, "1", images[69:], urgent=True)

    assert all(isinstance(outcome, Analysis) for outcome in outcomes)
    assert _feature(outcomes[69]) == pytest.approx(_feature(alone), abs=1e-3)
    assert len({_feature(outcome).tobytes() for outcome in outcomes}) == 70


async def test_analyse__callers_share_batches_and_get_their_own_answers(backend: TorchServeBackend) -> None:
    images = pictures(30)
    together = await asyncio.gather(*(backend.analyse(MODEL, "1", [image], urgent=True) for image in images))

    in_order = await backend.analyse(MODEL, "1", images)

    for (one,), other in zip(together, in_order, strict=True):
        assert _feature(one) == pytest.approx(_feature(other), abs=1e-3)


async def test_analyse__bad_images_spoil_no_other(backend: TorchServeBackend) -> None:
    huge = encoded(Image.new("1", (301, 300)))

    outcomes = await backend.analyse(MODEL, "1", [b"no image", *pictures(1), huge])

    assert [type(outcome) for outcome in outcomes] == [ImageUndecodable, Analysis, ImageTooLarge]


async def test_analyse__what_is_not_hosted(backend: TorchServeBackend) -> None:
    with pytest.raises(ModelNotReady, match="does not host"):
        await backend.analyse("no-such-model", "1", pictures(1))
    with pytest.raises(ModelNotReady, match="does not host"):
        await backend.analyse(MODEL, "99", pictures(1))


@pytest.mark.slow
async def test_analyse__worker_killed_in_the_middle(torchserve: TorchServe, backend: TorchServeBackend) -> None:
    await backend.analyse(MODEL, "1", pictures(1))
    (worker,) = _workers(torchserve)
    running = asyncio.create_task(analyse_batch(backend, MODEL, "1", pictures(150)))
    before = worker.cpu_times().user
    await until(lambda: worker.cpu_times().user > before + 0.1, 120)
    worker.kill()

    outcomes = await running

    assert [type(outcome) for outcome in outcomes] == [Analysis] * 150
    (another,) = _workers(torchserve)
    assert another.pid != worker.pid


async def test_doors__are_closed_without_a_token_and_to_other_addresses(torchserve: TorchServe) -> None:
    host, _, port = torchserve.target.partition(":")
    management = f"http://{host}:{int(port) + 4}"
    token = dict(torchserve.tokens().metadata("management"))

    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{management}/models")).status_code == 400
        assert (await http.get(f"{management}/models", headers=token)).status_code == 200
        asked = {"url": "http://127.0.0.1:9/model.mar"}
        for path in ("models", "workflows"):
            refused = await http.post(f"{management}/{path}", params=asked, headers=token)
            assert refused.status_code in {403, 404, 405}, refused.text
        metrics = await http.get(f"http://{host}:{int(port) + 2}/metrics", headers=token)
        assert "ts_inference_requests_total" in metrics.text


@pytest.mark.slow
async def test_restart__new_tokens_are_found_and_nothing_is_left_behind(
    torchserve: TorchServe, backend: TorchServeBackend
) -> None:
    """Last: the server ends, as a supervisor ends it, and starts again."""
    await backend.analyse(MODEL, "1", pictures(1))
    left = [*_workers(torchserve), psutil.Process(torchserve.process.pid)]
    os.kill(torchserve.process.pid, signal.SIGTERM)
    await until(lambda: not any(_runs(process) for process in left), 120)
    torchserve.process.wait_stopped()
    torchserve.process.start()
    patient = torchserve.backend(time_limit=timedelta(seconds=300))
    patient._patience_seconds = 300.0

    # One that has old tokens and thinks the model is there, and one that comes while it is being loaded.
    (fresh,) = await patient.analyse(MODEL, "1", pictures(1))
    (known,) = (await analyse_batch(backend, MODEL, "1", pictures(1)))[:1]

    assert _feature(known) == pytest.approx(_feature(fresh), abs=1e-3)
    await patient.close()


def _workers(torchserve: TorchServe) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(torchserve.process.pid).children()
        if "model_service_worker" in str(child.cmdline())
    ]


def _runs(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def _feature(outcome: Outcome) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    assert isinstance(outcome, Analysis), outcome
    return outcome.feature.reshape(-1)
