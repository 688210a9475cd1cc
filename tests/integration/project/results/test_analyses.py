"""AnalysisService through a real server, with a fake reduction service behind it."""

import asyncio
import json
import struct
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc.status_pb2 import Status

from loupe.project.v1 import analysis_service_pb2 as pb
from loupe.project.v1 import image_pb2, operation_service_pb2, project_service_pb2
from loupe.project.v1 import search_service_pb2 as search_pb
from loupe.project.v1 import tag_service_pb2 as tag_pb
from loupe_kit import ids
from loupe_kit.status import from_rpc_error, from_status_proto
from loupe_kit.testing import make_user
from loupe_project.domain.operation import OperationKind
from tests.integration.project.results.harness import Bench

NONE = 0xFFFFFFFF


def request(bench: Bench, **more: Any) -> pb.CreateAnalysisRequest:
    query = more.pop("query", "")
    chosen = more.pop("image_ids", None)
    selector = image_pb2.ImageSelector(query=query)
    if chosen is not None:
        selector = image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=chosen))
    request_id = more.pop("request_id", "")
    more.setdefault("method", pb.Analysis.METHOD_UMAP)
    analysis = pb.Analysis(selector=selector, **more)
    return pb.CreateAnalysisRequest(parent=bench.project, analysis=analysis, request_id=request_id)


async def create(bench: Bench, **more: Any) -> pb.Analysis:
    operation = await bench.stub("Analysis").CreateAnalysis(request(bench, **more), metadata=bench.who)
    done, _ = await bench.wait(operation.name)
    analysis = pb.Analysis()
    assert done.response.Unpack(analysis), done
    return analysis


