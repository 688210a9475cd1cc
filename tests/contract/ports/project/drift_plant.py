"""A project that is watched for drift, with a reduction service, a webhook and a mail server that tests control."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from loupe_kit import ids
from loupe_kit.errors import LoupeError
from loupe_kit.testing import FakeClock
from loupe_project.domain.curation import Outlier
from loupe_project.domain.drift_watch import Channel, DriftAlert, DriftWatch
from loupe_project.domain.job import Appearance
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.ports.access import Person
from loupe_project.ports.curation import Scored
from loupe_project.ports.drift_watch import WebhookFailed
from loupe_project.use_cases import drift_watches
from loupe_project.use_cases.drift_watches import WatchWish
from loupe_project.use_cases.look_for_drift import LookForDrift
from loupe_project.use_cases.scopes import Scopes
from loupe_project.use_cases.tell_of_drift import MailTeller, Teller, WebhookTeller, scopes_of
from loupe_project.use_cases.watch_for_drift import DriftWatcher
from tests.contract.ports.project.builders import (
    LOUPE,
    Units,
    add_images,
    make_image,
    make_result,
    report,
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
class FakeMails:
    failures: dict[str, str] = field(default_factory=dict)
    """Why somebody is not reached, by user id."""
    refusal: LoupeError | None = None
    sent: list[tuple[list[str], str, str]] = field(default_factory=list)

    async def send(self, user_ids: Sequence[str], subject: str, text: str) -> Mapping[str, str]:
        if self.refusal is not None:
            raise self.refusal
        self.sent.append((list(user_ids), subject, text))
        return {one: why for one, why in self.failures.items() if one in user_ids}


@dataclass
class FakeDirectory:
    """Knows who is given a person."""

    people: dict[str, Person] = field(default_factory=dict)

    async def person(self, user_id: str) -> Person | None:
        return self.people.get(user_id)

    async def staff_of(self, department_id: str) -> frozenset[str]:
        return frozenset(key for key, one in self.people.items() if one.department_id == department_id)


@dataclass
class Plant:
    """A watched project at eight in the evening."""

    units: Units
    project: Project
    scope: Scope
    clock: FakeClock
    curator: FakeCurator = field(default_factory=FakeCurator)
    webhook: FakeWebhook = field(default_factory=FakeWebhook)
    mails: FakeMails = field(default_factory=FakeMails)
    directory: FakeDirectory = field(default_factory=FakeDirectory)

    @property
    def scopes(self) -> Scopes:
        return Scopes(self.directory)  # type: ignore[arg-type]

    @property
    def look(self) -> LookForDrift:
        return LookForDrift(self.units, self.curator, self.clock)  # type: ignore[arg-type]

    @property
    def watcher(self) -> DriftWatcher:
        mail = MailTeller(self.units, self.scopes, self.mails)
        tellers: dict[Channel, Teller] = {Channel.WEBHOOK: WebhookTeller(self.webhook, self.clock), Channel.MAIL: mail}
        return DriftWatcher(self.units, self.look, tellers, self.clock)

    def employ(self, *user_ids: str) -> None:
        """People whom auth knows."""
        self.directory.people |= {one: Person(None, is_supervisor=False, is_active=True) for one in user_ids}

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
        wished = WatchWish(**wish)
        people = await scopes_of(self.scopes, wished.mail_users or ())
        async with self.units() as unit:
            _, watch = await drift_watches.update_watch(unit, self.scope, self.project.id, wished, self.clock, people)
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

    async def alerts(self) -> list[DriftAlert]:
        async with self.units(read_only=True) as unit:
            found, _ = await drift_watches.list_alerts(unit, self.scope, self.project.id, 0, "")
        return list(found)

    async def found(self, query: str) -> set[str]:
        async with self.units(read_only=True) as unit:
            return set(await unit.search.ids(LOUPE, self.project, query))
