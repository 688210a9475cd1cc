"""Heads, their answers and the images that wait for them, in both databases."""

from dataclasses import replace

from sqlalchemy import select

from loupe_kit import ids
from loupe_project.adapters.sql.tables import predictions
from loupe_project.domain.head import Head, HeadAnswer, HeadFigures, HeadKind, HeadState
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.job import ModelChoice
from loupe_project.domain.project import Project
from loupe_project.domain.selection import Selection as Images
from tests.contract.ports.project.builders import (
    LOUPE,
    MODEL,
    NOW,
    Units,
    add_image,
    add_project,
    details,
    make_result,
    report,
)

FIGURES = HeadFigures(HeadKind.RBF, 5, 0.9, 0.85, 0.8, 0.3, 0.02, ((7, 1), (2, 10)), 3, 1.5)


def make_head(project: Project, version: int = 1, name: str = "solder") -> Head:
    return Head(
        id=ids.new_id(),
        project_id=project.id,
        head_name=name,
        version=version,
        images=Images(query="has:truth"),
        source=FeatureSource(MODEL, "1"),
        seed=7,
        creator="users/ada",
        operation_id=ids.new_id(),
        create_time=NOW,
        update_time=NOW,
    )


async def add_head(units: Units, head: Head, *, in_use: bool = False, as_verdict: bool = False) -> Head:
    async with units() as unit:
        await unit.heads.add(head)
        if in_use:
            await unit.heads.use(head, as_verdict=as_verdict)
        await unit.commit()
    return replace(head, in_use=in_use, is_verdict=as_verdict)


async def answer(units: Units, head: Head, *image_ids: str, label: str = "균열") -> None:
    async with units() as unit:
        answers = [HeadAnswer(one, label, 0.9, b"what it said") for one in image_ids]
        await unit.heads.put_answers(head, answers, NOW)
        await unit.heads.answered(head, image_ids)
        await unit.commit()


async def said(units: Units, project: Project, image_id: str) -> tuple[str | None, str | None, str | None]:
    image = (await details(units, project, image_id)).image
    return image.model, image.version, image.label


async def analysed(units: Units, project: Project, count: int = 1) -> list[str]:
    image_ids = [await add_image(units, project) for _ in range(count)]
    await report(units, *(make_result(project, one) for one in image_ids))
    return image_ids


async def test_save__read_again(units: Units) -> None:
    project = await add_project(units)
    head = await add_head(units, make_head(project))
    done = replace(
        head, state=HeadState.SUCCEEDED, classes=("OK", "균열"), figures=FIGURES, object_key="projects/x/heads/y.npz"
    )

    async with units() as unit:
        assert await unit.heads.save(done)
        await unit.commit()

    async with units(read_only=True) as unit:
        assert await unit.heads.get(LOUPE, project.id, head.id) == done
        assert await unit.heads.get(LOUPE, ids.new_id(), head.id) is None


async def test_list__newest_first_and_newest_of_a_name(units: Units) -> None:
    project = await add_project(units)
    first = await add_head(units, make_head(project))
    other = await add_head(units, make_head(project, name="paint"))
    second = await add_head(units, make_head(project, version=2))

    async with units(read_only=True) as unit:
        assert await unit.heads.list_newest_first(LOUPE, project.id, before="", limit=9) == [second, other, first]
        assert await unit.heads.list_newest_first(LOUPE, project.id, before=second.id, limit=1) == [other]
        assert await unit.heads.newest(project.id, "solder") == second
        assert await unit.heads.newest(project.id, "none") is None


async def test_use__one_version_of_a_name_and_one_verdict(units: Units) -> None:
    project = await add_project(units)
    first = await add_head(units, make_head(project), in_use=True, as_verdict=True)
    other = await add_head(units, make_head(project, name="paint"), in_use=True)
    second = await add_head(units, make_head(project, version=2), in_use=True)

    async def state() -> dict[str, tuple[bool, bool]]:
        async with units(read_only=True) as unit:
            found = await unit.heads.list_newest_first(LOUPE, project.id, before="", limit=9)
        return {one.id: (one.in_use, one.is_verdict) for one in found}

    assert await state() == {first.id: (False, False), other.id: (True, False), second.id: (True, False)}
    async with units() as unit:
        await unit.heads.use(second, as_verdict=True)
        await unit.heads.use(other, as_verdict=True)
        await unit.commit()
    assert await state() == {first.id: (False, False), other.id: (True, True), second.id: (True, False)}


