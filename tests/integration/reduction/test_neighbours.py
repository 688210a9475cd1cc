from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import grpc
import numpy as np
import pytest

from loupe.reduction.v1 import feature_source_pb2 as source_pb
from loupe.reduction.v1 import neighbour_service_pb2 as pb
from loupe.reduction.v1 import neighbour_service_pb2_grpc as pb_grpc
from loupe_kit import ids, status
from tests.integration.reduction.conftest import MODEL, Stack
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


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"image_id": ids.pack_ids([ids.new_id()])}, "FEATURES_MISSING"),
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
