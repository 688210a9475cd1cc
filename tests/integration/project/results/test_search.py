"""SearchService through a real server."""

import time

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import search_service_pb2 as pb
from loupe_kit.status import from_rpc_error
from loupe_kit.testing import make_user
from tests.integration.project.results.harness import Bench


async def search(bench: Bench, query: str, **more: object) -> pb.SearchImagesResponse:
    request = pb.SearchImagesRequest(parent=bench.project, query=query, **more)  # type: ignore[arg-type]
    return await bench.stub("Search").SearchImages(request, metadata=bench.who)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 20),
        ("line:L1 label:DENT conf>=0.7", 7),
        # Those with truth have a labelled dent beside their OK, so that a predicted dent is right.
        ("is:overkill", 0),
        ("is:reviewed", 10),
        ("-has:truth", 10),
        ("box[label:dent area>=200 x<2] has:meta.temp", 20),
        ("count(box[label:dent])>=2", 0),
        ('tag:"first look"', 1),
        ("tag:month:2026-11 meta.hot:true meta.temp<70", 5),
        ("name:cell-1*.png at:2026-11-20", 11),
        ("cell-19", 1),
    ],
)
async def test_search_images__counts_and_pages(bench: Bench, query: str, count: int) -> None:
    first = await search(bench, query, page_size=6)
    found, token = list(first.images), first.next_page_token
    while token:
        page = await search(bench, query, page_size=6, page_token=token)
        found, token = found + list(page.images), page.next_page_token
        assert page.total_size == count

    assert first.total_size == count
    assert len({image.name for image in found}) == count


async def test_search_images__images_are_whole(bench: Bench) -> None:
    (image,) = (await search(bench, 'tag:"first look"')).images

    assert image.file_name == "line/cell-0.png"
    assert dict(image.metadata) == {"line": "L0", "temp": 60.5, "hot": True}
    assert image.predictions[0].boxes.boxes[0].label == "dent"
    assert list(image.feature_sets) == ["efficientnet-lite0"]


async def test_search_images__only_the_fields_that_are_wanted(bench: Bench) -> None:
    mask = FieldMask(paths=["file_name", "predictions"])
    (image,) = (await search(bench, 'tag:"first look"', read_mask=mask)).images

    assert {field.name for field, _ in image.ListFields()} == {"name", "file_name", "predictions"}
    assert image.predictions[0].boxes.boxes[0].label == "dent"


async def test_search_images__a_field_that_no_image_has(bench: Bench) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await search(bench, "", read_mask=FieldMask(paths=["tags.creator", "tags"]))

    error = from_rpc_error(caught.value)
    assert error.code.name == "INVALID_ARGUMENT"
    assert [violation.field for violation in error.fields] == ["read_mask.tags.creator"]


@pytest.mark.parametrize(
    ("query", "reason", "metadata"),
    [
        ("lable:x", "QUERY_INVALID", {"position": "1", "suggestion": "label"}),
        ("tag:a (b", "QUERY_INVALID", {"position": "7", "suggestion": ")"}),
        ("(" * 3000, "QUERY_TOO_COMPLEX", {"limit": "50 levels"}),
    ],
)
async def test_search_images__bad_query_says_where_and_what_to_do(
    bench: Bench, query: str, reason: str, metadata: dict[str, str]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await search(bench, query)

    error = from_rpc_error(caught.value)
    assert error.reason == reason
    assert metadata.items() <= error.metadata.items()


async def test_search_images__ten_thousand_brackets_are_answered_at_once(bench: Bench) -> None:
    await search(bench, "a")
    start = time.perf_counter()
    with pytest.raises(grpc.aio.AioRpcError):
        await search(bench, "(" * 10_000 + "a" + ")" * 10_000)

    assert time.perf_counter() - start < 0.5


async def test_search_images__token_of_another_query(bench: Bench) -> None:
    token = (await search(bench, "", page_size=5)).next_page_token

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await search(bench, "line:L1", page_token=token)

    assert from_rpc_error(caught.value).reason == "PAGE_TOKEN_INVALID"


async def test_search_images__stranger_sees_no_project(bench: Bench) -> None:
    request = pb.SearchImagesRequest(parent=bench.project)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bench.stub("Search").SearchImages(request, metadata=bench.server.metadata(make_user()))

    assert from_rpc_error(caught.value).reason == "PROJECT_NOT_FOUND"


async def test_get_facets__each_leaves_out_its_own_field(bench: Bench) -> None:
    request = pb.GetFacetsRequest(
        parent=bench.project, query="line:L1 meta.temp<70", fields=["line", "is", "meta.temp"]
    )
    facets = (await bench.stub("Search").GetFacets(request, metadata=bench.who)).facets

    by_field = {facet.field: {value.value: value.count for value in facet.values} for facet in facets}
    assert by_field["line"] == {"L0": 4, "L1": 3, "L2": 3}
    assert by_field["is"] == {"analysed": 3, "reviewed": 2}
    assert sum(by_field["meta.temp"].values()) == 7


async def test_get_facets__unknown_field_and_truncation(bench: Bench) -> None:
    stub = bench.stub("Search")
    few = await stub.GetFacets(
        pb.GetFacetsRequest(parent=bench.project, fields=["line"], value_limit=2), metadata=bench.who
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetFacets(pb.GetFacetsRequest(parent=bench.project, fields=["lines"]), metadata=bench.who)

    assert few.facets[0].truncated
    assert len(few.facets[0].values) == 2
    assert from_rpc_error(caught.value).metadata["suggestion"] == "line"


async def test_search_images__metadata_times_are_compared_as_times(bench: Bench) -> None:
    await bench.add_images(1, metadata={"made": "2026-11-20T08:30:00Z"})

    assert (await search(bench, "meta.made>2026-11-19 meta.made<2026-11-21T00:00Z")).total_size == 1
    assert (await search(bench, "meta.made:2026-11-20")).total_size == 1
    assert (await search(bench, "meta.made>2026-11-20")).total_size == 0
