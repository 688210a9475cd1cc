"""Images that arrive and change, in both databases."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from loupe_project.adapters.sql.tables import analysis_jobs, images, tags
from loupe_project.domain.image import Box, ImageState, NewLabel, Origin
from tests.contract.ports.project.builders import (
    LOUPE,
    MODEL,
    NOW,
    Units,
    add_image,
    add_images,
    add_project,
    details,
    make_image,
    tag_names,
)

DAY = timedelta(days=1)


async def test_add__everything_given_comes_back(units: Units) -> None:
    project = await add_project(units)
    metadata = {"line": "L3", "온도": 61.5, "Ok": True, "note": "a " * 900, "serial": "0042", "n": 17.0}
    labels = (NewLabel("NG"), NewLabel("crack", Box(1.5, 2, 30, 40)))

    image_id = await add_image(
        units,
        project,
        file_name="사진/셀🌞.PNG",
        metadata=metadata,
        labels=labels,
        tags=("Train", "b"),
        capture_time=NOW,
    )

    found = await details(units, project, image_id)
    assert found.image.file_name == "사진/셀🌞.PNG"
    assert (found.image.state, found.image.truth, found.image.capture_time) == (ImageState.PENDING, "NG", NOW)
    assert found.metadata == metadata
    assert [(one.display_name, one.box) for one in found.labels] == [("NG", None), ("crack", Box(1.5, 2, 30, 40))]
    assert tag_names(found) == ["line:L3", "month:2026-11", "source:grpc", "b", "Train"]
    assert [one.origin for one in found.tags] == [Origin.AUTO] * 3 + [Origin.USER] * 2


async def test_add__one_job_for_each(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)

    async with units(read_only=True) as unit:
        (job,) = (await unit.session.execute(select(analysis_jobs))).all()

    assert (job.image_id, job.model, job.version, job.attempt) == (image_id, MODEL, "1", 1)
    assert job.published_time is None


async def test_add__same_bytes_are_one_image(units: Units) -> None:
    project, other = await add_project(units), await add_project(units)
    first = make_image(project)
    await add_images(units, project, first)
    twin, fresh = make_image(project, sha256=first.sha256), make_image(project)
    fresh_twin = make_image(project, sha256=fresh.sha256)

    added = await add_images(units, project, twin, fresh, fresh_twin)
    elsewhere = await add_images(units, other, make_image(other, sha256=first.sha256))

    assert [(one.image_id, one.is_duplicate) for one in added] == [
        (first.id, True),
        (fresh.id, False),
        (fresh.id, True),
    ]
    assert not elsewhere[0].is_duplicate


async def test_add__tags_that_look_automatic_are_left_out(units: Units) -> None:
    project = await add_project(units)

    image_id = await add_image(units, project, tags=("LINE:l9", "month:1999-01", "mine"))

    assert tag_names(await details(units, project, image_id)) == ["month:2026-11", "source:grpc", "mine"]


async def test_add__tags_differ_by_text_not_by_case_or_unicode_form(units: Units) -> None:
    project = await add_project(units)

    await add_image(units, project, tags=("Gr\u00f6\u00dfe", "a"))
    await add_image(units, project, tags=("gro\u0308\u00dfe", "A", "a b", "ab"))

    async with units(read_only=True) as unit:
        found = await unit.tags.list_most_used_first(LOUPE, project.id, contains="", after=None, limit=20)
    assert {one.display_name: one.image_count for one in found if one.origin is Origin.USER} == {
        "Gr\u00f6\u00dfe": 2,
        "a": 2,
        "a b": 1,
        "ab": 1,
    }


async def test_add__two_at_once_make_one_tag(units: Units) -> None:
    project = await add_project(units)

    await asyncio.gather(*(add_image(units, project, tags=("new",)) for _ in range(4)))

    async with units(read_only=True) as unit:
        assert await unit.session.scalar(select(func.count()).where(tags.c.name_folded == "new")) == 1
        assert await unit.session.scalar(select(func.count()).select_from(images)) == 4


async def test_put_metadata__merges_and_mends_tags(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project, metadata={"line": "L1", "lot": "A1", "kept": 1.0})

    async with units() as unit:
        await unit.images.put_metadata(project.id, {image_id: {"Line": "L2", "camera": 3.0}}, NOW, replace=False)
        await unit.commit()

    found = await details(units, project, image_id)
    assert found.metadata == {"Line": "L2", "lot": "A1", "kept": 1.0, "camera": 3.0}
    assert tag_names(found) == ["camera:3", "line:L2", "lot:A1", "month:2026-11", "source:grpc"]


async def test_put_metadata__replaces(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project, metadata={"line": "L1", "kept": 1.0})
    other_id = await add_image(units, project, metadata={"line": "L1"})

    async with units() as unit:
        await unit.images.put_metadata(project.id, {image_id: {"x": False}}, NOW, replace=True)
        await unit.commit()

    found = await details(units, project, image_id)
    assert found.metadata == {"x": False}
    assert tag_names(found) == ["month:2026-11", "source:grpc"]
    assert "line:L1" in tag_names(await details(units, project, other_id))


async def test_set_capture_times__month_follows(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    taken = datetime(2025, 3, 1, 0, 30, tzinfo=UTC)

    async with units() as unit:
        await unit.images.set_capture_times(project.id, {image_id: taken}, NOW)
        await unit.commit()

    found = await details(units, project, image_id)
    assert found.image.capture_time == taken
    assert tag_names(found) == ["month:2025-03", "source:grpc"]


async def test_delete__images_of_the_project_alone(units: Units) -> None:
    project, other = await add_project(units), await add_project(units)
    gone, kept = await add_image(units, project), await add_image(units, project)
    foreign = await add_image(units, other)

    async with units() as unit:
        assert await unit.images.delete(project.id, [gone, foreign], NOW) == 1
        assert await unit.images.delete(project.id, [gone], NOW) == 0
        await unit.commit()

    async with units(read_only=True) as unit:
        assert await unit.images.existing(LOUPE, project.id, [gone, kept, foreign]) == {kept}
        assert await unit.images.existing(LOUPE, other.id, [foreign]) == {foreign}
        (removal,) = await unit.removals.oldest(10)
        assert (removal.project_id, removal.image_id) == (project.id, gone)


async def test_removals__done_are_forgotten(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    async with units() as unit:
        await unit.images.delete(project.id, [image_id], NOW)
        (removal,) = await unit.removals.oldest(10)
        await unit.removals.done([removal.id])
        await unit.commit()

    async with units(read_only=True) as unit:
        assert await unit.removals.oldest(10) == []


async def test_details__in_the_order_asked(units: Units) -> None:
    project = await add_project(units)
    one, two, three = [await add_image(units, project) for _ in range(3)]

    async with units(read_only=True) as unit:
        found = await unit.images.details(LOUPE, project.id, [three, "unknown", one, two])

    assert [each.image.id for each in found] == [three, one, two]
    assert found[0].predictions == ()
