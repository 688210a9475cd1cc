"""Looks at what has come to a watched project, in both databases: points, tags, history."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from loupe_kit.errors import Unavailable
from loupe_project.domain.drift import Verdict
from loupe_project.domain.drift_watch import UNLIKE_TAG
from loupe_project.domain.image import Origin
from loupe_project.use_cases import drift_watches
from tests.contract.ports.project.builders import add_images, details, make_image, make_result, report, tag_names
from tests.contract.ports.project.drift_plant import BLURRED, EVENING, TODAY, Plant


async def test_look__judges_groups_and_opens_their_images(plant: Plant) -> None:
    quiet = await plant.upload(40, EVENING - timedelta(hours=1), line="L1")
    blurred = await plant.upload(40, EVENING - timedelta(hours=1), line="L2", sharpness=BLURRED)
    odd = await plant.upload(40, EVENING - timedelta(hours=1), line="L3")
    plant.curator.odd = set(odd[:20])
    await plant.update(reference="tag:golden", group_by="line")

    await plant.look_now()

    points = {one.group.value: one for one in await plant.points()}
    assert {line: one.group.verdict for line, one in points.items()} == {
        "L1": Verdict.QUIET,
        "L2": Verdict.LOOK,
        "L3": Verdict.RETRAIN,
    }
    assert {one.day for one in points.values()} == {TODAY}
    assert [one.trait for one in points["L2"].group.conspicuous_traits] == ["sharpness"]
    alerts = {one.value: one for one in await plant.alerts()}
    assert await plant.found(alerts["L2"].query) == set(blurred)
    assert await plant.found(alerts["L3"].query) == set(odd[:20])
    assert "less sharp" in alerts["L2"].sentence
    assert UNLIKE_TAG in tag_names(await details(plant.units, plant.project, odd[0]))
    assert UNLIKE_TAG not in tag_names(await details(plant.units, plant.project, quiet[0]))


async def test_look__each_image_once_and_none_of_the_reference(plant: Plant) -> None:
    first = await plant.upload(20, EVENING - timedelta(hours=2))
    await plant.update(reference="tag:golden")
    await plant.look_now()
    second = await plant.upload(20, plant.clock.now())
    await plant.look_now()
    await plant.look_now()

    assert [set(some) for some in plant.curator.asked] == [set(first), set(second)]
    assert len(await plant.points()) == 2


async def test_look__once_a_day_takes_days_that_are_over(plant: Plant) -> None:
    yesterday = await plant.upload(20, EVENING - timedelta(days=1))
    today = await plant.upload(20, EVENING - timedelta(hours=1))
    await plant.update(reference="tag:golden")

    assert await plant.look.look_once()
    assert [set(some) for some in plant.curator.asked] == [set(yesterday)]
    assert not await plant.look.look_once()
    plant.clock.advance(timedelta(seconds=5 * 3600))
    assert await plant.look.look_once()

    assert set(plant.curator.asked[1]) == set(today)
    assert [one.day for one in await plant.points()] == [TODAY, TODAY - timedelta(days=1)]


async def test_look__after_so_many_images(plant: Plant) -> None:
    await plant.update(reference="tag:golden", every_images=50)
    plant.clock.advance(timedelta(seconds=3600))
    while await plant.look.look_once():
        plant.clock.advance(timedelta(seconds=1))
    await plant.upload(49, plant.clock.now())
    plant.clock.advance(timedelta(seconds=120))
    assert await plant.look.look_once()
    before = len(await plant.points())
    await plant.upload(1, plant.clock.now())
    plant.clock.advance(timedelta(seconds=120))
    assert await plant.look.look_once()

    (newest, *_), after = await plant.points(), len(await plant.points())
    assert (newest.group.count, after) == (50, before + 1)


async def test_look__images_that_are_being_analysed_hold_up_those_behind(plant: Plant) -> None:
    await plant.update(reference="tag:golden")
    time = plant.clock.now()
    (waiting,) = await add_images(plant.units, plant.project, make_image(plant.project), time=time)
    behind = await plant.upload(20, time)
    await plant.look_now()
    assert plant.curator.asked == []

    await report(plant.units, make_result(plant.project, waiting.image_id))
    await plant.look_now()

    assert set(plant.curator.asked[0]) == {waiting.image_id, *behind}


async def test_look__two_processes_at_once_find_it_once(plant: Plant) -> None:
    await plant.upload(20, EVENING - timedelta(hours=1))
    await plant.update(reference="tag:golden")
    async with plant.units() as unit:
        await drift_watches.want_look(unit, plant.scope, plant.project.id, plant.clock)
        await unit.commit()
    plant.clock.advance(timedelta(seconds=60))

    done = await asyncio.gather(plant.look.look_once(), plant.look.look_once())

    assert sorted(done) == [False, True]
    assert len(await plant.points()) == 1


async def test_look__one_that_was_overtaken_writes_nothing(plant: Plant) -> None:
    await plant.upload(20, EVENING - timedelta(hours=1))
    before = await plant.update(reference="tag:golden")
    await plant.look_now()

    async with plant.units() as unit:
        assert not await unit.drift.finish_look(replace(before, problem="late"), before)
        await unit.commit()
    assert (await plant.watch()).problem == ""


async def test_look__that_goes_wrong_says_why_and_is_tried_again(plant: Plant) -> None:
    await plant.upload(20, EVENING - timedelta(days=1))
    plant.curator.refusal = Unavailable("The reduction service does not answer.", service="reduction")
    await plant.update(reference="tag:golden")
    assert await plant.look.look_once()
    assert (await plant.watch()).problem == "The reduction service does not answer."
    assert not await plant.look.look_once()

    plant.curator.refusal = None
    plant.clock.advance(timedelta(seconds=3600))
    assert await plant.look.look_once()

    assert (await plant.watch()).problem == ""
    assert len(await plant.points()) == 1


async def test_look__without_a_reference(plant: Plant) -> None:
    await plant.upload(20, EVENING - timedelta(days=1))
    await plant.update(reference="tag:nothing")

    assert await plant.look.look_once()

    assert "0 images of the reference" in (await plant.watch()).problem


async def test_update__another_reference_begins_anew(plant: Plant) -> None:
    images = await plant.upload(40, EVENING - timedelta(hours=1))
    plant.curator.odd = set(images)
    await plant.update(reference="tag:golden", webhook_url="https://hooks.example/loupe")
    await plant.look_now()
    assert await plant.found(f'tag:"{UNLIKE_TAG}"') == set(images)

    await plant.update(every_images=100)
    assert len(await plant.points()) == 1
    await plant.update(group_by="line")

    assert await plant.points() == []
    assert await plant.found(f'tag:"{UNLIKE_TAG}"') == set()
    await plant.look_now()
    (point,) = await plant.points()
    assert point.group.value == "L1"


async def test_delete__takes_everything_along(plant: Plant) -> None:
    await plant.upload(40, EVENING - timedelta(hours=1), sharpness=BLURRED)
    await plant.update(reference="tag:golden")
    await plant.look_now()

    async with plant.units() as unit:
        await drift_watches.delete_watch(unit, plant.scope, plant.project.id)
        await unit.commit()

    async with plant.units(read_only=True) as unit:
        assert await unit.drift.get_watch(plant.project.id) is None
        assert await unit.drift.points(plant.project.id, None, before=None, limit=10) == []
        assert await unit.drift.alerts(plant.project.id, before="", limit=10) == []


async def test_points__pages(plant: Plant) -> None:
    for days in (3, 2, 1):
        await plant.upload(10, EVENING - timedelta(days=days))
    await plant.update(reference="tag:golden")
    assert await plant.look.look_once()

    found, token = [], ""
    for _ in range(3):
        async with plant.units(read_only=True) as unit:
            _, page, token = await drift_watches.list_points(unit, plant.scope, plant.project.id, "", 1, token)
        found += [one.day for one in page]

    assert token == ""
    assert found == [TODAY - timedelta(days=days) for days in (1, 2, 3)]


async def test_unlike_tag__is_automatic(plant: Plant) -> None:
    images = await plant.upload(20, EVENING - timedelta(hours=1))
    plant.curator.odd = set(images)
    await plant.update(reference="tag:golden")
    await plant.look_now()

    (tag,) = [
        one for one in (await details(plant.units, plant.project, images[0])).tags if one.display_name == UNLIKE_TAG
    ]

    assert tag.origin is Origin.AUTO