async def test_lacking__pages_of_images_with_features(units: Units) -> None:
    project = await add_project(units)
    head = await add_head(units, make_head(project))
    first, second, third = sorted(await analysed(units, project, 3))
    bare = await add_image(units, project)
    await report(units, make_result(project, bare, feature_dimension=0))
    await answer(units, head, second)

    async with units(read_only=True) as unit:
        assert await unit.heads.lacking(head, after="", limit=9) == [first, third]
        assert await unit.heads.lacking(head, after=first, limit=9) == [third]
        assert await unit.heads.lacking(head, after="", limit=1) == [first]


async def test_put_answers__in_the_place_of_older_ones(units: Units) -> None:
    project = await add_project(units)
    head = await add_head(units, make_head(project))
    (image_id,) = await analysed(units, project)

    await answer(units, head, image_id, ids.new_id(), label="OK")
    await answer(units, head, image_id)

    found = await details(units, project, image_id)
    told = [(one.model, one.version, one.output) for one in found.predictions]
    assert sorted(told) == [(MODEL, "1", b"what it said"), ("head-solder", "1", b"what it said")]
    assert found.image.label == "Scratch"


async def test_verdicts__follow_the_head_and_come_back(units: Units) -> None:
    project = await add_project(units)
    head = await add_head(units, make_head(project), in_use=True, as_verdict=True)
    first, second = await analysed(units, project, 2)
    assert await said(units, project, first) == (None, None, None)

    await answer(units, head, first)

    assert await said(units, project, first) == ("head-solder", "1", "균열")
    async with units() as unit:
        await unit.heads.use(head, as_verdict=False)
        await unit.heads.follow_verdicts(project.id, NOW)
        await unit.commit()
    assert await said(units, project, first) == (MODEL, "1", "Scratch")
    assert await said(units, project, second) == (MODEL, "1", "Scratch")
    async with units() as unit:
        await unit.heads.use(head, as_verdict=True)
        await unit.heads.follow_verdicts(project.id, NOW)
        await unit.commit()
    assert await said(units, project, first) == ("head-solder", "1", "균열")
    assert await said(units, project, second) == (None, None, None)


async def test_waiting__what_was_analysed_since(units: Units) -> None:
    project = await add_project(units)
    before = await analysed(units, project)
    head = await add_head(units, make_head(project), in_use=True)
    await add_head(units, make_head(project, name="idle"))
    others = await add_project(units)
    await analysed(units, others)
    image_ids = sorted(await analysed(units, project, 2))

    async with units(read_only=True) as unit:
        assert await unit.heads.waiting(9) == (head, image_ids)
        assert await unit.heads.waiting(1) == (head, image_ids[:1])
    await answer(units, head, *image_ids)
    async with units(read_only=True) as unit:
        assert await unit.heads.waiting(9) is None
        assert await unit.heads.lacking(head, after="", limit=9) == before


async def test_waiting__features_of_another_version_do_not_count(units: Units) -> None:
    project = await add_project(units)
    await add_head(units, replace(make_head(project), source=FeatureSource(MODEL, "2")), in_use=True)
    await analysed(units, project)

    async with units(read_only=True) as unit:
        assert await unit.heads.waiting(9) is None


async def test_change_model__verdicts_are_the_new_models(units: Units) -> None:
    project = await add_project(units)
    head = await add_head(units, make_head(project), in_use=True, as_verdict=True)
    (image_id,) = await analysed(units, project)
    await answer(units, head, image_id)

    async with units() as unit:
        await unit.jobs.change_model(project, ModelChoice(MODEL, "0"), NOW)
        await unit.commit()

    assert await said(units, project, image_id) == (MODEL, "1", "Scratch")
    async with units(read_only=True) as unit:
        found = await unit.heads.get(LOUPE, project.id, head.id)
    assert found is not None
    assert (found.in_use, found.is_verdict) == (True, False)


async def test_delete__with_answers_tasks_and_verdicts(units: Units) -> None:
    project = await add_project(units)
    head = await add_head(units, make_head(project), in_use=True, as_verdict=True)
    kept = await add_head(units, make_head(project, version=2))
    first, second = await analysed(units, project, 2)
    await answer(units, head, first)
    await answer(units, kept, first)

    async with units() as unit:
        await unit.heads.delete(head, NOW)
        await unit.commit()

    assert await said(units, project, first) == (MODEL, "1", "Scratch")
    assert await said(units, project, second) == (MODEL, "1", "Scratch")
    async with units(read_only=True) as unit:
        assert await unit.heads.waiting(9) is None
        models = select(predictions.c.model, predictions.c.version).where(predictions.c.image_id == first)
        assert sorted(map(tuple, await unit.session.execute(models))) == [(MODEL, "1"), ("head-solder", "2")]
