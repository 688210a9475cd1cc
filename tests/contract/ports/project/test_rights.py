"""Sharing means the same behind every door of the store as in plain Python, in both databases."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import delete

from loupe_kit import ids
from loupe_kit.sql import create_engine
from loupe_project.adapters.sql.tables import projects as projects_table
from loupe_project.adapters.sql.tables import removals
from loupe_project.adapters.sql.unit_of_work import ProjectUnitOfWork
from loupe_project.domain.analysis import Analysis, AnalysisVisibility, Method, Recipe
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.image_access import AccessMode, AccessWish
from loupe_project.domain.project import Project, ProjectRole
from loupe_project.domain.query import fields, tree
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import Order
from loupe_project.domain.selection import Selection
from tests.contract.ports.project.builders import MODEL, NOW, Units, add_images, make_image, make_project
from tests.contract.ports.project.rights_world import Caller, OneProject, World, worlds

ALL = tree.Everything()


@dataclass
class Written:
    """A project as it was written."""

    project: Project
    image_ids: list[str]
    batch_id: str
    shared_map: str
    own_map: str
    """Private, of the owner."""


@dataclass
class Expected:
    """What one caller shall see of one project."""

    role: ProjectRole | None
    ids: set[str]
    shades: Counter[str]


def _map(project: Project, creator: str, visibility: AnalysisVisibility) -> Analysis:
    return Analysis(
        id=ids.new_id(),
        project_id=project.id,
        display_name="Map",
        recipe=Recipe(Method.PCA),
        source=FeatureSource(MODEL, "1"),
        visibility=visibility,
        selection=Selection(query=""),
        creator=creator,
        operation_id=ids.new_id(),
        create_time=NOW,
        update_time=NOW,
    )


async def _write(units: Units, one: OneProject) -> Written:
    project = make_project(owner_id=one.owner, visibility=one.visibility, members=one.members)
    batch_id = ids.new_id()
    made = [make_image(project, metadata={"shade": i.shade}, tags=("any", f"dyed {i.shade}")) for i in one.images]
    shared = _map(project, "users/somebody", AnalysisVisibility.SHARED)
    own = _map(project, f"users/{one.owner}", AnalysisVisibility.PRIVATE)
    async with units() as unit:
        await unit.projects.add(project)
        await unit.tags.ensure(project.id, ["on no image"], "USER", "users/somebody", NOW)  # type: ignore[arg-type]
        await unit.analyses.add(shared)
        await unit.analyses.add(own)
        await unit.commit()
    if made:
        await add_images(units, project, *made, upload_batch_id=batch_id)
    async with units() as unit:
        for image, wanted in zip(made, one.images, strict=True):
            mode = wanted.access.mode if wanted.access.mode is AccessMode.RESTRICTED else None
            wish = AccessWish(mode=mode, add=wanted.access.readers)
            if wish != AccessWish():
                await unit.image_access.modify(project.id, [image.id], wish)
        await unit.commit()
    return Written(project, [image.id for image in made], batch_id, shared.id, own.id)


def _expected(world: World, caller: Caller, number: int, written: Written) -> Expected:
    pairs = list(zip(written.image_ids, world.projects[number].images, strict=True))
    seen = [(image_id, image) for image_id, image in pairs if world.sees(caller, number, image)]
    return Expected(world.role(caller, number), {one for one, _ in seen}, Counter(image.shade for _, image in seen))


async def _check_projects(unit: ProjectUnitOfWork, scope: Scope, expected: dict[str, Expected]) -> None:
    listed = await unit.projects.list_newest_first(scope, contains="", after=None, limit=10)
    counts = await unit.projects.image_counts(scope, listed)

    assert {one.id: one.caller_role for one in listed} == {key: e.role for key, e in expected.items() if e.role}
    assert {key: counts[key].total for key in counts} == {key: len(e.ids) for key, e in expected.items() if e.role}
    for project_id, one in expected.items():
        found = await unit.projects.get(scope, project_id)
        assert (found.caller_role if found else None) == one.role


async def _check_images(unit: ProjectUnitOfWork, scope: Scope, written: Written, expected: Expected) -> None:
    project_id, every = written.project.id, written.image_ids

    got = [await unit.images.get(scope, project_id, one) for one in every]
    assert {one.id for one in got if one} == expected.ids
    assert {one.image.id for one in await unit.images.details(scope, project_id, every)} == expected.ids
    assert await unit.images.existing(scope, project_id, every) == expected.ids
    assert set(await unit.exports.file_names(scope, project_id, every)) == expected.ids
    assert await unit.images.sees_all(scope, project_id) in (False, expected.ids == set(every))
    by_batch = await unit.images.counts_by_batch(scope, project_id, [written.batch_id])
    assert by_batch[written.batch_id].total == len(expected.ids)
    if expected.role in (ProjectRole.OWNER, ProjectRole.EDITOR):
        assert await unit.images.sees_all(scope, project_id)


async def _check_search(unit: ProjectUnitOfWork, scope: Scope, written: Written, expected: Expected) -> None:
    project_id, search = written.project.id, unit.search
    shade, tag = fields.find("meta.shade"), fields.find("tag")
    assert shade is not None
    assert tag is not None
    not_red = Counter({key: count for key, count in expected.shades.items() if key != "red"})

    assert set(await search.ids(scope, written.project, "")) == expected.ids
    assert ids.unpack_ids(await search.packed_ids(scope, written.project, "")) == sorted(expected.ids)
    assert len(await search.packed_ids(scope, written.project, "", "NOT meta.shade:red")) == 16 * not_red.total()
    assert (
        set((await search.page(scope, project_id, ALL, order=Order.FILE_NAME, after=(), limit=9)).ids) == expected.ids
    )
    assert await search.count(scope, project_id, ALL) == len(expected.ids)
    assert len(await search.ids(scope, written.project, "NOT meta.shade:red")) == not_red.total()
    shades = await search.facet(scope, project_id, ALL, shade, 20)
    assert {one.value: one.count for one in shades} == dict(expected.shades)
    tags = {one.value.strip('"'): one.count for one in await search.facet(scope, project_id, ALL, tag, 50)}
    dyed = {name: count for name, count in tags.items() if name.startswith("dyed")}
    assert dyed == {f"dyed {key}": count for key, count in expected.shades.items()}


async def _check_tags(unit: ProjectUnitOfWork, scope: Scope, written: Written, expected: Expected) -> None:
    project_id = written.project.id
    listed = await unit.tags.list_most_used_first(scope, project_id, contains="", after=None, limit=100)
    counts = {one.display_name: one.image_count for one in listed}
    wanted = {f"dyed {key}": count for key, count in expected.shades.items()}
    if expected.ids:
        wanted["any"] = len(expected.ids)
    if expected.role not in (None, ProjectRole.GUEST):
        wanted["on no image"] = 0

    assert {key: count for key, count in counts.items() if ":" not in key} == wanted
    for one in listed:
        again = await unit.tags.get(scope, project_id, one.id)
        assert again == one


async def _check_maps(unit: ProjectUnitOfWork, scope: Scope, written: Written, expected: Expected) -> None:
    shade = fields.find("meta.shade")
    assert shade is not None
    maps = await unit.analyses.list_newest_first(scope, written.project.id, before="", limit=10)
    wanted = set()
    if expected.role not in (None, ProjectRole.GUEST):
        wanted.add(written.shared_map)
    if expected.role is ProjectRole.OWNER and scope.principal.startswith("users/"):
        wanted.add(written.own_map)

    assert {one.id for one in maps} == wanted
    for field in (shade, fields.find("format")):
        assert field is not None
        values = await unit.analyses.point_values(scope, written.project.id, field, written.image_ids)
        assert set(values) == expected.ids


async def _check(database_url: str, world: World) -> None:
    engine = create_engine(database_url)
    units = partial(ProjectUnitOfWork, engine)
    try:
        written = [await _write(units, one) for one in world.projects]
        project_ids = [one.project.id for one in written]
        for caller in world.callers:
            scope = world.scope(caller, project_ids)
            expected = [_expected(world, caller, number, one) for number, one in enumerate(written)]
            async with units(read_only=True) as unit:
                await _check_projects(unit, scope, dict(zip(project_ids, expected, strict=True)))
                for one, wanted in zip(written, expected, strict=True):
                    await _check_images(unit, scope, one, wanted)
                    await _check_search(unit, scope, one, wanted)
                    await _check_tags(unit, scope, one, wanted)
                    await _check_maps(unit, scope, one, wanted)
    finally:
        async with units() as unit:
            await unit.session.execute(delete(projects_table))
            await unit.session.execute(delete(removals))
            await unit.commit()
        await engine.dispose()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
)
@given(world=worlds())
def test_every_door__agrees_with_the_rules(database_url: str, world: World) -> None:
    asyncio.run(_check(database_url, world))


@pytest.mark.slow
@settings(
    max_examples=1000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(world=worlds())
def test_every_door__agrees_with_the_rules_in_many_worlds(database_url: str, world: World) -> None:
    asyncio.run(_check(database_url, world))
