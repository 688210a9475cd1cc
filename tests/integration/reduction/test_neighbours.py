from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

import grpc
import numpy as np
import pytest

from loupe.reduction.v1 import feature_source_pb2 as source_pb
from loupe.reduction.v1 import neighbour_service_pb2 as pb
from loupe.reduction.v1 import neighbour_service_pb2_grpc as pb_grpc
from loupe_kit import ids, status
from tests.integration.reduction.conftest import MODEL, Stack, StartStack
from tests.integration.reduction.inference import FakeFeatureService
from tests.unit.reduction.arrays import clusters

PROJECT = ids.new_id()


async def find(stack: Stack, among: Sequence[str], **spec: Any) -> pb.FindNeighboursResponse:
    given = {"project_id": PROJECT, "source": MODEL, "count": 5, **spec}
    messages = [
        pb.FindNeighboursRequest(spec=pb.NeighbourSpec(**given)),
        *(
            pb.FindNeighboursRequest(image_ids=ids.pack_ids(among[start : start + 50]))
            for start in range(0, len(among), 50)
        ),
    ]
    stub = pb_grpc.NeighbourServiceStub(stack.channel)
    answer: pb.FindNeighboursResponse = await stub.FindNeighbours(iter(messages), metadata=stack.metadata)
    return answer


def found(answer: pb.FindNeighboursResponse) -> list[str]:
    return [ids.unpack_ids(one.image_id)[0] for one in answer.neighbours]


async def test_find_neighbours__of_an_image_and_of_a_vector(stack: Stack) -> None:
    values, groups = clusters(120, groups=4)
    values[9] = values[4] * 2
    image_ids = stack.features.add(values)
    pending = ids.new_id()

    answer = await find(stack, [*image_ids, pending], image_id=ids.pack_ids([image_ids[4]]))

    assert found(answer)[0] == image_ids[9]
    assert answer.neighbours[0].similarity == pytest.approx(1, abs=1e-3)
    assert image_ids[4] not in found(answer)
    assert {int(groups[image_ids.index(one)]) for one in found(answer)[1:]} == {int(groups[4])}
    assert answer.count == 119

    same = await find(stack, image_ids, vector=values[4].astype("<f4").tobytes())
    assert set(found(same)[:2]) == {image_ids[4], image_ids[9]}
    assert same.count == 120


async def test_find_neighbours__new_images_are_read_and_others_never_found(stack: Stack) -> None:
    values, _ = clusters(60)
    image_ids = stack.features.add(values)
    await find(stack, image_ids[:30], image_id=ids.pack_ids([image_ids[0]]))

    answer = await find(stack, image_ids[30:40], image_id=ids.pack_ids([image_ids[0]]), count=50)

    assert set(found(answer)) == set(image_ids[30:40])


def digest_of(image_ids: Sequence[str]) -> bytes:
    return hashlib.sha256(ids.pack_ids(image_ids)).digest()


async def test_find_neighbours__images_are_named_by_their_digest(stack: Stack) -> None:
    values, _ = clusters(60)
    image_ids = stack.features.add(values[:59])
    pending = ids.new_id()
    among, asked = [*image_ids[10:], pending], {"image_id": ids.pack_ids(image_ids[:1])}
    digest = digest_of(among)

    unknown = await find(stack, [], **asked, images_sha256=digest)
    named = await find(stack, among, **asked, images_sha256=digest)
    known = await find(stack, [], **asked, images_sha256=digest)

    assert (list(unknown.neighbours), unknown.count, unknown.images_sha256) == ([], 0, b"")
    assert (found(named), named.count, named.images_sha256) == (found(known), known.count, known.images_sha256)
    assert (known.count, known.images_sha256) == (49, digest)
    # What is analysed later is found, what others have read is not.
    stack.features.vectors[pending] = values[0]
    await find(stack, stack.features.add(values[:1]), **asked)
    later = await find(stack, [], **asked, images_sha256=digest)
    assert (found(later)[0], later.count) == (pending, 50)
    # Of one space only.
    other = await find(stack, [], **asked, images_sha256=digest, project_id=ids.new_id())
    assert other.images_sha256 == b""


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"image_id": ids.pack_ids([ids.new_id()])}, "FEATURES_MISSING"),
        ({"vector": np.ones(64, "<f4").tobytes(), "images_sha256": b"short"}, "SPEC_INVALID"),
        ({"vector": np.ones(64, "<f4").tobytes(), "images_sha256": bytes(32)}, "SPEC_INVALID"),
        ({"vector": np.ones(3, "<f4").tobytes()}, "DIMENSION_MISMATCH"),
        ({"vector": np.zeros(64, "<f4").tobytes()}, "SPEC_INVALID"),
        ({"vector": np.full(64, np.nan, "<f4").tobytes()}, "SPEC_INVALID"),
        ({"vector": b"abc"}, "SPEC_INVALID"),
        ({"image_id": b"short"}, "SPEC_INVALID"),
        ({}, "SPEC_INVALID"),
        ({"vector": np.ones(64, "<f4").tobytes(), "count": 0}, "PARAMETER_OUT_OF_RANGE"),
        (
            {
                "vector": np.ones(64, "<f4").tobytes(),
                "source": source_pb.FeatureSource(named_features=source_pb.NamedFeatures(feature_set="mine")),
            },
            "SPEC_INVALID",
        ),
    ],
)
async def test_find_neighbours__bad_wish(stack: Stack, spec: dict[str, Any], reason: str) -> None:
    values, _ = clusters(20)
    image_ids = stack.features.add(values)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await find(stack, image_ids, **spec)

    assert status.from_rpc_error(caught.value).reason == reason


