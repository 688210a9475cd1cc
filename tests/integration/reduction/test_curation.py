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
