"""What a transaction says it has changed for search indexes, whichever repository writes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import delete, insert, select, update

from loupe_kit import ids
from loupe_project.adapters.sql.search_changes import MAX_IDS, Part
from loupe_project.adapters.sql.tables import image_changes, image_tags, images, labels, projects, tags
from loupe_project.adapters.sql.unit_of_work import ProjectUnitOfWork
from loupe_project.domain.image import NewLabel, Origin
from loupe_project.domain.image_access import AccessMode, AccessWish
from loupe_project.domain.project import Project
from tests.contract.ports.project.builders import NOW, Units, add_image, add_project, make_result, report

Recorded = tuple[Part, set[str], set[str]]
"""Parts, images with other facts, images with other tags."""


async def changes(units: Units, project: Project) -> list[Recorded]:
    async with units(read_only=True) as unit:
        rows = await unit.session.execute(
            select(image_changes).where(image_changes.c.project_id == project.id).order_by(image_changes.c.version)
        )
        return [
            (Part(row.parts), set(ids.unpack_ids(row.image_ids)), set(ids.unpack_ids(row.tagged_ids))) for row in rows
        ]


@asynccontextmanager
async def writing(units: Units) -> AsyncIterator[ProjectUnitOfWork]:
    async with units() as unit:
        yield unit
        await unit.commit()


@pytest.fixture
async def project(units: Units) -> Project:
    return await add_project(units)


async def last(units: Units, project: Project) -> Recorded:
    return (await changes(units, project))[-1]


async def test_arrival__names_the_image(units: Units, project: Project) -> None:
    image = await add_image(units, project, metadata={"line": "L1"})

    parts, image_ids, tagged = await last(units, project)

    assert parts == Part.FACTS | Part.TAGS | Part.TAG_NAMES
    assert (image_ids, tagged) == ({image}, set())


async def test_versions__rise_by_one_and_only_for_what_is_searched(units: Units, project: Project) -> None:
    await add_image(units, project)
    before = len(await changes(units, project))

    async with writing(units) as unit:
        await unit.session.execute(update(projects).where(projects.c.id == project.id).values(description="new"))
    assert len(await changes(units, project)) == before

    image = await add_image(units, project)
    async with writing(units) as unit:
        await unit.images.put_metadata(project.id, {image: {"lot": "A"}}, NOW, replace=False)
    async with units(read_only=True) as unit:
        versions = list(await unit.session.scalars(select(image_changes.c.version).order_by(image_changes.c.version)))
    assert versions == list(range(1, before + 3))


async def test_rollback__says_nothing(units: Units, project: Project) -> None:
    image = await add_image(units, project)
    before = await changes(units, project)

    async with units() as unit:
        await unit.images.put_metadata(project.id, {image: {"lot": "A"}}, NOW, replace=False)
    async with units() as unit:
        await unit.images.put_metadata(project.id, {image: {"lot": "A"}}, NOW, replace=False)
        await unit.rollback()
        await unit.commit()

    assert await changes(units, project) == before


async def test_tags__on_and_off_and_gone(units: Units, project: Project) -> None:
    image = await add_image(units, project)

    async with writing(units) as unit:
        tag_ids = list((await unit.tags.ensure(project.id, ["scratch"], Origin.USER, "users/x", NOW)).values())
        await unit.tags.put_on([image], tag_ids, Origin.USER, "users/x", NOW)
    assert await last(units, project) == (Part.TAGS | Part.TAG_NAMES, set(), {image})
    async with writing(units) as unit:
        await unit.tags.take_off([image], tag_ids)
    assert await last(units, project) == (Part.TAGS, set(), {image})
    async with writing(units) as unit:
        await unit.session.execute(delete(tags).where(tags.c.id == tag_ids[0]))
    assert await last(units, project) == (Part.TAG_NAMES, set(), set())


async def test_results_labels_and_rights(units: Units, project: Project) -> None:
    one, two = await add_image(units, project), await add_image(units, project)

    await report(units, make_result(project, one), make_result(project, two))
    parts, image_ids, _ = await last(units, project)
    assert Part.FACTS in parts
    assert image_ids == {one, two}
    async with writing(units) as unit:
        await unit.labels.put(project.id, {two: [NewLabel("dent", None)]}, "users/x", NOW)
    assert (await last(units, project))[:2] == (Part.FACTS, {two})
    async with writing(units) as unit:
        await unit.image_access.modify(project.id, [one], AccessWish(mode=AccessMode.RESTRICTED, add=()))
    assert await last(units, project) == (Part.RIGHTS, set(), set())


async def test_deletion__names_the_image_and_a_deleted_project_leaves_nothing(units: Units, project: Project) -> None:
    image = await add_image(units, project)

    async with writing(units) as unit:
        await unit.images.delete(project.id, [image], NOW)
    assert await last(units, project) == (Part.FACTS, {image}, set())
    async with writing(units) as unit:
        await unit.session.execute(delete(projects).where(projects.c.id == project.id))
    assert await changes(units, project) == []


STATEMENTS: dict[str, Callable[[Project, Sequence[str]], object]] = {
    "by a subquery": lambda p, i: update(images)
    .where(images.c.id.in_(select(images.c.id).where(images.c.project_id == p.id, images.c.file_name == "this.png")))
    .values(width=7),
    "by another column": lambda p, _: update(images)
    .where(images.c.file_name == "this.png", images.c.project_id == p.id)
    .values(width=7),
    "by one of two ids": lambda p, i: update(images)
    .where((images.c.id == i[0]) | (images.c.file_name == "nothing"))
    .values(width=7),
    "rows from a SELECT": lambda p, i: insert(labels).from_select(
        ["id", "image_id", "project_id", "display_name", "name_folded", "creator", "create_time"],
        select(
            images.c.id, images.c.id, images.c.project_id, images.c.format, images.c.format, images.c.uploader,
            images.c.upload_time,
        ).where(images.c.id == i[0]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STATEMENTS)
async def test_statement__that_does_not_name_its_images(units: Units, project: Project, name: str) -> None:
    this = await add_image(units, project, file_name="this.png")
    await add_image(units, project, file_name="that.png")

    async with writing(units) as unit:
        await unit.session.execute(STATEMENTS[name](project, [this]))  # type: ignore[call-overload] # of any kind

    assert (await last(units, project))[:2] == (Part.FACTS, {this})


async def test_tag_links__from_a_select_on_a_million_are_not_named_one_by_one(
    units: Units, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loupe_project.adapters.sql.search_changes.MAX_IDS", 1)
    assert MAX_IDS > 1
    for _ in range(2):
        await add_image(units, project)

    async with writing(units) as unit:
        (tag,) = (await unit.tags.ensure(project.id, ["all"], Origin.USER, "users/x", NOW)).values()
        columns = (images.c.id, tags.c.id, tags.c.origin, tags.c.creator, tags.c.create_time)
        joined = images.join(tags, tags.c.project_id == images.c.project_id)
        everything = select(*columns).select_from(joined).where(tags.c.id == tag)
        names = ["image_id", "tag_id", "origin", "creator", "create_time"]
        await unit.session.execute(insert(image_tags).from_select(names, everything))

    assert await last(units, project) == (Part.TAG_NAMES | Part.TAG_PLACES, set(), set())
    async with units(read_only=True) as unit:
        packed = await unit.session.scalars(select(image_changes.c.tag_ids).order_by(image_changes.c.version.desc()))
    assert ids.unpack_ids(packed.first() or b"") == [tag]


async def test_merge__names_both_tags_and_not_their_images(units: Units, project: Project) -> None:
    image = await add_image(units, project, tags=("one", "two"))
    async with writing(units) as unit:
        await unit.tags.ensure(project.id, ["three"], Origin.USER, "users/x", NOW)
        found = {name: tag.id for name, tag in (await unit.tags.find(project.id, ["one", "three"])).items()}
        links = image_tags.c
        await unit.session.execute(update(image_tags).where(links.tag_id == found["one"]).values(tag_id=found["three"]))

    async with units(read_only=True) as unit:
        packed = await unit.session.scalars(select(image_changes.c.tag_ids).order_by(image_changes.c.version.desc()))

    assert image
    assert set(ids.unpack_ids(packed.first() or b"")) == set(found.values())
    assert (await last(units, project))[1:] == (set(), set())


async def test_versions__two_first_changes_at_once(units: Units, project: Project) -> None:
    async def write(name: str) -> None:
        async with units() as unit:
            await unit.tags.ensure(project.id, [name], Origin.USER, "users/x", NOW)
            await unit.commit()

    await asyncio.gather(*(write(name) for name in ("one", "two", "three")))

    assert [parts for parts, _, _ in await changes(units, project)] == [Part.TAG_NAMES] * 3
