"""Answers of models and the jobs that wait for them, in both databases."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from loupe_project.adapters.sql.tables import analysis_jobs, prediction_boxes, predictions
from loupe_project.domain.image import FeatureSource, ImageState
from loupe_project.domain.job import Appearance, FoundBox, Job, ModelChoice
from loupe_project.domain.project import Project
from tests.contract.ports.project.builders import (
    LOUPE,
    MODEL,
    NOW,
    Units,
    add_image,
    add_project,
    details,
    make_failure,
    make_result,
    report,
    tag_names,
)

OWN = ModelChoice(MODEL, "1")
YOLO = ModelChoice("yolo", "3")
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


async def test_store__answer_is_kept(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)

    assert await report(units, make_result(project, image_id)) == 1

    found = await details(units, project, image_id)
    assert (found.image.state, found.image.label, found.image.confidence) == (ImageState.ANALYSED, "Scratch", 0.75)
    assert [(one.model, one.version, one.output) for one in found.predictions] == [(MODEL, "1", b"what it said")]
    assert found.feature_sources == (FeatureSource(MODEL, "1"),)
    assert tag_names(found)[:3] == ["label:Scratch", f"model:{MODEL}", "month:2026-11"]
    assert "task:classification" in tag_names(found)
    assert await _job_count(units) == 0


async def test_store__how_an_image_looks_is_searched_by_and_stays(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await report(units, make_result(project, image_id, appearance=Appearance(0.5, 0.1, 0.25)))
    await _order(units, project, image_id)
    # As a server of an older release reports it.
    await report(units, make_result(project, image_id, attempt=2))

    async with units(read_only=True) as unit:
        for query, found in (
            ("brightness:0.5 contrast<0.2 sharpness:0.2..0.3", [image_id]),
            ("선명도>0.25", []),
            ("has:sharpness", [image_id]),
        ):
            assert await unit.search.ids(LOUPE, project, query) == found


async def test_store__repeat_changes_nothing(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await report(units, make_result(project, image_id))

    assert await report(units, make_result(project, image_id, label="other")) == 0

    assert (await details(units, project, image_id)).image.label == "Scratch"


async def test_store__same_result_twice_in_a_report_counts_once(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)

    assert await report(units, make_result(project, image_id), make_result(project, image_id)) == 1


async def test_store__older_attempt_is_ignored(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await _order(units, project, image_id)

    assert await report(units, make_result(project, image_id, attempt=1)) == 0
    assert await report(units, make_result(project, image_id, attempt=2)) == 1


async def test_store__attempt_goes_on_counting_after_an_answer(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await report(units, make_result(project, image_id))
    await _order(units, project, image_id)

    assert await report(units, make_result(project, image_id, attempt=1, label="late")) == 0
    assert await report(units, make_result(project, image_id, attempt=2, label="new")) == 1

    found = await details(units, project, image_id)
    assert len(found.predictions) == 1
    assert found.image.label == "new"
    assert "label:new" in tag_names(found)
    assert "label:Scratch" not in tag_names(found)


async def test_store__wrong_project_is_ignored(units: Units) -> None:
    project, other = await add_project(units), await add_project(units)
    image_id = await add_image(units, project)

    assert await report(units, make_result(other, image_id)) == 0


async def test_store__failure_is_kept_with_its_reason(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)

    assert await report(units, make_failure(project, image_id)) == 1

    found = await details(units, project, image_id)
    assert (found.image.state, found.image.failure, found.predictions) == (ImageState.FAILED, b"why", ())
    assert await _job_count(units) == 0


async def test_store__boxes(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    boxes = (FoundBox("crack", 0.9, 1, 2, 30, 40), FoundBox("pore", 0.5, 0, 0, 10, 10))

    await report(units, make_result(project, image_id, task="detection", boxes=boxes))

    async with units(read_only=True) as unit:
        rows = (await unit.session.execute(select(prediction_boxes).order_by(prediction_boxes.c.number))).all()
    assert [(row.label, row.area, row.image_id) for row in rows] == [("crack", 1200, image_id), ("pore", 100, image_id)]


async def test_store__nothing_found_is_an_answer(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)

    await report(units, make_result(project, image_id, task="detection", label=None, confidence=None))

    found = await details(units, project, image_id)
    assert (found.image.state, found.image.label) == (ImageState.ANALYSED, None)
    assert not any(one.startswith("label:") for one in tag_names(found))


async def test_order__same_request_again_changes_nothing(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    asked = NOW + SECOND

    async with units() as unit:
        assert await unit.jobs.order(project, [image_id, "gone"], asked) == 1
        assert await unit.jobs.order(project, [image_id], asked) == 1
        await unit.commit()

    async with units(read_only=True) as unit:
        (job,) = (await unit.session.execute(select(analysis_jobs))).all()
        assert job.attempt == 2
        assert await unit.jobs.states(project.id, [image_id, "gone"]) == {image_id: ImageState.PENDING}


async def test_take_unpublished__oldest_first_and_each_once(units: Units) -> None:
    project = await add_project(units)
    made = [await add_image(units, project) for _ in range(3)]

    assert [job.image_id for job in await _take(units, 2)] == made[:2]
    assert [job.image_id for job in await _take(units, 2)] == made[2:]
    assert await _take(units, 2) == []
    assert await _take(units, 2, model="other") == []


async def test_take_unpublished__again_after_the_lease(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await _take(units, 9)

    async with units(read_only=True) as unit:
        assert not await unit.jobs.has_unpublished(MODEL, NOW)
        assert await unit.jobs.has_unpublished(MODEL, NOW + SECOND)
    assert [job.image_id for job in await _take(units, 9, published_before=NOW + SECOND)] == [image_id]


async def test_unpublish__wait_again(units: Units) -> None:
    project = await add_project(units)
    await add_image(units, project)
    await add_image(units, project)
    jobs = await _take(units, 9)

    async with units() as unit:
        await unit.jobs.unpublish([jobs[1].id])
        await unit.commit()
    assert await _take(units, 9) == jobs[1:]

    async with units() as unit:
        await unit.jobs.unpublish_all()
        await unit.commit()
    assert await _take(units, 9) == jobs


async def test_change_model__what_waits_waits_for_the_new_one(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    changed = replace(project, model="yolo", model_version="3", revision=2)

    async with units() as unit:
        await unit.projects.save(changed, revision=1)
        await unit.jobs.change_model(changed, OWN, NOW + SECOND)
        assert await unit.jobs.models() == ["yolo"]
        await unit.commit()

    assert await report(units, make_result(project, image_id, attempt=1)) == 0
    assert [(job.version, job.attempt) for job in await _take(units, 9, model="yolo")] == [("3", 2)]
    assert await report(units, make_result(project, image_id, model="yolo", version="3", attempt=2)) == 1


async def test_change_model__columns_follow_and_predictions_stay(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await report(units, make_result(project, image_id))
    other = replace(project, model="yolo", model_version="3", revision=2)

    async with units() as unit:
        await unit.projects.save(other, revision=1)
        await unit.jobs.change_model(other, OWN, NOW + SECOND)
        await unit.commit()
    away = await details(units, project, image_id)
    async with units() as unit:
        await unit.projects.save(replace(project, revision=3), revision=2)
        await unit.jobs.change_model(project, YOLO, NOW + SECOND)
        await unit.commit()
    back = await details(units, project, image_id)

    assert (away.image.state, away.image.label, len(away.predictions)) == (ImageState.PENDING, None, 1)
    assert (back.image.state, back.image.label, back.image.confidence) == (ImageState.ANALYSED, "Scratch", 0.75)


async def test_store__answers_of_two_models_stand_side_by_side(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await report(units, make_result(project, image_id))
    other = replace(project, model="yolo", model_version="3", revision=2)
    async with units() as unit:
        await unit.projects.save(other, revision=1)
        await unit.jobs.change_model(other, OWN, NOW + SECOND)
        await unit.jobs.order(other, [image_id], NOW + HOUR)
        await unit.commit()

    await report(units, make_result(project, image_id, model="yolo", version="3", attempt=2, label="hole"))

    found = await details(units, project, image_id)
    assert [one.model for one in found.predictions] == ["yolo", MODEL]
    assert found.image.label == "hole"
    assert {"label:hole", "model:yolo"} <= set(tag_names(found))
    assert "label:Scratch" not in tag_names(found)
    async with units(read_only=True) as unit:
        assert await unit.session.scalar(select(func.count()).select_from(predictions)) == 2


async def test_order_other__answer_stands_beside_that_of_the_projects_model(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await report(units, make_result(project, image_id))
    before = await details(units, project, image_id)

    await _order_other(units, project, image_id)

    assert await _states_of_other(units, project, image_id) == {image_id: ImageState.PENDING}
    async with units(read_only=True) as unit:
        assert await unit.jobs.models() == ["yolo"]
    (job,) = await _take(units, 9, model="yolo")
    assert (job.version, job.attempt) == ("3", 2)
    answer = make_result(project, image_id, model="yolo", version="3", attempt=2, label="hole")
    assert await report(units, answer, now=NOW + HOUR) == 1
    found = await details(units, project, image_id)
    assert [(one.model, one.version) for one in found.predictions] == [(MODEL, "1"), ("yolo", "3")]
    assert (found.image.state, found.image.label) == (ImageState.ANALYSED, before.image.label)
    assert tag_names(found) == tag_names(before)
    assert await _states_of_other(units, project, image_id) == {image_id: ImageState.ANALYSED}


async def test_order_other__while_the_own_model_is_awaited(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)

    await _order_other(units, project, image_id)
    await _order(units, project, image_id)

    assert await report(units, make_result(project, image_id, model="yolo", version="3", attempt=2)) == 1
    assert (await details(units, project, image_id)).image.state is ImageState.PENDING
    assert await report(units, make_result(project, image_id, attempt=3)) == 1
    assert (await details(units, project, image_id)).image.state is ImageState.ANALYSED


async def test_order_other__another_version_of_the_projects_model_changes_nothing_of_the_image(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await report(units, make_result(project, image_id))

    async with units() as unit:
        await unit.jobs.order_other(project.id, ModelChoice(MODEL, "2"), [image_id], NOW + SECOND)
        await unit.commit()
    await report(units, make_result(project, image_id, version="2", attempt=2, label="other"))

    found = await details(units, project, image_id)
    assert found.image.label == "Scratch"
    assert [(one.model, one.version) for one in found.predictions] == [(MODEL, "1"), (MODEL, "2")]


async def test_order_other__again_orders_only_what_is_lacking(units: Units) -> None:
    project = await add_project(units)
    waits, answered = await add_image(units, project), await add_image(units, project)
    await _order_other(units, project, waits, answered)
    await report(units, make_result(project, answered, model="yolo", version="3", attempt=2), now=NOW + HOUR)

    await _order_other(units, project, waits, answered)

    async with units(read_only=True) as unit:
        jobs = (await unit.session.execute(select(analysis_jobs).where(analysis_jobs.c.model == "yolo"))).all()
    assert [(job.image_id, job.attempt) for job in jobs] == [(waits, 2)]


async def test_states_of_other__failure(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await report(units, make_result(project, image_id))
    await _order_other(units, project, image_id)

    await report(units, replace(make_failure(project, image_id), model="yolo", version="3", attempt=2))

    assert await _states_of_other(units, project, image_id) == {image_id: ImageState.FAILED}
    assert (await details(units, project, image_id)).image.state is ImageState.ANALYSED


async def test_change_model__image_that_waits_for_the_new_one_already(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await _order_other(units, project, image_id)
    changed = replace(project, model="yolo", model_version="3", revision=2)

    async with units() as unit:
        await unit.projects.save(changed, revision=1)
        await unit.jobs.change_model(changed, OWN, NOW + SECOND)
        await unit.commit()

    assert [(job.version, job.attempt) for job in await _take(units, 9, model="yolo")] == [("3", 2)]


async def test_use_of__projects_and_jobs(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await _order_other(units, project, image_id)

    async with units(read_only=True) as unit:
        assert await unit.jobs.use_of("yolo", "3") == (0, 1)
        assert await unit.jobs.use_of(MODEL, "1") == (1, 1)
        assert await unit.jobs.use_of(MODEL, "2") == (0, 0)


async def _order_other(units: Units, project: Project, *image_ids: str) -> None:
    async with units() as unit:
        await unit.jobs.order_other(project.id, YOLO, image_ids, NOW + SECOND)
        await unit.commit()


async def _states_of_other(units: Units, project: Project, image_id: str) -> dict[str, ImageState]:
    async with units(read_only=True) as unit:
        return await unit.jobs.states_of_other(project.id, YOLO, [image_id, "gone"], NOW + SECOND)


async def _order(units: Units, project: Project, image_id: str) -> None:
    async with units() as unit:
        await unit.jobs.order(project, [image_id], NOW + SECOND)
        await unit.commit()


async def _take(units: Units, limit: int, *, model: str = MODEL, published_before: datetime | None = None) -> list[Job]:
    async with units() as unit:
        jobs = await unit.jobs.take_unpublished(model, limit, NOW, published_before or NOW - HOUR)
        await unit.commit()
    return jobs


async def _job_count(units: Units) -> int:
    async with units(read_only=True) as unit:
        return await unit.session.scalar(select(func.count()).select_from(analysis_jobs)) or 0