async def coordinates(bench: Bench, name: str, who: Any = None) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Ids and columns, read as the contract documents them."""
    call = bench.stub("Analysis").DownloadCoordinates(
        pb.DownloadCoordinatesRequest(name=name), metadata=who or bench.who
    )
    parts = [part async for part in call]
    assert {part.content_type for part in parts} == {"application/octet-stream"}
    table = b"".join(part.data for part in parts)
    magic, count, dimensions, zero = struct.unpack_from("<4sIII", table)
    assert (magic, zero) == (b"LPC1", 0)
    columns = np.frombuffer(table, "<f4", count * dimensions, 16 + 16 * count).reshape(dimensions, count)
    assert len(table) == 16 + 16 * count + 4 * count * dimensions
    return ids.unpack_ids(table[16 : 16 + 16 * count]), columns


def reason(caught: pytest.ExceptionInfo[grpc.aio.AioRpcError]) -> str:
    return from_rpc_error(caught.value).reason


async def test_create_analysis__map_and_its_coordinates_in_the_order_of_the_selection(bench: Bench) -> None:
    analysis = await create(bench, dimensions=3, seed=7, neighbors=5, image_ids=bench.image_ids)
    found, columns = await coordinates(bench, analysis.name)

    assert analysis.state == pb.Analysis.STATE_SUCCEEDED
    assert analysis.display_name == "UMAP 3-D of 18 images"
    assert (analysis.point_count, analysis.skipped_count) == (19, 1)
    assert (analysis.trustworthiness, analysis.neighbor_preservation) == (0.9, 0.4)
    assert analysis.landmark_count == 3
    assert analysis.feature_source == "models/efficientnet-lite0"
    assert found == bench.image_ids[:-1]
    assert columns[0].tolist() == list(range(19))
    spec = bench.reduction.specs[-1]
    assert (spec.recipe.seed, spec.recipe.umap.neighbours, spec.recipe.dimensions) == (7, 5, 3)
    assert (spec.source.model_features.model, spec.source.model_features.version) == ("efficientnet-lite0", "1")


async def test_create_analysis__repeat_gives_the_first_answer(bench: Bench) -> None:
    stub, once = bench.stub("Analysis"), request(bench, request_id=ids.new_id())
    first = await stub.CreateAnalysis(once, metadata=bench.who)
    await bench.wait(first.name)
    again = await stub.CreateAnalysis(once, metadata=bench.who)

    assert again.name == first.name
    assert len(bench.reduction.specs) == 1


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"query": "line:L0 hot"}, "TOO_FEW_IMAGES"),
        ({"query": "line:L0"}, "TOO_FEW_IMAGES"),
        ({"feature_source": "featureSets/mine"}, "FEATURES_MISSING"),
        ({"feature_source": "models/other"}, "FEATURES_MISSING"),
        ({"feature_source": "mine"}, "INVALID_ARGUMENT"),
        ({"dimensions": 4}, "INVALID_ARGUMENT"),
        ({"neighbors": 1}, "INVALID_ARGUMENT"),
        ({"method": pb.Analysis.METHOD_UNSPECIFIED}, "INVALID_ARGUMENT"),
        ({"query": "label:"}, "QUERY_INVALID"),
        ({"image_ids": [ids.new_id() for _ in range(10)]}, "IMAGE_NOT_FOUND"),
    ],
)
async def test_create_analysis__refused_before_any_work(bench: Bench, more: dict[str, Any], expected: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bench.stub("Analysis").CreateAnalysis(request(bench, **more), metadata=bench.who)

    assert reason(caught) == expected
    assert not bench.reduction.specs


async def test_create_analysis__reduction_comes_back_after_a_moment(bench: Bench) -> None:
    shorten_retries(bench)
    bench.reduction.unavailable = 2

    assert (await create(bench)).state == pb.Analysis.STATE_SUCCEEDED


async def test_create_analysis__reduction_stays_away(bench: Bench) -> None:
    shorten_retries(bench)
    bench.reduction.unavailable = 100
    operation = await bench.stub("Analysis").CreateAnalysis(request(bench), metadata=bench.who)
    done, _ = await bench.wait(operation.name)
    error = from_status_proto(Status.FromString(done.error.SerializeToString()))
    listed = await bench.stub("Analysis").ListAnalyses(pb.ListAnalysesRequest(parent=bench.project), metadata=bench.who)

    assert error.reason == "UNAVAILABLE"
    assert "did not answer 3 times" in error.message
    assert listed.analyses[0].state == pb.Analysis.STATE_FAILED
    assert listed.analyses[0].failure == done.error


def shorten_retries(bench: Bench) -> None:
    short = (timedelta(milliseconds=10), timedelta(milliseconds=10))
    kind = OperationKind.CREATE_ANALYSIS
    bench.handlers[kind] = replace(bench.handlers[kind], retries=short)


async def test_cancel__ends_the_call_to_reduction(bench: Bench) -> None:
    bench.reduction.goes_on.clear()
    operation = await bench.stub("Analysis").CreateAnalysis(request(bench), metadata=bench.who)
    stub = bench.stub("Operation")
    metadata = operation_service_pb2.OperationMetadata()
    async with asyncio.timeout(60):
        while metadata.phase != "layout":
            await asyncio.sleep(0.05)
            seen = await stub.GetOperation(
                operation_service_pb2.GetOperationRequest(name=operation.name), metadata=bench.who
            )
            seen.metadata.Unpack(metadata)
    await stub.CancelOperation(operation_service_pb2.CancelOperationRequest(name=operation.name), metadata=bench.who)
    done, _ = await bench.wait(operation.name)
    listed = await bench.stub("Analysis").ListAnalyses(pb.ListAnalysesRequest(parent=bench.project), metadata=bench.who)

    assert (metadata.fraction, metadata.total_count) == (0.5, 20)
    assert done.error.code == 1
    assert listed.analyses[0].state == pb.Analysis.STATE_CANCELLED
    async with asyncio.timeout(60):
        await bench.reduction.was_cancelled.wait()


async def test_history__list_share_rename_delete(bench: Bench) -> None:
    stub, colleague = bench.stub("Analysis"), make_user()
    as_colleague = bench.server.metadata(colleague)
    await bench.stub("Project").UpdateProject(
        project_service_pb2.UpdateProjectRequest(
            project=project_service_pb2.Project(
                name=bench.project, visibility=project_service_pb2.Project.VISIBILITY_ORGANISATION
            ),
            update_mask=FieldMask(paths=["visibility"]),
        ),
        metadata=bench.who,
    )
    first, second = await create(bench), await create(bench, display_name="Mine")
    listing = pb.ListAnalysesRequest(parent=bench.project, page_size=1)
    page = await stub.ListAnalyses(listing, metadata=bench.who)
    hidden = await stub.ListAnalyses(listing, metadata=as_colleague)
    shared = await stub.UpdateAnalysis(
        pb.UpdateAnalysisRequest(
            analysis=pb.Analysis(name=first.name, display_name="Ours", visibility=pb.Analysis.VISIBILITY_SHARED),
            update_mask=FieldMask(paths=["display_name", "visibility"]),
        ),
        metadata=bench.who,
    )
    seen = await stub.ListAnalyses(listing, metadata=as_colleague)
    with pytest.raises(grpc.aio.AioRpcError) as not_his:
        await stub.DeleteAnalysis(pb.DeleteAnalysisRequest(name=first.name), metadata=as_colleague)
    with pytest.raises(grpc.aio.AioRpcError) as private:
        await stub.GetAnalysis(pb.GetAnalysisRequest(name=second.name), metadata=as_colleague)
    await stub.DeleteAnalysis(pb.DeleteAnalysisRequest(name=first.name), metadata=bench.who)
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await stub.GetAnalysis(pb.GetAnalysisRequest(name=first.name), metadata=bench.who)
    kept = [key async for key in bench.parts.objects.list(f"{bench.project}/analyses/")]

    assert [one.name for one in page.analyses] == [second.name]
    assert page.next_page_token
    assert not hidden.analyses
    assert (shared.display_name, seen.analyses[0].name) == ("Ours", first.name)
    assert (reason(not_his), reason(private), reason(gone)) == (
        "CREATOR_REQUIRED",
        "ANALYSIS_NOT_FOUND",
        "ANALYSIS_NOT_FOUND",
    )
    assert sorted(kept) == [f"{second.name}.lpc", f"{second.name}.npz"]


async def test_coordinates__rows_of_deleted_images_are_blank(bench: Bench) -> None:
    analysis = await create(bench, image_ids=bench.image_ids)
    project_id = bench.project.split("/")[1]
    async with bench.parts.stores() as store:
        await store.images.delete(project_id, bench.image_ids[:2], bench.parts.clock.now())
        await store.commit()
    found, columns = await coordinates(bench, analysis.name)
    values = await point_values(bench, analysis.name, "line")

    assert found[:2] == ["00000000-0000-0000-0000-000000000000"] * 2
    assert np.isnan(columns[:, :2]).all()
    assert found[2:] == bench.image_ids[2:-1]
    assert np.frombuffer(values.codes, "<u4")[:2].tolist() == [0xFFFFFFFF] * 2


async def point_values(bench: Bench, name: str, field: str) -> pb.PointValues:
    return await bench.stub("Analysis").GetPointValues(  # type: ignore[no-any-return]
        pb.GetPointValuesRequest(name=name, field=field), metadata=bench.who
    )


async def test_point_values__classes_and_numbers(bench: Bench) -> None:
    analysis = await create(bench, image_ids=bench.image_ids)
    line = await point_values(bench, analysis.name, "line")
    temp = await point_values(bench, analysis.name, "meta.temp")
    conf = await point_values(bench, analysis.name, "conf")
    states = await point_values(bench, analysis.name, "is")
    truth = await point_values(bench, analysis.name, "truth")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await point_values(bench, analysis.name, "tags")

    codes = np.frombuffer(line.codes, "<u4")
    assert [line.values[code] for code in codes] == [f"L{number % 3}" for number in range(19)]
    assert np.frombuffer(temp.numbers, "<f4").tolist() == [60.5 + number for number in range(19)]
    assert np.frombuffer(conf.numbers, "<f4").tolist() == [0.75] * 19
    # The labelled ones have a dent in a box beside their OK: what is predicted is no overkill.
    assert (sorted(states.values), list(truth.values)) == (["analysed"], ["OK"])
    assert np.frombuffer(truth.codes, "<u4").tolist() == [0 if n % 2 else 0xFFFFFFFF for n in range(19)]
    assert from_rpc_error(caught.value).metadata["suggestion"] == "tag"


async def test_point_values__agreement_and_tags_of_people(bench: Bench) -> None:
    analysis = await create(bench, image_ids=bench.image_ids)
    for tag, numbers in (("b", (0, 1, 2)), ("a", (2, 3))):
        chosen = image_pb2.ImageSelector.Ids(ids=[bench.image_ids[number] for number in numbers])
        change = tag_pb.ModifyImageTagsRequest(
            parent=bench.project, selector=image_pb2.ImageSelector(images=chosen), add=[tag]
        )
        done = await bench.stub("Tag").ModifyImageTags(change, metadata=bench.who)
        if not done.done:
            await bench.wait(done.name)

    agreement = await point_values(bench, analysis.name, "agreement")
    tags = await point_values(bench, analysis.name, "tag")
    outlier = await point_values(bench, analysis.name, "outlier")

    assert list(agreement.values) == ["wrong"]
    assert np.frombuffer(agreement.codes, "<u4").tolist() == [0 if n % 2 else NONE for n in range(19)]
    assert list(tags.values) == ["b", "a"]
    assert np.frombuffer(tags.codes, "<u4").tolist() == [0, 0, 0, 1] + [NONE] * 15
    assert np.isnan(np.frombuffer(outlier.numbers, "<f4")).tolist() == [True] * 19


async def test_point_values__of_a_query(bench: Bench) -> None:
    analysis = await create(bench, image_ids=bench.image_ids)
    ask = pb.GetPointValuesRequest(name=analysis.name, query="line:L1 OR line:L2")

    found = await bench.stub("Analysis").GetPointValues(ask, metadata=bench.who)
    ask.query = "line:("
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bench.stub("Analysis").GetPointValues(ask, metadata=bench.who)

    assert list(found.values) == ["match"]
    assert np.frombuffer(found.codes, "<u4").tolist() == [0 if n % 3 else NONE for n in range(19)]
    assert reason(caught) == "QUERY_INVALID"


async def table(bench: Bench, request: pb.DownloadPointValuesRequest) -> tuple[int, list[str], bytes]:
    """Width, values and points, read as the contract documents them."""
    call = bench.stub("Analysis").DownloadPointValues(request, metadata=bench.who)
    found = b"".join([part.data async for part in call])
    magic, count, width, length = struct.unpack_from("<4sIII", found)
    points = found[16 + length :]
    assert (magic, length % 4, len(points)) == (b"LPV1", 0, count * (width or 4))
    return width, json.loads(found[16 : 16 + length]), points


async def test_point_values__as_a_table(bench: Bench) -> None:
    analysis = await create(bench, image_ids=bench.image_ids)
    truth = await table(bench, pb.DownloadPointValuesRequest(name=analysis.name, field="truth"))
    temp = await table(bench, pb.DownloadPointValuesRequest(name=analysis.name, field="meta.temp"))
    found = await table(bench, pb.DownloadPointValuesRequest(name=analysis.name, query="line:L1"))

    assert truth[:2] == (1, ["OK"])
    assert list(truth[2]) == [0 if n % 2 else 255 for n in range(19)]
    assert temp[:2] == (0, [])
    assert np.frombuffer(temp[2], "<f4").tolist() == [60.5 + number for number in range(19)]
    assert list(found[2]) == [0 if n % 3 == 1 else 255 for n in range(19)]


async def keep(bench: Bench, name: str, points: bytes, **more: str) -> pb.ImageSet:
    request = pb.KeepPointsRequest(name=name, points=points, **more)
    return await bench.stub("Analysis").KeepPoints(request, metadata=bench.who)  # type: ignore[no-any-return]


async def test_keep_points__their_query_finds_exactly_these(bench: Bench) -> None:
    analysis = await create(bench, image_ids=bench.image_ids)
    picked = await keep(bench, analysis.name, bytes([0b101, 0, 0b100]), request_id=(once := ids.new_id()))
    again = await keep(bench, analysis.name, bytes([0b101, 0, 0b100]), request_id=once)
    search = search_pb.SearchImagesRequest(parent=bench.project, query=picked.query)
    found = await bench.stub("Search").SearchImages(search, metadata=bench.who)
    _, _, matches = await table(bench, pb.DownloadPointValuesRequest(name=analysis.name, query=picked.query))
    search.query = f"{picked.query} line:L0"
    fewer = await bench.stub("Search").SearchImages(search, metadata=bench.who)

    assert (picked.image_count, again) == (3, picked)
    assert {one.name.split("/")[-1] for one in found.images} == {bench.image_ids[n] for n in (0, 2, 18)}
    assert [n for n, code in enumerate(matches) if code != 255] == [0, 2, 18]
    assert {one.name.split("/")[-1] for one in fewer.images} == {bench.image_ids[n] for n in (0, 18)}


@pytest.mark.parametrize("points", [b"", b"\x01\x01", b"\x01\x00\x08", b"\x00\x00\x00"])
async def test_keep_points__refuses_other_numbers_of_bits_and_none(bench: Bench, points: bytes) -> None:
    analysis = await create(bench, image_ids=bench.image_ids)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await keep(bench, analysis.name, points)

    assert reason(caught) == "INVALID_ARGUMENT"


async def test_coordinates__not_ready_while_running(bench: Bench) -> None:
    bench.reduction.goes_on.clear()
    operation = await bench.stub("Analysis").CreateAnalysis(request(bench), metadata=bench.who)
    listed = await bench.stub("Analysis").ListAnalyses(pb.ListAnalysesRequest(parent=bench.project), metadata=bench.who)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await coordinates(bench, listed.analyses[0].name)
    await bench.stub("Analysis").DeleteAnalysis(
        pb.DeleteAnalysisRequest(name=listed.analyses[0].name), metadata=bench.who
    )
    done, _ = await bench.wait(operation.name)

    assert reason(caught) == "ANALYSIS_NOT_READY"
    assert done.error.code == 1