async def test_start__forgets_what_the_inference_service_no_longer_has(start_stack: StartStack) -> None:
    values, _ = clusters(30)
    stack = await start_stack()
    image_ids = stack.features.add(values)
    await find(stack, image_ids, image_id=ids.pack_ids([image_ids[0]]))
    folder = stack.data_dir / "reduction" / "neighbours"
    kept = next(folder.glob("*/ids.bin"))
    code = (kept.parent / "codes.i8").read_bytes()[:64]

    # The one of the next start knows none of these images but the last.
    again = await start_stack(features=FakeFeatureService(dict([stack.features.vectors.popitem()])))

    async with asyncio.timeout(60):
        while kept.exists():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    assert not any(code in one.read_bytes() for one in folder.rglob("*") if one.is_file())
    answer = await find(again, image_ids, image_id=ids.pack_ids(image_ids[-1:]))
    assert (found(answer), answer.count) == ([], 0)


async def find_objects(stack: Stack, among: Sequence[str], **spec: Any) -> pb.FindNeighbourObjectsResponse:
    given = {"project_id": PROJECT, "source": MODEL, "count": 5, **spec}
    messages = [pb.FindNeighbourObjectsRequest(spec=pb.ObjectSpec(**given))]
    if among:
        messages.append(pb.FindNeighbourObjectsRequest(image_ids=ids.pack_ids(among)))
    stub = pb_grpc.NeighbourServiceStub(stack.channel)
    answer: pb.FindNeighbourObjectsResponse = await stub.FindNeighbourObjects(iter(messages), metadata=stack.metadata)
    return answer


def found_objects(answer: pb.FindNeighbourObjectsResponse) -> list[tuple[str, int]]:
    return [(ids.unpack_ids(one.image_id)[0], one.object) for one in answer.neighbours]


def add_objects(stack: Stack, counts: Sequence[int]) -> list[str]:
    """Images with so many objects each; those of one place in their image are alike."""
    image_ids = [ids.new_id() for _ in counts]
    directions = np.eye(max(counts), 16, dtype=np.float32)
    for number, (image_id, count) in enumerate(zip(image_ids, counts, strict=True)):
        noise = np.random.default_rng(number).normal(0, 0.02, (count, 16)).astype(np.float32)
        stack.features.objects[image_id] = directions[:count] + noise
    return image_ids


async def test_find_neighbour_objects__alike_ones_in_other_images(stack: Stack) -> None:
    image_ids = add_objects(stack, [3, 3, 3, 2, 300])
    empty = ids.new_id()

    answer = await find_objects(stack, [*image_ids, empty], image_id=ids.pack_ids([image_ids[0]]), object=2, count=3)

    assert set(found_objects(answer)) == {(image_ids[1], 2), (image_ids[2], 2), (image_ids[4], 2)}
    assert answer.neighbours[0].similarity > 0.9
    assert answer.count == 3 + 3 + 3 + 2 + 300 - 1

    last = await find_objects(stack, image_ids, image_id=ids.pack_ids([image_ids[4]]), object=299, count=1000)
    assert last.count == 310


async def test_find_neighbour_objects__reads_what_is_new_and_finds_only_what_is_named(stack: Stack) -> None:
    image_ids = add_objects(stack, [2] * 12)
    await find_objects(stack, image_ids[:6], image_id=ids.pack_ids([image_ids[0]]), object=1)
    stack.features.objects_asked.clear()

    answer = await find_objects(stack, image_ids[4:8], image_id=ids.pack_ids([image_ids[0]]), object=1, count=50)

    assert {image for image, _ in found_objects(answer)} == set(image_ids[4:8])
    assert set(stack.features.objects_asked) == set(image_ids[6:8])

    # The image that is asked about is read though it may not be found.
    other = await find_objects(stack, image_ids[:2], image_id=ids.pack_ids([image_ids[11]]), object=0, count=50)
    assert {image for image, _ in found_objects(other)} == set(image_ids[:2])


async def test_find_neighbour_objects__images_are_named_by_their_digest(stack: Stack) -> None:
    image_ids = add_objects(stack, [2] * 12)
    among = image_ids[:8]
    spec = {"image_id": ids.pack_ids(image_ids[:1]), "object": 1, "count": 50, "images_sha256": digest_of(among)}

    assert (await find_objects(stack, [], **spec)).images_sha256 == b""
    named = await find_objects(stack, among, **spec)
    known = await find_objects(stack, [], **spec)

    assert found_objects(named) == found_objects(known)
    assert (known.count, known.images_sha256) == (15, spec["images_sha256"])


async def test_find_neighbour_objects__nothing_may_be_found(stack: Stack) -> None:
    (image_id,) = add_objects(stack, [1])

    answer = await find_objects(stack, [], image_id=ids.pack_ids([image_id]), object=0)

    assert (found_objects(answer), answer.count) == ([], 0)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"object": 2}, "FEATURES_MISSING"),
        ({"image_id": ids.pack_ids([ids.new_id()])}, "FEATURES_MISSING"),
        ({"image_id": b"short"}, "SPEC_INVALID"),
        ({"object": 300}, "PARAMETER_OUT_OF_RANGE"),
        ({"count": 1001}, "PARAMETER_OUT_OF_RANGE"),
        (
            {"source": source_pb.FeatureSource(named_features=source_pb.NamedFeatures(feature_set="mine"))},
            "SPEC_INVALID",
        ),
    ],
)
async def test_find_neighbour_objects__bad_wish(stack: Stack, spec: dict[str, Any], reason: str) -> None:
    image_ids = add_objects(stack, [2, 2])

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await find_objects(stack, image_ids, **{"image_id": ids.pack_ids(image_ids[:1]), **spec})

    assert status.from_rpc_error(caught.value).reason == reason
