from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray

from loupe.reduction.v1 import teach_service_pb2 as pb
from loupe.reduction.v1 import teach_service_pb2_grpc as pb_grpc
from loupe_kit import ids, status
from tests.integration.reduction.conftest import MODEL, Answer, Stack, collect
from tests.unit.reduction.arrays import clusters


async def _teach(stack: Stack, image_ids: Sequence[str], classes: NDArray[np.int64], **spec: Any) -> Answer:
    given = {"class_count": 3, "minimum_a_class": 5, "project_id": ids.new_id(), "source": MODEL, **spec}
    messages = [
        pb.TeachHeadRequest(spec=pb.TeachSpec(**given)),
        pb.TeachHeadRequest(image_ids=ids.pack_ids(image_ids)),
        pb.TeachHeadRequest(classes=classes.astype("<u4").tobytes()),
    ]
    return await collect(pb_grpc.TeachServiceStub(stack.channel).TeachHead(iter(messages), metadata=stack.metadata))


async def _apply(stack: Stack, head: bytes, image_ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    messages = [
        pb.ApplyHeadRequest(source=MODEL),
        *(pb.ApplyHeadRequest(head=head[start : start + 10_000]) for start in range(0, len(head), 10_000)),
        pb.ApplyHeadRequest(image_ids=ids.pack_ids(image_ids)),
    ]
    call = pb_grpc.TeachServiceStub(stack.channel).ApplyHead(iter(messages), metadata=stack.metadata)
    found: dict[str, NDArray[np.float32]] = {}
    async for block in call:
        rows = np.frombuffer(block.probabilities, "<f4").reshape(-1, block.class_count)
        found.update(zip(ids.unpack_ids(block.image_ids), rows, strict=True))
    return found


async def test_teach_head__then_it_speaks(stack: Stack) -> None:
    values, classes = clusters(150, groups=3)
    image_ids = stack.features.add(values)
    pending = ids.new_id()

    answer = await _teach(stack, [*image_ids[:100], pending], np.append(classes[:100], 0))

    header = answer.header
    assert answer.skipped == ids.pack_ids([pending])
    assert (header.count, header.skipped_count, header.feature_dimension, header.folds) == (100, 1, 64, 5)
    assert sum(header.confusion) == 100
    assert header.balanced_accuracy > 0.9
    head = b"".join(answer.blocks)
    assert len(head) == header.head_size_bytes

    said = await _apply(stack, head, [*image_ids[100:], pending])

    assert set(said) == set(image_ids[100:])
    right = [said[one].argmax() == classes[100 + row] for row, one in enumerate(image_ids[100:])]
    assert np.mean(right) > 0.9


async def test_teach_head__class_too_small(stack: Stack) -> None:
    values, _ = clusters(40)
    image_ids = stack.features.add(values)
    classes = np.arange(40) % 2
    classes[:4] = 2

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await _teach(stack, image_ids, classes)

    error = status.from_rpc_error(caught.value)
    assert (error.reason, error.metadata["number"], error.metadata["count"]) == ("CLASS_TOO_SMALL", "2", "4")


@pytest.mark.parametrize(("classes", "spec"), [([0, 1, 3] * 10, {}), ([0, 1] * 15, {"class_count": 1})])
async def test_teach_head__classes_out_of_range(stack: Stack, classes: list[int], spec: dict[str, int]) -> None:
    values, _ = clusters(30)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await _teach(stack, stack.features.add(values), np.array(classes), **spec)

    assert status.from_rpc_error(caught.value).reason in ("SPEC_INVALID", "PARAMETER_OUT_OF_RANGE")


async def test_apply_head__vectors_of_another_length(stack: Stack) -> None:
    values, classes = clusters(60, groups=3)
    taught = await _teach(stack, stack.features.add(values), classes)
    others = stack.features.add(values[:, :32])

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await _apply(stack, b"".join(taught.blocks), others)

    assert status.from_rpc_error(caught.value).reason == "DIMENSION_MISMATCH"


async def test_apply_head__no_head(stack: Stack) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await _apply(stack, b"no head", [ids.new_id()])

    assert status.from_rpc_error(caught.value).reason == "HEAD_INVALID"
