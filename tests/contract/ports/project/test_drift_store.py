"""Watches for drift in both databases: looks at what has come, points, alerts, and how they get delivered."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from loupe_kit import ids
from loupe_kit.errors import Unavailable
from loupe_kit.testing import FakeClock
from loupe_project.domain.curation import Outlier
from loupe_project.domain.drift import Verdict
from loupe_project.domain.drift_watch import UNLIKE_TAG, AlertState, DriftWatch
from loupe_project.domain.image import Origin
from loupe_project.domain.job import Appearance
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.ports.curation import Scored
from loupe_project.ports.drift_watch import WebhookFailed
from loupe_project.use_cases import drift_watches
from loupe_project.use_cases.drift_watches import WatchWish
from loupe_project.use_cases.look_for_drift import LookForDrift
from loupe_project.use_cases.watch_for_drift import DriftWatcher
from tests.contract.ports.project.builders import (
    LOUPE,
    Units,
    add_images,
    add_project,
    details,
    make_image,
    make_result,
    report,
    tag_names,
)

TODAY = date(2026, 11, 22)
EVENING = datetime(2026, 11, 22, 20, tzinfo=UTC)
SHARP, BLURRED = 1.0, 0.2


@dataclass
class FakeCurator:
    """Finds images odd that it was told are."""

    odd: set[str] = field(default_factory=set)
    refusal: Exception | None = None
    asked: list[list[str]] = field(default_factory=list)

    async def score(
        self, _vectors: Any, image_ids: Sequence[str], reference: Sequence[bool] | None, _on_progress: Any
    ) -> Scored:
        if self.refusal is not None:
            raise self.refusal
        assert reference is not None
        self.asked.append([one for one, is_usual in zip(image_ids, reference, strict=True) if not is_usual])
        outliers = tuple(Outlier(one, 1.0 if one in self.odd else 0.5, 0.3, image_ids[-1]) for one in image_ids)
        return Scored(outliers, frozenset(), 0.1, 15, 0.0)


@dataclass
class FakeWebhook:
    refusals: int = 0
    posted: list[tuple[str, dict[str, Any], Mapping[str, str]]] = field(default_factory=list)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> str:
        self.posted.append((url, json.loads(body), headers))
        if len(self.posted) <= self.refusals:
            raise WebhookFailed("The webhook answered HTTP 503.")
        return "HTTP 204"


@dataclass
class Plant:
    """A watched project at eight in the evening."""

    units: Units
    project: Project
    scope: Scope
    clock: FakeClock
    curator: FakeCurator = field(default_factory=FakeCurator)
    webhook: FakeWebhook = field(default_factory=FakeWebhook)

    @property
    def look(self) -> LookForDrift:
        return LookForDrift(self.units, self.curator, self.clock)  # type: ignore[arg-type]

    @property
    def watcher(self) -> DriftWatcher:
        return DriftWatcher(self.units, self.look, self.webhook, self.clock)

    async def upload(
        self, count: int, time: datetime, *, line: str = "L1", sharpness: float = SHARP, tag: str = ""
    ) -> list[str]:
        """Analysed images, a little different from each other."""
        new = [
            make_image(
                self.project, metadata={"line": line}, tags=(tag,) if tag else (), file_name=f"{ids.new_id()}.png"
            )
            for _ in range(count)
        ]
        added = await add_images(self.units, self.project, *new, time=time)
        results = [
            replace(
                make_result(self.project, one.image_id),
                appearance=Appearance(0.5 + place / 10_000, 0.2, sharpness + place / 10_000),
            )
            for place, one in enumerate(added)
        ]
        await report(self.units, *results, now=time)
        return [one.image_id for one in added]

    async def update(self, **wish: Any) -> DriftWatch:
        async with self.units() as unit:
            wished = WatchWish(**wish)
            _, watch = await drift_watches.update_watch(unit, self.scope, self.project.id, wished, self.clock)
            await unit.commit()
        return watch

    async def look_now(self) -> None:
        """Has somebody press the button, and does the look."""
        async with self.units() as unit:
            await drift_watches.want_look(unit, self.scope, self.project.id, self.clock)
            await unit.commit()
        self.clock.advance(timedelta(seconds=60))
        assert await self.look.look_once()

    async def watch(self) -> DriftWatch:
        async with self.units(read_only=True) as unit:
            found = await unit.drift.get_watch(self.project.id)
        assert found is not None
        return found

    async def points(self) -> list[Any]:
        """The newest first."""
        async with self.units(read_only=True) as unit:
            _, found, token = await drift_watches.list_points(unit, self.scope, self.project.id, None, 0, "")
        assert token == ""
        return list(found)

    async def alerts(self) -> list[Any]:
        async with self.units(read_only=True) as unit:
            found, _ = await drift_watches.list_alerts(unit, self.scope, self.project.id, 0, "")
        return list(found)

    async def found(self, query: str) -> set[str]:
        async with self.units(read_only=True) as unit:
            return set(await unit.search.ids(LOUPE, self.project, query))


@pytest.fixture
async def plant(units: Units) -> Plant:
    project = await add_project(units)
    scope = Scope(user_id=project.owner_id, principal=f"users/{project.owner_id}")
    made = Plant(units, project, scope, FakeClock(EVENING))
    await made.upload(100, EVENING - timedelta(days=3), tag="golden")
    return made


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


async def test_alerts__once_until_it_was_quiet_again(plant: Plant) -> None:
    await plant.update(reference="tag:golden", webhook_url="https://hooks.example/loupe")
    for sharpness in (BLURRED, BLURRED, SHARP, BLURRED):
        await plant.upload(40, plant.clock.now(), sharpness=sharpness)
        await plant.look_now()

    assert [one.group.verdict for one in await plant.points()] == [
        Verdict.LOOK,
        Verdict.QUIET,
        Verdict.LOOK,
        Verdict.LOOK,
    ]
    assert len(await plant.alerts()) == 2


async def test_alerts__are_tried_again_and_signed(plant: Plant) -> None:
    plant.webhook.refusals = 2
    await plant.update(reference="tag:golden", webhook_url="https://hooks.example/loupe", webhook_secret="s" * 16)
    await plant.upload(40, plant.clock.now(), sharpness=BLURRED)
    await plant.look_now()

    assert await plant.watcher.deliver_once()
    assert not await plant.watcher.deliver_once()
    (alert,) = await plant.alerts()
    assert (alert.state, alert.attempt_count, alert.answer) == (
        AlertState.SENDING,
        1,
        "The webhook answered HTTP 503.",
    )
    for _ in range(2):
        plant.clock.advance(timedelta(seconds=3600))
        assert await plant.watcher.deliver_once()

    (alert,) = await plant.alerts()
    assert (alert.state, alert.attempt_count, alert.answer) == (AlertState.DELIVERED, 3, "HTTP 204")
    assert not await plant.watcher.deliver_once()
    (_, event, headers), *others = plant.webhook.posted
    assert event["event"] == "drift.alert"
    assert {one["id"] for _, one, _ in others} == {event["id"], alert.id} == {headers["X-Loupe-Event-Id"]}
    assert headers["X-Loupe-Signature"].startswith("t=")


async def test_alerts__are_given_up(plant: Plant) -> None:
    plant.webhook.refusals = 100
    await plant.update(reference="tag:golden", webhook_url="https://hooks.example/loupe")
    await plant.upload(40, plant.clock.now(), sharpness=BLURRED)
    await plant.look_now()

    tries = 0
    while await plant.watcher.deliver_once():
        tries += 1
        plant.clock.advance(timedelta(seconds=24 * 3600))

    (alert,) = await plant.alerts()
    assert (alert.state, alert.attempt_count, tries) == (AlertState.FAILED, 6, 6)


async def test_test_alert__tells_at_once_when_it_fails(plant: Plant) -> None:
    plant.webhook.refusals = 1
    await plant.update(reference="tag:golden", webhook_url="https://hooks.example/loupe")
    async with plant.units() as unit:
        await drift_watches.try_webhook(unit, plant.scope, plant.project.id, plant.clock)
        await unit.commit()

    assert await plant.watcher.deliver_once()

    (alert,) = await plant.alerts()
    assert (alert.is_test, alert.state) == (True, AlertState.FAILED)
    assert plant.webhook.posted[0][1]["event"] == "drift.test"


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
