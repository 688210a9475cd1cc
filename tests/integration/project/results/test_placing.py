"""Maps that images are placed on, through a real server, with a fake reduction service behind it."""

import asyncio
from dataclasses import replace
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import analysis_service_pb2 as pb
from loupe.project.v1 import image_pb2, operation_service_pb2, project_service_pb2
from loupe_kit import ids
from loupe_kit.status import from_rpc_error
from loupe_kit.testing import make_user
from loupe_project.domain import keys
from loupe_project.domain.coordinates import Coordinates
from loupe_project.domain.scope import Scope
from tests.integration.project.results.harness import Bench, narrow
from tests.integration.project.results.test_analyses import create, reason


async def table(bench: Bench, name: str, who: Any = None, *, early: bool = False) -> Coordinates:
    request = pb.DownloadCoordinatesRequest(name=name, early=early)
    call = bench.stub("Analysis").DownloadCoordinates(request, metadata=who or bench.who)
    return Coordinates.decode(b"".join([part.data async for part in call]))


async def place(bench: Bench, name: str, query: str | None = None) -> pb.PlaceImagesResponse:
    selector = None if query is None else image_pb2.ImageSelector(query=query)
    asked = await bench.stub("Analysis").PlaceImages(
        pb.PlaceImagesRequest(name=name, selector=selector), metadata=bench.who
    )
    done, _ = await bench.wait(asked.name)
    answer = pb.PlaceImagesResponse()
    assert done.response.Unpack(answer), done
    return answer


async def keep(bench: Bench, name: str, kept: bool = True) -> pb.Analysis:
    changed = pb.Analysis(name=name, kept_current=kept)
    request = pb.UpdateAnalysisRequest(analysis=changed, update_mask=FieldMask(paths=["kept_current"]))
    updated: pb.Analysis = await bench.stub("Analysis").UpdateAnalysis(request, metadata=bench.who)
    return updated


async def operations(bench: Bench) -> int:
    """How many operations place images; all of them are done when it returns."""
    request = operation_service_pb2.ListOperationsRequest(parent=bench.project)
    count = 0
    for one in (await bench.stub("Operation").ListOperations(request, metadata=bench.who)).operations:
        metadata = operation_service_pb2.OperationMetadata()
        one.metadata.Unpack(metadata)
        if metadata.kind == operation_service_pb2.OperationMetadata.KIND_PLACE_IMAGES:
            await bench.wait(one.name)
            count += 1
    return count


async def keep_up(bench: Bench) -> None:
    """What the background task does until nothing waits."""
    while await bench.keeper.place_once():
        pass


async def test_place_images__added_behind_points_that_do_not_move(bench: Bench) -> None:
    analysis = await create(bench, query="")
    before = await table(bench, analysis.name)
    new = await bench.add_images(5)

    answer = await place(bench, analysis.name)

    after = await table(bench, analysis.name)
    made = len(before)
    assert after.ids[:made].tolist() == before.ids.tolist()
    assert after.points[:made].tolist() == before.points.tolist()
    # The one that was skipped when the map was made has its features by now.
    assert answer.placed_count == len(after) - made == len(bench.image_ids) - made
    assert set(new) <= set(ids.unpack_ids(after.ids[made:].tobytes()))
    assert after.placed_count == answer.placed_count
    assert (after.points[made:] == -1).all()
    assert (answer.present_count, answer.analysis.placed_count) == (made, answer.placed_count)
    assert answer.analysis.point_count == len(after)


async def test_place_images__each_image_once(bench: Bench) -> None:
    analysis = await create(bench, query="")
    (new,) = await bench.add_images(1)
    first = await place(bench, analysis.name)

    again = await place(bench, analysis.name)

    assert first.placed_count >= 1
    assert (again.placed_count, again.present_count) == (0, len(bench.image_ids))
    found = ids.unpack_ids((await table(bench, analysis.name)).ids.tobytes())
    assert found.count(new) == 1


async def test_place_images__of_a_query(bench: Bench) -> None:
    analysis = await create(bench, query="")
    new = await bench.add_images(6)
    wanted = new[1]

    answer = await place(bench, analysis.name, f'name:"cell-{bench.image_ids.index(wanted)}.png"')

    assert answer.placed_count == 1
    placed = (await table(bench, analysis.name)).ids[-1:]
    assert ids.unpack_ids(placed.tobytes()) == [wanted]


async def test_place_images__map_without_a_reducer(bench: Bench) -> None:
    analysis = await create(bench, query="")
    _, project_id, _, analysis_id = analysis.name.split("/")
    async with bench.parts.stores() as store:
        found = await store.analyses.get(Scope.of_loupe(), project_id, analysis_id)
        assert found is not None
        await store.analyses.save(replace(found, reducer_key=""))
        await store.commit()

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bench.stub("Analysis").PlaceImages(pb.PlaceImagesRequest(name=analysis.name), metadata=bench.who)
    with pytest.raises(grpc.aio.AioRpcError) as kept:
        await keep(bench, analysis.name)

    assert (reason(caught), reason(kept)) == ("REDUCER_MISSING", "REDUCER_MISSING")
    assert from_rpc_error(caught.value).metadata["analysis"] == analysis_id


