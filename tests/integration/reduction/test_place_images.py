from __future__ import annotations

import grpc
import numpy as np
import pytest

from loupe.reduction.v1 import projection_pb2 as projection_pb
from loupe_kit import ids, status
from loupe_reduction.domain import reducers
from tests.integration.reduction.conftest import Answer, Stack
from tests.unit.reduction.arrays import clusters


def _places(blocks: list[projection_pb.CoordinatesBlock]) -> dict[str, np.ndarray]:
    """Place by image."""
    packed = b"".join(block.image_ids for block in blocks)
    places = np.frombuffer(b"".join(block.coordinates for block in blocks), "<f4")
    names = ids.unpack_ids(packed)
    return dict(zip(names, places.reshape(len(names), -1), strict=True))


async def _refused(stack: Stack, image_ids: list[str], reducer: bytes) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stack.place(image_ids, reducer)
    return status.from_rpc_error(caught.value).reason


async def _map(stack: Stack, values: np.ndarray) -> tuple[list[str], Answer]:
    image_ids = stack.features.add(values)
    return image_ids, await stack.fit(image_ids, method=projection_pb.METHOD_PACMAP)


async def test_place_images__among_their_own_kind(stack: Stack) -> None:
    values, labels = clusters(400)
    first, made = await _map(stack, values[:300])
    later = stack.features.add(values[300:])

    answer = await stack.place([*later, ids.new_id(), first[0]], made.reducer)

    there, placed = _places(made.blocks), _places(answer.blocks)
    assert list(placed) == [*later, first[0]]
    assert (answer.header.count, answer.header.skipped_count, answer.header.dimensions) == (101, 1, 2)
    assert len(answer.skipped) == 16
    assert placed[first[0]] == pytest.approx(there[first[0]], abs=1e-3)
    old = np.asarray([there[one] for one in first])
    new = np.asarray([placed[one] for one in later])
    nearest = ((new[:, None] - old[None]) ** 2).sum(axis=2).argmin(axis=1)
    assert (labels[:300][nearest] == labels[300:]).mean() > 0.97
    fractions = [one.fraction for one in answer.progress]
    assert fractions == sorted(fractions)


async def test_place_images__refused(stack: Stack) -> None:
    values, _ = clusters(30)
    first, made = await _map(stack, values)
    narrow = stack.features.add(np.ones((2, 3), np.float32))

    assert await _refused(stack, first, b"nothing of the kind") == "REDUCER_INVALID"
    assert await _refused(stack, [ids.new_id()], made.reducer) == "FEATURES_MISSING"
    assert await _refused(stack, narrow, made.reducer) == "DIMENSION_MISMATCH"
    assert await _refused(stack, [first[0], first[0]], made.reducer) == "DUPLICATE_IMAGE"
    # The worker lives on.
    assert (await stack.place(first, made.reducer)).header.count == 30


async def test_fit_projection__early_pictures(stack: Stack) -> None:
    values, _ = clusters(120)
    image_ids = stack.features.add(values)

    answer = await stack.fit(
        [*image_ids, ids.new_id()], early_points=40, method=projection_pb.METHOD_TSNE, dimensions=3
    )
    without = await stack.fit(image_ids, method=projection_pb.METHOD_TSNE, dimensions=3)

    assert answer.early
    shown = [_places([picture]) for picture in answer.early]
    assert 38 <= len(shown[0]) <= 40
    assert set(shown[0]) <= set(image_ids)
    assert all(list(one) == list(shown[0]) for one in shown)
    assert shown[0][next(iter(shown[0]))].shape == (3,)
    assert without.early == []


@pytest.mark.parametrize("method", [projection_pb.METHOD_PACMAP, projection_pb.METHOD_UMAP, projection_pb.METHOD_TSNE])
async def test_forget_points__of_a_map__nothing_of_them_stays(stack: Stack, method: int) -> None:
    values, _ = clusters(60)
    image_ids = stack.features.add(values)
    made = await stack.fit(image_ids, method=method)
    there = _places(made.blocks)
    before = reducers.from_bytes(made.reducer)
    # What an anchor's place is exactly, on the map as in the reducer, is how it is found again.
    assert {one.tobytes() for one in before.places} == {one.tobytes() for one in there.values()}

    left = await stack.forget(made.reducer, b"".join(there[one].tobytes() for one in image_ids[:20]))

    after = reducers.from_bytes(left)
    assert {one.tobytes() for one in after.places} == {there[one].tobytes() for one in image_ids[20:]}
    assert {one.tobytes() for one in after.anchors} < {one.tobytes() for one in before.anchors}
    assert len(after.anchors) == 40
    answer = await stack.place(image_ids[30:31], left)
    assert _places(answer.blocks)[image_ids[30]] == pytest.approx(there[image_ids[30]], abs=1e-2)
    assert await stack.forget(left, b"") == left
    assert await stack.forget(left, after.places.tobytes()) == b""


async def test_forget_points__refused(stack: Stack) -> None:
    values, _ = clusters(30)
    _, made = await _map(stack, values)

    for reducer, places in ((b"nothing of the kind", b""), (made.reducer, b"half")):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stack.forget(reducer, places)
        assert status.from_rpc_error(caught.value).reason == "REDUCER_INVALID"
