from __future__ import annotations

import grpc
import numpy as np
import pytest

from loupe.reduction.v1 import curation_service_pb2 as pb
from loupe_kit import ids, status
from loupe_kit.errors import Code
from tests.integration.reduction.conftest import Stack
from tests.unit.reduction.arrays import clusters


async def test_score_outliers__odd_image(stack: Stack) -> None:
    values, _ = clusters(80, groups=2)
    values[17] = np.maximum(np.random.default_rng(3).normal(size=64), 0)
    image_ids = stack.features.add(values)

    answer = await stack.curate("ScoreOutliers", image_ids, neighbours=5)

    scores = [score for block in answer.blocks for score in block.scores]
    assert [score.image_id for score in scores] == [ids.pack_ids([image_id]) for image_id in image_ids]
    oddest = max(scores, key=lambda score: score.score)
    assert oddest is scores[17]
    assert oddest.score == 1.0
    assert oddest.reason.startswith("Mean distance to its 5 nearest images is ")
    assert len(oddest.nearest_image_id) == 16
    assert (answer.header.count, answer.header.neighbours) == (80, 5)
    assert 0 < answer.header.median_distance < oddest.mean_distance


async def test_find_duplicates__copies_and_skipped(stack: Stack) -> None:
    values, _ = clusters(60)
    image_ids = stack.features.add(np.concatenate([values, values[:3], values[:1]]))
    pending = ids.new_id()

    answer = await stack.curate("FindDuplicates", [pending, *image_ids], max_distance=0.0)

    assert answer.skipped == ids.pack_ids([pending])
    assert (answer.header.group_count, answer.header.duplicate_count) == (3, 4)
    first = answer.blocks[0]
    assert first.keeper_image_id == ids.pack_ids([image_ids[0]])
    assert first.image_ids == ids.pack_ids([image_ids[60], image_ids[63]])
    assert np.frombuffer(first.distances, "<f4").tolist() == [0, 0]
    assert "keeper" in first.reason


@pytest.mark.parametrize("strategy", [pb.STRATEGY_FACILITY_LOCATION, pb.STRATEGY_KMEANS])
async def test_select_images__best_first_with_reasons(stack: Stack, strategy: pb.Strategy.ValueType) -> None:
    values, _ = clusters(120)
    image_ids = stack.features.add(values)

    answer = await stack.curate("SelectImages", image_ids, count=8, strategy=strategy)

    picks = [pick for block in answer.blocks for pick in block.picks]
    assert [pick.rank for pick in picks] == list(range(1, 9))
    assert {pick.image_id for pick in picks} <= {ids.pack_ids([image_id]) for image_id in image_ids}
    assert sum(pick.represented_count for pick in picks) == 120
    assert all("image" in pick.reason for pick in picks)
    assert (answer.header.count, answer.header.candidate_count, answer.header.strategy) == (8, 120, strategy)
    assert 0.5 < answer.header.coverage <= 1


async def test_select_images__more_than_there_are(stack: Stack) -> None:
    image_ids = stack.features.add(clusters(20)[0])

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stack.curate("SelectImages", image_ids, count=21)

    remote = status.from_rpc_error(caught.value)
    assert (remote.code, remote.reason) == (Code.INVALID_ARGUMENT, "COUNT_OUT_OF_RANGE")


async def test_curation__two_images_are_enough(stack: Stack) -> None:
    image_ids = stack.features.add(clusters(2)[0])

    assert (await stack.curate("FindDuplicates", image_ids)).header.count == 2
    assert (await stack.curate("SelectImages", image_ids, count=1)).header.count == 1


async def test_score_outliers__against_a_reference(stack: Stack) -> None:
    values, labels = clusters(80, groups=2, spread=0.1)
    image_ids = stack.features.add(values)
    usual = (labels == labels[0]).astype(np.uint8)

    answer = await stack.curate("ScoreOutliers", image_ids, {"reference": usual.tobytes()})

    scores = np.asarray([score.score for block in answer.blocks for score in block.scores])
    assert (scores[usual == 0] == 1.0).all()
    assert scores[usual == 1].mean() < 0.6


async def test_select_images__by_uncertainty_in_equal_shares(stack: Stack) -> None:
    values, labels = clusters(120, groups=3)
    image_ids = stack.features.add(values)
    classes = np.where(np.arange(120) < 30, labels, 0xFFFFFFFF).astype("<u4")
    groups = (np.arange(120) % 2).astype("<u4")

    answer = await stack.curate(
        "SelectImages",
        image_ids,
        {"classes": classes.tobytes(), "groups": groups.tobytes()},
        count=6,
        strategy=pb.STRATEGY_UNCERTAINTY,
    )

    picks = [pick for block in answer.blocks for pick in block.picks]
    rows = [image_ids.index(ids.unpack_ids(pick.image_id)[0]) for pick in picks]
    assert min(rows) >= 30
    assert np.bincount(groups[rows]).tolist() == [3, 3]
    assert [pick.margin for pick in picks] == sorted(pick.margin for pick in picks)
    assert all(pick.reason.startswith("Two classes are ") for pick in picks)
    assert answer.header.labelled_count == 30


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({}, "TOO_FEW_CLASSES"),
        ({"classes": bytes(4 * 40)}, "TOO_FEW_CLASSES"),
        ({"classes": bytes(4 * 39)}, "SPEC_INVALID"),
    ],
)
async def test_select_images__nothing_to_learn_from(stack: Stack, columns: dict[str, bytes], reason: str) -> None:
    values, _ = clusters(40)
    image_ids = stack.features.add(values)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stack.curate("SelectImages", image_ids, columns, count=3, strategy=pb.STRATEGY_UNCERTAINTY)

    assert status.from_rpc_error(caught.value).reason == reason


async def test_select_images__everything_shows_a_labelled_image(stack: Stack) -> None:
    image_ids = stack.features.add(np.repeat(np.eye(2, 64, dtype=np.float32), 20, axis=0))
    classes = np.full(40, 0xFFFFFFFF, "<u4")
    classes[[0, 20]] = 0, 1

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stack.curate(
            "SelectImages", image_ids, {"classes": classes.tobytes()}, count=3, strategy=pb.STRATEGY_UNCERTAINTY
        )

    assert status.from_rpc_error(caught.value).reason == "COUNT_OUT_OF_RANGE"
