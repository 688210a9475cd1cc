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


async def find_like(bench: Bench, picture: bytes, who: Any = None, **more: Any) -> pb.FindSimilarImagesResponse:
    request = pb.FindSimilarToPictureRequest(parent=bench.project, picture=picture, **more)
    answer: pb.FindSimilarImagesResponse = await bench.stub("Similar").FindSimilarToPicture(
        request, metadata=who or bench.who
    )
    return answer


async def test_find_similar_to_picture__nothing_of_it_is_kept(bench: Bench) -> None:
    answer = await find_like(bench, b"picture 1", count=2)

    assert [one.image.rpartition("/")[2] for one in answer.similar_images] == bench.image_ids[:-3:-1]
    assert {one.similarity for one in answer.similar_images} == {0.5}
    assert (answer.feature_version, answer.searched_count) == ("1", 19)
    assert (await find_like(bench, b"picture 1", query="line:L0")).searched_count == 6


async def test_find_similar_to_picture__what_is_hidden_takes_no_place(bench: Bench, viewer: Caller) -> None:
    await narrow(bench, bench.image_ids[-1])

    answer = await find_like(bench, b"picture 1", bench.server.metadata(viewer), count=1)

    assert answer.similar_images[0].image.endswith(bench.image_ids[-2])


@pytest.mark.parametrize(
    ("picture", "more", "reason"),
    [
        (b"", {}, "INVALID_ARGUMENT"),
        (bytes((12 << 20) + 1), {}, "INVALID_ARGUMENT"),
        (b"broken", {}, "IMAGE_UNDECODABLE"),
        (b"picture 2", {}, "FEATURES_MISSING"),
        (b"picture 1", {"count": 1001}, "INVALID_ARGUMENT"),
        (b"picture 1", {"query": "line:("}, "QUERY_INVALID"),
        (b"picture 1", {"feature_source": "featureSets/mine"}, "INVALID_ARGUMENT"),
    ],
)
async def test_find_similar_to_picture__refused(
    bench: Bench, picture: bytes, more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await find_like(bench, picture, **more)

    error = from_rpc_error(caught.value)
    assert (error.reason or error.code.name) == reason


async def find_objects(bench: Bench, image_id: str, who: Any = None, **more: Any) -> pb.FindSimilarObjectsResponse:
    request = pb.FindSimilarObjectsRequest(image=f"{bench.project}/images/{image_id}", **more)
    answer: pb.FindSimilarObjectsResponse = await bench.stub("Similar").FindSimilarObjects(
        request, metadata=who or bench.who
    )
    return answer


async def test_find_similar_objects__with_their_boxes(bench: Bench) -> None:
    newest = bench.image_ids[::-1]

    answer = await find_objects(bench, newest[0], count=3)

    assert [one.image.rpartition("/")[2] for one in answer.similar_objects] == newest[1:4]
    first = answer.similar_objects[0]
    assert (first.object, first.box.label, first.box.height, first.file_name) == (0, "dent", 20, "line/cell-18.png")
    assert (first.image_width, first.image_height) == (40, 30)
    assert (answer.feature_version, answer.searched_count) == ("1", 19)
    assert (await find_objects(bench, newest[0], query="line:L1")).searched_count == 6


async def test_find_similar_objects__what_is_hidden_takes_no_place(bench: Bench, viewer: Caller) -> None:
    newest = bench.image_ids[::-1]
    await narrow(bench, newest[1], newest[2])

    answer = await find_objects(bench, newest[0], bench.server.metadata(viewer), count=2)

    assert [one.image.rpartition("/")[2] for one in answer.similar_objects] == newest[3:5]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"object": 1}, "FEATURES_MISSING"),
        ({"object": -1}, "INVALID_ARGUMENT"),
        ({"object": 300}, "INVALID_ARGUMENT"),
        ({"count": 1001}, "INVALID_ARGUMENT"),
        ({"query": "line:("}, "QUERY_INVALID"),
        ({"feature_source": "featureSets/mine"}, "INVALID_ARGUMENT"),
    ],
)
async def test_find_similar_objects__refused(bench: Bench, more: dict[str, Any], reason: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await find_objects(bench, bench.image_ids[0], **more)

    error = from_rpc_error(caught.value)
    assert (error.reason or error.code.name) == reason
