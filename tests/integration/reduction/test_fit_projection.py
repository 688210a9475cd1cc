from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import grpc
import numpy as np
import psutil
import pytest
import torch

from loupe.reduction.v1 import feature_source_pb2 as source_pb
from loupe.reduction.v1 import projection_pb2 as projection_pb
from loupe.reduction.v1 import reduction_service_pb2 as pb
from loupe.reduction.v1 import reduction_service_pb2_grpc as pb_grpc
from loupe_kit import ids, status
from loupe_kit.errors import Code
from tests.integration.reduction.conftest import MODEL, Answer, Stack, StartStack, collect
from tests.unit.reduction.arrays import clusters, purity

TARGETS = "tests.integration.reduction.worker_targets"


def _places(answer: Answer, image_ids: list[str]) -> np.ndarray:
    packed = b"".join(block.image_ids for block in answer.blocks)
    assert packed == ids.pack_ids(image_ids)
    coordinates = np.frombuffer(b"".join(block.coordinates for block in answer.blocks), "<f4")
    return coordinates.reshape(len(image_ids), -1)


def _children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize(
    "method",
    [
        projection_pb.METHOD_PCA,
        projection_pb.METHOD_TSNE,
        projection_pb.METHOD_UMAP,
        projection_pb.METHOD_PACMAP,
    ],
)
async def test_fit_projection__every_method(
    stack: Stack, method: projection_pb.Method.ValueType, dimensions: int
) -> None:
    values, labels = clusters(300, dimension=128)
    image_ids = stack.features.add(values)

    answer = await stack.fit(image_ids, method=method, dimensions=dimensions, seed=2)

    places = _places(answer, image_ids)
    assert places.shape == (300, dimensions)
    assert answer.header.count == 300
    assert answer.header.feature_dimension == 128
    assert answer.header.recipe.method == method
    assert answer.header.recipe.WhichOneof("parameters") is not None
    assert 0.7 < answer.header.quality.trustworthiness <= 1
    assert answer.header.seconds > 0
    if method != projection_pb.METHOD_PCA:
        assert purity(places, labels) > 0.95
    assert stack.features.requests == [("efficientnet-lite0", "1")]


async def test_fit_projection__progress(stack: Stack) -> None:
    values, _ = clusters(400)

    answer = await stack.fit(stack.features.add(values), method=projection_pb.METHOD_TSNE)

    fractions = [progress.fraction for progress in answer.progress]
    assert fractions == sorted(fractions)
    assert source_pb.PHASE_LOADING_FEATURES in [progress.phase for progress in answer.progress]
    assert source_pb.PHASE_LAYOUT in [progress.phase for progress in answer.progress]


async def test_fit_projection__same_map_on_any_number_of_threads(start_stack: StartStack) -> None:
    values, _ = clusters(1500, dimension=96)
    maps = []
    for threads in (1, 2):
        stack = await start_stack(threads=threads)
        image_ids = stack.features.add(values)
        maps.append(_places(await stack.fit(image_ids, seed=11), image_ids))

    assert np.array_equal(maps[0], maps[1])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, which finds other neighbours than the cores do")
async def test_fit_projection__no_gpu_where_one_may_be_used(start_stack: StartStack) -> None:
    values, _ = clusters(60)
    maps = []
    for gpu in (False, True):
        stack = await start_stack(gpu=gpu)
        image_ids = stack.features.add(values)
        maps.append(_places(await stack.fit(image_ids, seed=11), image_ids))

    assert np.array_equal(maps[0], maps[1])


async def test_fit_projection__images_without_features_are_skipped(stack: Stack) -> None:
    values, _ = clusters(40)
    image_ids = stack.features.add(values)
    pending = [ids.new_id() for _ in range(3)]

    answer = await stack.fit([pending[0], *image_ids, *pending[1:]])

    assert answer.skipped == ids.pack_ids(pending)
    assert answer.header.skipped_count == 3
    assert _places(answer, image_ids).shape == (40, 2)


async def _refused(call: object) -> tuple[Code, str, dict[str, str]]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await collect(call)
    remote = status.from_rpc_error(caught.value)
    return remote.code, remote.reason, dict(remote.metadata)


async def test_fit_projection__too_few(idle_stack: Stack) -> None:
    values, _ = clusters(9)

    code, reason, metadata = await _refused(idle_stack.fit_call(idle_stack.features.add(values)))

    assert (code, reason) == (Code.FAILED_PRECONDITION, "TOO_FEW_POINTS")
    assert metadata["minimum"] == "10"


async def test_fit_projection__not_finite_names_the_images(idle_stack: Stack) -> None:
    values, _ = clusters(30)
    values[4, 2], values[20, 0] = np.nan, np.inf
    image_ids = idle_stack.features.add(values)

    code, reason, metadata = await _refused(idle_stack.fit_call(image_ids))

    assert (code, reason) == (Code.FAILED_PRECONDITION, "NON_FINITE_FEATURES")
    assert metadata["image_ids"] == f"{image_ids[4]},{image_ids[20]}"


