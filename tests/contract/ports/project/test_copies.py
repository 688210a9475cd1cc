"""Copies of images in another project, in both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from loupe_kit import ids
from loupe_project.adapters.sql.tables import analysis_jobs, prediction_boxes, predictions
from loupe_project.domain import keys
from loupe_project.domain.copying import CopyPlan
from loupe_project.domain.image import Box, FeatureSource, ImageState, NewLabel, Origin
from loupe_project.domain.image_access import AccessMode, AccessWish
from loupe_project.domain.job import FoundBox
from loupe_project.domain.project import Member, PrincipalKind, Project, ProjectRole
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import StoreConflict
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
    make_result,
    report,
    tag_names,
)

LATER = NOW + timedelta(days=40)
OWN = FeatureSource(MODEL, "1")


async def plan(units: Units, source: Project, target: Project, *image_ids: str, scope: Scope = LOUPE) -> CopyPlan:
    async with units(read_only=True) as unit:
        return await unit.copies.plan(scope, source.id, target, {one: ids.new_id() for one in image_ids})


async def write(units: Units, source: Project, target: Project, planned: CopyPlan) -> list[str]:
    """Writes the copies, with all features that can come along."""
    features = {one: {planned.new[each] for each in some} for one, some in planned.features.items()}
    async with units() as unit:
        written = await unit.copies.write(source.id, target, planned, features, "users/bob", LATER)
        await unit.commit()
    return list(written)


async def copy(units: Units, source: Project, target: Project, image_id: str) -> str:
    planned = await plan(units, source, target, image_id)
    assert await write(units, source, target, planned) == [image_id]
    return planned.new[image_id]


async def rich_image(units: Units, project: Project) -> str:
    """An image of which everything is known."""
    image_id = await add_image(
        units,
        project,
        metadata={"line": "L3", "n": 17.0, "ok": True},
        labels=(NewLabel("NG"), NewLabel("crack", Box(1, 2, 30, 40))),
        tags=("mine",),
        capture_time=NOW - timedelta(days=60),
    )
    boxes = (FoundBox("crack", 0.9, 1, 2, 3, 4),)
    await report(units, make_result(project, image_id, task="detection", boxes=boxes))
    return image_id


async def test_copy__everything_comes_along(units: Units) -> None:
    source, target = await add_project(units), await add_project(units)
    image_id = await rich_image(units, source)
    before = await details(units, source, image_id)

    copy_id = await copy(units, source, target, image_id)

    assert await details(units, source, image_id) == before
    found = await details(units, target, copy_id)
    assert found.metadata == before.metadata
    assert [(one.display_name, one.box, one.creator, one.create_time) for one in found.labels] == [
        (one.display_name, one.box, one.creator, one.create_time) for one in before.labels
    ]
    assert [(one.display_name, one.origin) for one in found.tags if one.origin is Origin.USER] == [
        ("mine", Origin.USER)
    ]
    assert [one.creator for one in found.tags if one.display_name == "mine"] == [f"users/{source.owner_id}"]
    assert tag_names(found) == tag_names(before)
    assert (found.predictions, found.feature_sources) == (before.predictions, before.feature_sources)
    image, first = found.image, before.image
    assert (image.state, image.label, image.confidence) == (ImageState.ANALYSED, "Scratch", 0.75)
    assert (image.object_key, image.thumbnail_key) == (first.object_key, first.thumbnail_key)
    assert (image.capture_time, image.truth) == (first.capture_time, "NG")
    assert (image.upload_time, image.uploader, image.upload_batch_id) == (LATER, "users/bob", None)
    async with units(read_only=True) as unit:
        own = select(prediction_boxes.c.label).join(predictions, predictions.c.id == prediction_boxes.c.prediction_id)
        assert list(await unit.session.scalars(own.where(prediction_boxes.c.image_id == copy_id))) == ["crack"]
        jobs = select(analysis_jobs.c.image_id).where(analysis_jobs.c.project_id == target.id)
        assert list(await unit.session.scalars(jobs)) == []


async def test_copy__another_model_looks_anew(units: Units) -> None:
    source, target = await add_project(units), await add_project(units, model_version="2")
    image_id = await rich_image(units, source)

    planned = await plan(units, source, target, image_id)
    await write(units, source, target, planned)

    assert (planned.answered, planned.features) == (frozenset(), {})
    found = await details(units, target, planned.new[image_id])
    assert (found.image.state, found.image.label, found.predictions) == (ImageState.PENDING, None, ())
    assert tag_names(found) == ["line:L3", "month:2026-09", "source:grpc", "mine"]
    assert found.feature_sources == ()
    async with units(read_only=True) as unit:
        (job,) = (await unit.session.execute(select(analysis_jobs))).all()
    assert (job.image_id, job.version, job.object_key) == (found.image.id, "2", found.image.object_key)


async def test_plan__what_the_target_has_and_what_the_caller_sees(units: Units) -> None:
    viewer = ids.new_id()
    source = await add_project(units, members=(Member(PrincipalKind.USER, viewer, ProjectRole.VIEWER),))
    target = await add_project(units)
    fresh, hidden, thrown = [await add_image(units, source) for _ in range(3)]
    twin = make_image(source)
    await add_images(units, source, twin)
    (there,) = await add_images(units, target, make_image(target, sha256=twin.sha256))
    async with units() as unit:
        await unit.image_access.modify(source.id, [hidden], AccessWish(mode=AccessMode.RESTRICTED))
        await unit.trash.put(source.id, [thrown], ids.new_id(), "users/ada", NOW)
        await unit.commit()

    scope = Scope(user_id=viewer, principal=f"users/{viewer}")
    planned = await plan(units, source, target, fresh, hidden, thrown, twin.id, scope=scope)

    assert set(planned.new) == {fresh}
    assert planned.known == {twin.id: there.image_id}


async def test_write__what_arrived_meanwhile_is_a_conflict(units: Units) -> None:
    source, target = await add_project(units), await add_project(units)
    image = make_image(source)
    await add_images(units, source, image)
    planned = await plan(units, source, target, image.id)
    await add_images(units, target, make_image(target, sha256=image.sha256))

    with pytest.raises(StoreConflict):
        await write(units, source, target, planned)


async def test_write__what_is_gone_meanwhile_is_passed_over(units: Units) -> None:
    source, target = await add_project(units), await add_project(units)
    gone, kept = await add_image(units, source), await add_image(units, source)
    planned = await plan(units, source, target, gone, kept)
    async with units() as unit:
        await unit.images.delete(source.id, [gone], NOW)
        await unit.commit()

    assert await write(units, source, target, planned) == [kept]


async def test_write__features_that_did_not_come_are_not_told(units: Units) -> None:
    source, target = await add_project(units), await add_project(units)
    image_id = await rich_image(units, source)
    planned = await plan(units, source, target, image_id)
    assert planned.features == {OWN: (image_id,)}

    async with units() as unit:
        await unit.copies.write(source.id, target, planned, {}, "users/bob", LATER)
        await unit.commit()

    assert (await details(units, target, planned.new[image_id])).feature_sources == ()


async def test_narrowed__stays_so(units: Units) -> None:
    source, target = await add_project(units), await add_project(units)
    image_id = await add_image(units, source)
    async with units() as unit:
        await unit.image_access.modify(source.id, [image_id], AccessWish(mode=AccessMode.RESTRICTED))
        await unit.commit()

    copy_id = await copy(units, source, target, image_id)

    async with units(read_only=True) as unit:
        assert (await unit.image_access.get(copy_id)).mode is AccessMode.RESTRICTED


async def test_bytes__needed_until_the_last_copy_is_gone(units: Units) -> None:
    source, target, third = [await add_project(units) for _ in range(3)]
    image_id = await add_image(units, source)
    key = keys.image(source.id, image_id)
    copy_id = await copy(units, source, target, image_id)
    copy_of_copy = await copy(units, target, third, copy_id)

    async def gone(project: Project, one: str) -> set[str]:
        """Deletes for good; gives the keys of the bytes that are still needed."""
        async with units() as unit:
            await unit.images.delete(project.id, [one], LATER)
            await unit.commit()
        async with units(read_only=True) as unit:
            return await unit.removals.needed([key, keys.image(source.id, ids.new_id())])

    assert await gone(source, image_id) == {key}
    assert await gone(target, copy_id) == {key}
    assert await gone(third, copy_of_copy) == set()
    async with units(read_only=True) as unit:
        removals = await unit.removals.oldest(10)
    assert [(one.project_id, one.image_id, one.object_key) for one in removals] == [
        (source.id, image_id, None),
        (target.id, copy_id, key),
        (third.id, copy_of_copy, key),
    ]


async def test_bytes__of_a_project_that_is_gone(units: Units) -> None:
    source, target = await add_project(units), await add_project(units)
    shared, alone = await add_image(units, source), await add_image(units, source)
    back = await add_image(units, target)
    await copy(units, source, target, shared)
    copy_id = await copy(units, target, source, back)

    async with units() as unit:
        await unit.projects.delete(source.id, LATER)
        await unit.commit()

    async with units(read_only=True) as unit:
        assert await unit.removals.shared_with_others(source.id) == {keys.image(source.id, shared)}
        assert await unit.removals.needed([keys.image(source.id, one) for one in (shared, alone)]) == {
            keys.image(source.id, shared)
        }
        assert await unit.removals.needed([keys.image(target.id, back)]) == {keys.image(target.id, back)}
        removals = await unit.removals.oldest(10)
    assert [(one.image_id, one.object_key) for one in removals] == [
        (None, None),
        (copy_id, keys.image(target.id, back)),
    ]
