"""Images that were placed on maps, and those that wait for it, in both databases."""

import asyncio
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import func, select

from loupe_kit import ids
from loupe_project.adapters.sql import placements
from loupe_project.adapters.sql.tables import placed_points
from loupe_project.domain.analysis import Analysis, AnalysisState, AnalysisVisibility, MapQuality, Method, Recipe
from loupe_project.domain.coordinates import Coordinates
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.selection import Selection
from loupe_project.use_cases.retry import retry_conflicts
from tests.contract.ports.project.builders import (
    LOUPE,
    MODEL,
    NOW,
    Units,
    add_image,
    add_project,
    make_result,
    report,
)

KEEPER = Scope(user_id="ada", principal="users/ada", rights=frozenset({Right.ANALYSE}))


async def add_map(units: Units, project: Project, **fields: Any) -> Analysis:
    usual: dict[str, Any] = {
        "id": ids.new_id(),
        "project_id": project.id,
        "display_name": "Cells",
        "recipe": Recipe(Method.PACMAP, neighbors=0),
        "source": FeatureSource(MODEL, "1"),
        "visibility": AnalysisVisibility.PRIVATE,
        "selection": Selection(query="is:analysed"),
        "creator": "users/ada",
        "operation_id": ids.new_id(),
        "create_time": NOW,
        "update_time": NOW,
        "state": AnalysisState.SUCCEEDED,
        "quality": MapQuality(12, 1, 0.5, 0.99, 0.4, 7),
        "object_key": "projects/x/analyses/y.lpc",
        "reducer_key": "projects/x/analyses/y.npz",
        "keeper": KEEPER,
    }
    made = Analysis(**usual | fields)
    async with units() as unit:
        await unit.analyses.add(made)
        await unit.commit()
    return made


def at(value: float, *image_ids: str) -> Coordinates:
    packed = np.frombuffer(ids.pack_ids(image_ids), np.uint8).reshape(-1, 16)
    return Coordinates(packed, np.full((len(image_ids), 2), value, np.float32))


async def add(units: Units, analysis: Analysis, placed: Coordinates) -> int:
    async def write() -> int:
        async with units() as unit:
            added = await unit.placements.add(analysis, placed)
            await unit.commit()
        return added

    return await retry_conflicts(write)


async def placed_on(units: Units, analysis: Analysis) -> tuple[list[str], list[float], int]:
    async with units(read_only=True) as unit:
        found = await unit.placements.placed(analysis)
        now = await unit.analyses.get(LOUPE, analysis.project_id, analysis.id)
    assert now is not None
    return ids.unpack_ids(found.ids.tobytes()), found.points[:, 0].tolist(), now.placed_count


async def waiting(units: Units, after: str = "", limit: int = 9) -> tuple[str, list[str]] | None:
    async with units(read_only=True) as unit:
        found = await unit.placements.waiting(limit, after)
    return None if found is None else (found[0].id, found[1])


async def test_analysis__read_again(units: Units) -> None:
    project = await add_project(units)
    made = await add_map(units, project)

    async with units(read_only=True) as unit:
        assert await unit.analyses.get(LOUPE, project.id, made.id) == made


async def test_add__in_order_and_each_image_once(units: Units) -> None:
    project = await add_project(units)
    analysis = await add_map(units, project)
    a, b, c = [await add_image(units, project) for _ in range(3)]

    counts = [
        await add(units, analysis, at(1, b)),
        await add(units, analysis, at(2, a, b, c)),
        await add(units, analysis, at(3, a)),
    ]

    assert counts == [1, 2, 0]
    assert await placed_on(units, analysis) == ([b, a, c], [1, 2, 2], 3)


async def test_add__blocks_are_filled_up(units: Units, monkeypatch: Any) -> None:
    monkeypatch.setattr(placements, "BLOCK", 3)
    project = await add_project(units)
    analysis = await add_map(units, project)
    image_ids = [await add_image(units, project) for _ in range(8)]

    for start, end in ((0, 2), (2, 7), (7, 8)):
        await add(units, analysis, at(start, *image_ids[start:end]))

    async with units(read_only=True) as unit:
        blocks = await unit.session.scalar(select(func.count()).select_from(placed_points))
    assert blocks == 3
    assert await placed_on(units, analysis) == (image_ids, [0, 0, 2, 2, 2, 2, 2, 7], 8)


