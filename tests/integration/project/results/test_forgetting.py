"""What was made of many images forgets those that are gone for good: maps and exports, through a real server."""

from typing import Any

import numpy as np
import pytest

from loupe.project.v1 import analysis_service_pb2, image_pb2
from loupe.project.v1 import export_service_pb2 as pb
from loupe_kit import ids
from loupe_kit.errors import NotFound
from loupe_project.domain import keys
from loupe_project.domain.coordinates import Coordinates
from loupe_project.domain.scope import Scope
from tests.integration.project.conftest import eventually
from tests.integration.project.results.harness import Bench
from tests.integration.project.results.test_analyses import create, request
from tests.integration.project.results.test_exports import export
from tests.integration.project.results.test_placing import place


async def purge(bench: Bench, *image_ids: str) -> None:
    """Ends images, and wakes who takes away what is left of them."""
    project_id = bench.project.split("/")[1]
    async with bench.parts.stores() as store:
        await store.trash.put(project_id, image_ids, ids.new_id(), f"users/{bench.caller.id}", bench.parts.clock.now())
        assert await store.trash.purge(project_id, image_ids, bench.parts.clock.now()) == len(image_ids)
        await store.commit()
    bench.parts.removals.ring()


async def kept_points(bench: Bench, name: str) -> Coordinates:
    """What lies in the object store of a map."""
    _, project_id, _, analysis_id = name.split("/")
    return Coordinates.decode(await bench.parts.objects.read(keys.coordinates(project_id, analysis_id)))


async def until_nothing_waits(bench: Bench) -> None:
    async def is_done() -> bool:
        bench.parts.removals.ring()
        async with bench.parts.stores(read_only=True) as store:
            return not await store.removals.oldest(1)

    await eventually(is_done)


async def test_map__points_are_blanked_where_they_are(bench: Bench) -> None:
    analysis = await create(bench, query="")
    before = await kept_points(bench, analysis.name)
    new = await bench.add_images(3)
    await place(bench, analysis.name)
    gone = ids.unpack_ids(before.ids[[2, 5]].tobytes())
    bench.reduction.unavailable = 1

    await purge(bench, *gone, new[1])
    await until_nothing_waits(bench)

    after = await kept_points(bench, analysis.name)
    blank = ~after.ids.any(axis=1)
    assert np.flatnonzero(blank).tolist() == [2, 5]
    assert np.isnan(after.points[blank]).all()
    assert (after.points[~blank] == before.points[~blank]).all()
    assert (after.ids[~blank] == before.ids[~blank]).all()
    assert bench.reduction.forgotten == [[2, 1], [5, 1]]
    _, project_id, _, analysis_id = analysis.name.split("/")
    assert await bench.parts.objects.read(keys.reducer(project_id, analysis_id)) == b"fewer"
    async with bench.parts.stores(read_only=True) as store:
        found = await store.analyses.get(Scope.of_loupe(), project_id, analysis_id)
        assert found is not None
        placed = await store.placements.placed(found)
    assert new[1] not in ids.unpack_ids(placed.ids.tobytes())
    assert {new[0], new[2]} < set(ids.unpack_ids(placed.ids.tobytes()))


async def test_map__of_which_no_place_is_left_nothing_is_placed_on(bench: Bench) -> None:
    analysis = await create(bench, query="")
    bench.reduction.left = b""

    await purge(bench, *ids.unpack_ids((await kept_points(bench, analysis.name)).ids.tobytes()))
    await until_nothing_waits(bench)

    assert not (await kept_points(bench, analysis.name)).ids.any()
    _, project_id, _, analysis_id = analysis.name.split("/")
    with pytest.raises(NotFound):
        await bench.parts.objects.read(keys.reducer(project_id, analysis_id))
    async with bench.parts.stores(read_only=True) as store:
        found = await store.analyses.get(Scope.of_loupe(), project_id, analysis_id)
    assert found is not None
    assert found.reducer_key == ""


async def test_map__an_image_goes_while_it_is_made(bench: Bench) -> None:
    bench.reduction.goes_on.clear()
    asked = await bench.stub("Analysis").CreateAnalysis(request(bench, query=""), metadata=bench.who)

    async def has_begun() -> bool:
        return bool(bench.reduction.specs)

    await eventually(has_begun)
    await purge(bench, bench.image_ids[0])
    await until_nothing_waits(bench)
    bench.reduction.goes_on.set()
    done, _ = await bench.wait(asked.name)
    made = analysis_service_pb2.Analysis()
    assert done.response.Unpack(made), done
    await until_nothing_waits(bench)

    left = ids.unpack_ids((await kept_points(bench, made.name)).ids.tobytes())
    assert bench.image_ids[0] not in left
    assert bench.image_ids[1] in left


async def test_export__goes_with_the_first_image_in_it_that_goes(bench: Bench) -> None:
    held, _ = await export(bench, [pb.Export.CONTENT_IMAGES], selector=_only(bench.image_ids[:3]))
    other, _ = await export(bench, [pb.Export.CONTENT_IMAGES], selector=_only(bench.image_ids[3:6]))

    await purge(bench, bench.image_ids[1])
    await until_nothing_waits(bench)

    listed = await bench.stub("Export").ListExports(pb.ListExportsRequest(parent=bench.project), metadata=bench.who)
    assert [one.name for one in listed.exports] == [other.name]
    left = [key async for key in bench.parts.objects.list(f"{bench.project}/exports/")]
    assert left
    assert not any(held.name.rpartition("/")[2] in key for key in left)


def _only(image_ids: list[str]) -> Any:
    return image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=image_ids))
