"""Projects in both databases: who sees what, pages, overwriting, the end."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from loupe_kit import ids
from loupe_project.adapters.sql.tables import Base, removals
from loupe_project.domain.project import ImageCounts, Member, PrincipalKind, ProjectRole, Visibility
from loupe_project.domain.scope import Scope
from tests.contract.ports.project.builders import (
    LOUPE,
    NOW,
    Units,
    add_image,
    add_project,
    make_failure,
    make_result,
    report,
)

ADA = ids.new_id()
DEPARTMENT = ids.new_id()
USER = Scope(user_id=ADA, department_id=DEPARTMENT)


async def test_get__all_of_a_project_comes_back(units: Units) -> None:
    members = (
        Member(PrincipalKind.DEPARTMENT, DEPARTMENT, ProjectRole.EDITOR),
        Member(PrincipalKind.USER, ADA, ProjectRole.VIEWER),
    )
    project = await add_project(
        units, display_name="태양전지 🌞", description="x" * 2000, members=members, caller_role=ProjectRole.OWNER
    )

    async with units(read_only=True) as unit:
        assert await unit.projects.get(LOUPE, project.id) == project


@pytest.mark.parametrize(
    ("fields", "role"),
    [
        ({}, None),
        ({"owner_id": ADA}, ProjectRole.OWNER),
        ({"visibility": Visibility.ORGANISATION}, ProjectRole.VIEWER),
        ({"members": (Member(PrincipalKind.USER, ADA, ProjectRole.VIEWER),)}, ProjectRole.VIEWER),
        ({"members": (Member(PrincipalKind.USER, ADA, ProjectRole.EDITOR),)}, ProjectRole.EDITOR),
        ({"members": (Member(PrincipalKind.DEPARTMENT, DEPARTMENT, ProjectRole.EDITOR),)}, ProjectRole.EDITOR),
        ({"members": (Member(PrincipalKind.DEPARTMENT, ADA, ProjectRole.EDITOR),)}, None),
        ({"members": (Member(PrincipalKind.USER, ids.new_id(), ProjectRole.EDITOR),)}, None),
    ],
)
async def test_get__visible_to_owner_members_and_organisation(
    units: Units, fields: dict[str, object], role: ProjectRole | None
) -> None:
    project = await add_project(units, **fields)

    async with units(read_only=True) as unit:
        found = await unit.projects.get(USER, project.id)
        listed = await unit.projects.list_newest_first(USER, contains="", after=None, limit=10)

    assert (found.caller_role if found else None) is role
    assert [one.id for one in listed] == ([project.id] if role else [])


async def test_get__key_sees_its_projects_only(units: Units) -> None:
    mine, other = await add_project(units, owner_id=ADA), await add_project(units, owner_id=ADA)
    foreign = await add_project(units)
    key = Scope(user_id=ADA, key_projects=frozenset({mine.id, foreign.id}))

    async with units(read_only=True) as unit:
        assert [one.id for one in await unit.projects.list_newest_first(key, contains="", after=None, limit=9)] == [
            mine.id
        ]
        assert await unit.projects.get(key, other.id) is None
        assert await unit.projects.get(key, foreign.id) is None


async def test_get__nobody_sees_nothing(units: Units) -> None:
    project = await add_project(units, visibility=Visibility.ORGANISATION)

    async with units(read_only=True) as unit:
        assert await unit.projects.get(Scope(), project.id) is None


async def test_list__pages_newest_first(units: Units) -> None:
    made = [await add_project(units, create_time=NOW + timedelta(seconds=n // 2)) for n in range(5)]
    wanted = [one.id for one in sorted(made, key=lambda one: (one.create_time, one.id), reverse=True)]

    async with units(read_only=True) as unit:
        first = await unit.projects.list_newest_first(LOUPE, contains="", after=None, limit=3)
        after = (first[-1].create_time, first[-1].id)
        rest = await unit.projects.list_newest_first(LOUPE, contains="", after=after, limit=3)

    assert [one.id for one in (*first, *rest)] == wanted


@pytest.mark.parametrize(("contains", "names"), [("größe", ["GRÖSSE"]), ("%", ["100%"]), ("_", [])])
async def test_list__filter_is_no_pattern(units: Units, contains: str, names: list[str]) -> None:
    for name in ("GRÖSSE", "100%", "other"):
        await add_project(units, display_name=name)

    async with units(read_only=True) as unit:
        found = await unit.projects.list_newest_first(LOUPE, contains=contains.replace("ß", "ss"), after=None, limit=9)

    assert [one.display_name for one in found] == names


async def test_save__needs_the_revision_that_was_read(units: Units) -> None:
    project = await add_project(units)
    changed = replace(project, display_name="New", revision=2)

    async with units() as unit:
        assert not await unit.projects.save(changed, revision=7)
        assert await unit.projects.save(changed, revision=1)
        await unit.commit()
    async with units(read_only=True) as unit:
        found = await unit.projects.get(LOUPE, project.id)

    assert found is not None
    assert (found.display_name, found.revision) == ("New", 2)


async def test_delete__leaves_nothing_but_the_order_to_remove(units: Units) -> None:
    project = await add_project(units, members=(Member(PrincipalKind.USER, ADA, ProjectRole.VIEWER),))
    image_id = await add_image(units, project, metadata={"line": "L3"}, tags=("train",))
    await report(units, make_result(project, image_id))

    async with units() as unit:
        await unit.projects.delete(project.id, NOW)
        await unit.commit()

    async with units(read_only=True) as unit:
        left = {
            table.name: await unit.session.scalar(select(func.count()).select_from(table))
            for table in Base.metadata.sorted_tables
        }
        assert {name for name, count in left.items() if count} == {removals.name}
        (removal,) = await unit.removals.oldest(10)
    assert (removal.project_id, removal.image_id) == (project.id, None)


async def test_image_counts__by_state(units: Units) -> None:
    project, empty = await add_project(units), await add_project(units)
    first, second, _ = [await add_image(units, project) for _ in range(3)]
    await report(units, make_result(project, first), make_failure(project, second))

    async with units(read_only=True) as unit:
        counts = await unit.projects.image_counts(LOUPE, [project, empty])

    assert counts == {project.id: ImageCounts(pending=1, analysed=1, failed=1), empty.id: ImageCounts()}
    assert counts[project.id].total == 3