async def test_add__two_at_once(units: Units) -> None:
    project = await add_project(units)
    analysis = await add_map(units, project)
    image_ids = [await add_image(units, project) for _ in range(6)]

    counts = await asyncio.gather(
        add(units, analysis, at(1, *image_ids[:4])), add(units, analysis, at(2, *image_ids[2:]))
    )

    found, _, count = await placed_on(units, analysis)
    assert sum(counts) == count == 6
    assert sorted(found) == sorted(image_ids)


async def test_add__the_map_was_deleted(units: Units) -> None:
    project = await add_project(units)
    analysis = await add_map(units, project)
    image_id = await add_image(units, project)
    assert await add(units, analysis, at(1, image_id)) == 1
    async with units() as unit:
        await unit.analyses.delete(analysis.id)
        await unit.commit()

    assert await add(units, analysis, at(1, image_id)) == 0
    async with units(read_only=True) as unit:
        assert not await unit.session.scalar(select(func.count()).select_from(placed_points))


async def _purge(units: Units, project: Project, *image_ids: str) -> None:
    async with units() as unit:
        await unit.trash.put(project.id, image_ids, ids.new_id(), "users/ada", NOW)
        assert await unit.trash.purge(project.id, image_ids, NOW) == len(image_ids)
        await unit.commit()


async def test_add__of_an_image_that_is_gone(units: Units) -> None:
    project = await add_project(units)
    analysis = await add_map(units, project)
    gone, trashed, here = [await add_image(units, project) for _ in range(3)]
    await _purge(units, project, gone)
    async with units() as unit:
        await unit.trash.put(project.id, [trashed], ids.new_id(), "users/ada", NOW)
        await unit.commit()

    assert await add(units, analysis, at(1, gone, trashed, here)) == 2

    assert await placed_on(units, analysis) == ([trashed, here], [1, 1], 2)


async def test_forget__blanks_points_in_their_places(units: Units, monkeypatch: Any) -> None:
    monkeypatch.setattr(placements, "BLOCK", 2)
    project = await add_project(units)
    analysis, other = await add_map(units, project), await add_map(units, project)
    a, b, c = [await add_image(units, project) for _ in range(3)]
    await add(units, analysis, at(1, a, b, c))
    await add(units, other, at(1, b))

    for _ in range(2):
        async with units() as unit:
            await unit.placements.forget(analysis, [b, ids.new_id()])
            await unit.commit()

    found, places, count = await placed_on(units, analysis)
    assert (found, count) == ([a, str(UUID(int=0)), c], 3)
    assert np.isnan(places).tolist() == [False, True, False]
    assert (await placed_on(units, other))[0] == [b]


async def test_waiting__images_whose_features_came(units: Units) -> None:
    project = await add_project(units)
    kept = await add_map(units, project)
    await add_map(units, project, keeper=None)
    await add_map(units, project, source=FeatureSource(MODEL, "0"))
    await add_map(units, project, state=AnalysisState.FAILED)
    first, second, featureless = [await add_image(units, project) for _ in range(3)]
    await report(units, make_result(project, first), make_result(project, second))
    await report(units, make_result(project, featureless, feature_dimension=0))

    assert await waiting(units) == (kept.id, sorted([first, second]))
    assert await waiting(units, limit=1) == (kept.id, [min(first, second)])

    async with units() as unit:
        await unit.placements.done(kept.id, [first])
        await unit.commit()
    assert await waiting(units) == (kept.id, [second])


async def test_waiting__maps_take_turns_and_wait_until_they_are_made(units: Units) -> None:
    project = await add_project(units)
    one, other = await add_map(units, project), await add_map(units, project)
    await add_map(units, project, state=AnalysisState.RUNNING)
    image_id = await add_image(units, project)
    await report(units, make_result(project, image_id))

    assert await waiting(units, after="") == (one.id, [image_id])
    assert await waiting(units, after=one.id) == (other.id, [image_id])
    assert await waiting(units, after=other.id) == (one.id, [image_id])