async def test_fit_projection__mixed_dimensions(idle_stack: Stack) -> None:
    long, short = idle_stack.features.add(clusters(110)[0]), idle_stack.features.add(clusters(110, dimension=8)[0])

    code, reason, _ = await _refused(idle_stack.fit_call([*long[:100], *short[:100]]))

    assert (code, reason) == (Code.FAILED_PRECONDITION, "DIMENSION_MISMATCH")


async def test_fit_projection__all_equal(stack: Stack) -> None:
    code, reason, _ = await _refused(stack.fit_call(stack.features.add(np.ones((20, 4), np.float32))))

    assert (code, reason) == (Code.FAILED_PRECONDITION, "FEATURES_ALL_EQUAL")


async def test_fit_projection__no_features(idle_stack: Stack) -> None:
    code, reason, metadata = await _refused(idle_stack.fit_call([ids.new_id() for _ in range(12)]))

    assert (code, reason) == (Code.FAILED_PRECONDITION, "FEATURES_MISSING")
    assert metadata["source"] == "efficientnet-lite0@1"


async def test_fit_projection__inference_is_down(idle_stack: Stack) -> None:
    idle_stack.features.is_down = True

    code, reason, _ = await _refused(idle_stack.fit_call([ids.new_id() for _ in range(12)]))

    assert (code, reason) == (Code.UNAVAILABLE, "FEATURES_UNAVAILABLE")


async def test_fit_projection__block_that_contradicts_itself(idle_stack: Stack) -> None:
    image_ids = idle_stack.features.add(clusters(20)[0])
    idle_stack.features.spoil_blocks = True

    code, reason, _ = await _refused(idle_stack.fit_call(image_ids))

    assert (code, reason) == (Code.UNAVAILABLE, "FEATURES_UNAVAILABLE")


async def test_fit_projection__parameters_are_checked_first(idle_stack: Stack) -> None:
    call = idle_stack.fit_call([ids.new_id() for _ in range(12)], umap=projection_pb.UmapParameters(neighbours=1))

    code, reason, metadata = await _refused(call)

    assert (code, reason) == (Code.INVALID_ARGUMENT, "PARAMETER_OUT_OF_RANGE")
    assert metadata["field"] == "recipe.umap.neighbours"
    assert idle_stack.features.requests == []


async def test_fit_projection__strangers_may_not_call(idle_stack: Stack) -> None:
    spec = pb.FitProjectionRequest(spec=pb.FitSpec(source=MODEL))

    assert (await _refused(pb_grpc.ReductionServiceStub(idle_stack.channel).FitProjection(iter([spec]))))[0] is (
        Code.UNAUTHENTICATED
    )


async def test_fit_projection__crash_is_an_error_of_this_call_alone(start_stack: StartStack) -> None:
    stack = await start_stack(target=f"{TARGETS}:crash")
    image_ids = stack.features.add(clusters(12)[0])

    for _ in range(2):
        code, reason, metadata = await _refused(stack.fit_call(image_ids))
        assert (code, reason) == (Code.UNAVAILABLE, "WORKER_CRASHED")
        assert metadata["exit_code"] == "-9"


async def test_fit_projection__out_of_memory(start_stack: StartStack) -> None:
    stack = await start_stack(target=f"{TARGETS}:run_out_of_memory")

    code, reason, _ = await _refused(stack.fit_call(stack.features.add(clusters(12)[0])))

    assert (code, reason) == (Code.UNAVAILABLE, "WORKER_CRASHED")


async def test_fit_projection__cancel_ends_the_process_at_once(start_stack: StartStack) -> None:
    stack = await start_stack(target=f"{TARGETS}:stay")
    image_ids = stack.features.add(clusters(12)[0])
    before = {child.pid for child in _children()}
    call = stack.fit_call(image_ids)
    async for response in call:
        if response.progress.phase == source_pb.PHASE_LAYOUT:
            break
    assert {child.pid for child in _children()} - before

    cancelled_at = time.monotonic()
    call.cancel()
    while {child.pid for child in _children()} - before:
        assert time.monotonic() - cancelled_at < 5
        await asyncio.sleep(0.005)

    assert not list((stack.data_dir / "reduction" / "spool").iterdir())


async def test_fit_projection__queue(start_stack: StartStack) -> None:
    stack = await start_stack(target=f"{TARGETS}:stay")
    image_ids = stack.features.add(clusters(12)[0])
    running = stack.fit_call(image_ids)
    async for response in running:
        if response.progress.phase == source_pb.PHASE_LAYOUT:
            break

    waiting = stack.fit_call(image_ids)
    told = await waiting.read()
    assert (told.progress.phase, told.progress.queue_position) == (source_pb.PHASE_QUEUED, 1)

    running.cancel()
    while (await waiting.read()).progress.phase != source_pb.PHASE_LAYOUT:
        pass
    waiting.cancel()


async def test_fit_projection__idle_process_ends(start_stack: StartStack) -> None:
    stack = await start_stack(worker_idle=timedelta(milliseconds=50))
    before = {child.pid for child in _children()}

    await stack.fit(stack.features.add(clusters(12)[0]), method=projection_pb.METHOD_PCA)

    deadline = time.monotonic() + 60
    while {child.pid for child in _children()} - before:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
