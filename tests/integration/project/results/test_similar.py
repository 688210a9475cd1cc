"""SimilarService through a real server, with a fake reduction service behind it."""

from typing import Any

import grpc
import pytest

from loupe.project.v1 import similar_service_pb2 as pb
from loupe_kit import ids
from loupe_kit.caller import Caller
from loupe_kit.status import from_rpc_error
from loupe_kit.testing import make_user
from tests.integration.project.results.harness import Bench, narrow


async def find(bench: Bench, image_id: str, who: Any = None, **more: Any) -> pb.FindSimilarImagesResponse:
    request = pb.FindSimilarImagesRequest(image=f"{bench.project}/images/{image_id}", **more)
    answer: pb.FindSimilarImagesResponse = await bench.stub("Similar").FindSimilarImages(
        request, metadata=who or bench.who
    )
    return answer


async def refused(bench: Bench, image_id: str, who: Any = None, **more: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await find(bench, image_id, who, **more)
    error = from_rpc_error(caught.value)
    return error.reason or error.code.name


async def test_find_similar__most_alike_first(bench: Bench) -> None:
    newest = bench.image_ids[::-1]

    answer = await find(bench, newest[0], count=3)

    assert [one.image.rpartition("/")[2] for one in answer.similar_images] == newest[1:4]
    assert [round(one.similarity, 2) for one in answer.similar_images] == [1, 0.99, 0.98]
    assert answer.similar_images[0].file_name == "line/cell-18.png"
    assert (answer.feature_version, answer.searched_count) == ("1", 18)


async def test_find_similar__among_what_matches(bench: Bench) -> None:
    answer = await find(bench, bench.image_ids[1], query="line:L0")

    assert {one.file_name for one in answer.similar_images} == {f"line/cell-{n}.png" for n in (3, 6, 9, 12, 15, 18)}


async def test_find_similar__what_is_hidden_takes_no_place(bench: Bench, viewer: Caller) -> None:
    seen = bench.server.metadata(viewer)
    newest = bench.image_ids[::-1]
    await narrow(bench, newest[1], newest[2])

    answer = await find(bench, newest[0], seen, count=3)

    assert [one.image.rpartition("/")[2] for one in answer.similar_images] == newest[3:6]
    assert answer.searched_count == 16
    assert await refused(bench, newest[1], seen) == "IMAGE_NOT_FOUND"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"count": -1}, "INVALID_ARGUMENT"),
        ({"count": 1001}, "INVALID_ARGUMENT"),
        ({"feature_source": "featureSets/mine"}, "INVALID_ARGUMENT"),
        ({"feature_source": "nonsense"}, "INVALID_ARGUMENT"),
        ({"query": "line:("}, "QUERY_INVALID"),
    ],
)
async def test_find_similar__bad_wish(bench: Bench, more: dict[str, Any], reason: str) -> None:
    assert await refused(bench, bench.image_ids[0], **more) == reason


async def test_find_similar__strangers(bench: Bench) -> None:
    assert await refused(bench, bench.image_ids[0], bench.server.metadata(make_user())) == "PROJECT_NOT_FOUND"
    assert await refused(bench, ids.new_id()) == "IMAGE_NOT_FOUND"