async def test_keep_current__images_that_come_later_are_placed(bench: Bench) -> None:
    analysis = await create(bench, query="line:L0 OR line:L1")
    earlier = await bench.add_images(6)
    kept = await keep(bench, analysis.name)
    count = await operations(bench)
    since = await bench.add_images(6)
    await keep_up(bench)

    found = set(ids.unpack_ids((await table(bench, analysis.name)).ids.tobytes()))
    assert kept.kept_current
    assert count == 1
    matching = {one for n, one in enumerate(bench.image_ids) if n % 3 < 2}
    assert matching & set(earlier) <= found
    # The seventh image of a batch would have no features; of these six all have.
    assert matching & set(since) <= found
    assert found <= matching


async def test_keep_current__no_longer(bench: Bench) -> None:
    analysis = await create(bench, query="", kept_current=True)
    assert analysis.kept_current
    await keep(bench, analysis.name, kept=False)
    before = len(await table(bench, analysis.name))
    await bench.add_images(2)
    await keep_up(bench)

    assert len(await table(bench, analysis.name)) == before


async def test_keep_current__one_that_cannot_be_placed_holds_up_nobody(bench: Bench) -> None:
    analysis = await create(bench, query="", kept_current=True)
    await keep_up(bench)
    before = len(await table(bench, analysis.name))
    await bench.keeper.stop()
    new = await bench.add_images(5)
    bench.reduction.unplaceable = {new[2]}
    await keep_up(bench)

    found = ids.unpack_ids((await table(bench, analysis.name)).ids[before:].tobytes())
    assert sorted(found) == sorted(set(new) - {new[2]})


async def test_place_images__hidden_ones_stay_hidden(bench: Bench) -> None:
    analysis = await create(bench, query="", visibility=pb.Analysis.VISIBILITY_SHARED)
    (new,) = await bench.add_images(1)
    await place(bench, analysis.name)
    opened = project_service_pb2.Project(
        name=bench.project, visibility=project_service_pb2.Project.VISIBILITY_ORGANISATION
    )
    await bench.stub("Project").UpdateProject(
        project_service_pb2.UpdateProjectRequest(project=opened, update_mask=FieldMask(paths=["visibility"])),
        metadata=bench.who,
    )
    await narrow(bench, new)

    seen = await table(bench, analysis.name, bench.server.metadata(make_user()))

    assert new not in ids.unpack_ids(seen.ids.tobytes())
    assert np.isnan(seen.points).any()


async def test_point_values__placed(bench: Bench) -> None:
    analysis = await create(bench, query="")
    made = analysis.point_count
    await bench.add_images(2)
    await place(bench, analysis.name)

    request = pb.GetPointValuesRequest(name=analysis.name, field="placed")
    values = await bench.stub("Analysis").GetPointValues(request, metadata=bench.who)

    assert list(values.values) == ["later"]
    codes = np.frombuffer(values.codes, "<u4")
    assert (codes[:made] == 0xFFFFFFFF).all()
    assert (codes[made:] == 0).all()
    assert len(codes) > made


async def test_early_picture__while_the_map_is_made(bench: Bench) -> None:
    bench.reduction.goes_on.clear()
    request = pb.CreateAnalysisRequest(
        parent=bench.project,
        analysis=pb.Analysis(method=pb.Analysis.METHOD_PACMAP, selector=image_pb2.ImageSelector(query="")),
    )
    asked = await bench.stub("Analysis").CreateAnalysis(request, metadata=bench.who)
    (analysis,) = (
        await bench.stub("Analysis").ListAnalyses(pb.ListAnalysesRequest(parent=bench.project), metadata=bench.who)
    ).analyses
    _, project_id, _, analysis_id = analysis.name.split("/")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await table(bench, analysis.name)
    while not await bench.parts.objects.exists(keys.early_picture(project_id, analysis_id)):  # noqa: ASYNC110 - a store tells nobody
        await asyncio.sleep(0.02)
    picture = await table(bench, analysis.name, early=True)
    values = await bench.stub("Analysis").GetPointValues(
        pb.GetPointValuesRequest(name=analysis.name, field="label", early=True), metadata=bench.who
    )
    bench.reduction.goes_on.set()
    await bench.wait(asked.name)

    assert reason(caught) == "ANALYSIS_NOT_READY"
    assert picture.points.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert len(values.codes) == 8
    assert bench.reduction.specs[-1].recipe.WhichOneof("parameters") is None
    # Then it is the map, and the picture is gone.
    assert len(await table(bench, analysis.name, early=True)) > 2
    assert not await bench.parts.objects.exists(keys.early_picture(project_id, analysis_id))
