"""One look at the images that have come to a watched project: scored, judged by day and group, kept as points."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from loupe_kit import ids
from loupe_kit.clock import Clock
from loupe_kit.errors import LoupeError, Unavailable
from loupe_project.domain import drift_watch as rules
from loupe_project.domain.curation import MIN_IMAGES
from loupe_project.domain.drift import Judged, Reference, judge
from loupe_project.domain.drift_queries import standing_out
from loupe_project.domain.drift_watch import (
    UNLIKE_TAG,
    DriftAlert,
    DriftPoint,
    DriftWatch,
    NewcomerImage,
)
from loupe_project.domain.drift_words import sentence, sentence_ko
from loupe_project.domain.errors import FeaturesMissing
from loupe_project.domain.image import FeatureSource, Origin
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.ports.curation import Curator, Vectors
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases.create_analysis import feature_source
from loupe_project.use_cases.drift_points import place_of, query_of
from loupe_project.use_cases.measure_drift import group_field, group_value, reference_of

_log = structlog.get_logger("loupe.project.drift")

LEASE = timedelta(minutes=15)
"""How long a look may take before another process may take it up."""
_WAIT_FOR_PENDING = timedelta(hours=1)
UNCOMMITTED = timedelta(seconds=15)
"""Uploads of the last moments wait for the next look: some with smaller ids may not be committed yet."""
_AFTER_PROBLEM = timedelta(minutes=10)
_COUNT_AGAIN = timedelta(minutes=1)
_SCOPE = Scope.of_loupe()

_Key = tuple[date, str]


@dataclass(frozen=True, slots=True)
class _Sample:
    """What a look works on."""

    project: Project
    source: FeatureSource
    newcomers: Sequence[NewcomerImage]
    """All that are looked at, by id; the last one is the next cursor."""
    groups: Mapping[_Key, list[NewcomerImage]]
    judged: Mapping[_Key, list[str]]
    """Of each group those that are scored."""
    reference_ids: Sequence[str]
    reference: Reference
    is_cut: bool
    """Whether more have come than one look takes."""


@dataclass(frozen=True, slots=True)
class LookForDrift:
    """Looks at a watched project. Nothing is written but at the end, all in one transaction."""

    stores: StoreFactory
    curator: Curator
    clock: Clock

    async def look_once(self) -> bool:
        """Take a watch that is due, and look; whether there was one."""
        now = self.clock.now()
        async with self.stores() as store:
            watch = await store.drift.take_due(now, now + LEASE)
            await store.commit()
        if watch is None:
            return False
        try:
            await self._look(watch)
        except LoupeError as error:
            _log.warning("drift_not_looked_for", project=watch.project_id, reason=error.reason, message=error.message)
            await self._end(replace(watch, problem=error.message, next_look_time=now + _AFTER_PROBLEM), watch)
        return True

    async def _look(self, watch: DriftWatch) -> None:
        now = self.clock.now()
        async with self.stores(read_only=True) as store:
            project = await store.projects.get(_SCOPE, watch.project_id)
            if project is None:
                return
            zone = ZoneInfo(project.time_zone)
            newcomers, is_cut = await _newcomers(store, watch, zone, now)
            if not self._is_enough(watch, newcomers):
                newcomers = []
            sample = await _sample(store, watch, project, newcomers, is_cut=is_cut) if newcomers else None
        if sample is None:
            looked = watch.look_time if watch.every_images and not watch.look_wanted else now
            due = _next(watch, zone, now)
            after = replace(watch, look_time=looked, next_look_time=due, look_wanted=False, problem="")
            await self._end(after, watch)
            return
        scores = await self._scores(watch, sample)
        await self._keep(watch, sample, scores, now)

    @staticmethod
    def _is_enough(watch: DriftWatch, newcomers: Sequence[NewcomerImage]) -> bool:
        return watch.look_wanted or len(newcomers) >= max(1, watch.every_images)

    async def _scores(self, watch: DriftWatch, sample: _Sample) -> dict[str, float]:
        wanted = [one for some in sample.judged.values() for one in some]
        if not wanted:
            return {}
        everyone = wanted + list(sample.reference_ids)
        marks = [False] * len(wanted) + [True] * len(sample.reference_ids)
        vectors = Vectors(watch.project_id, sample.source, 0, watch.creator)
        try:
            async with asyncio.timeout(LEASE.total_seconds()):
                scored = await self.curator.score(vectors, everyone, marks, _no_progress)
        except TimeoutError as error:
            raise Unavailable(
                f"Scoring {len(wanted)} images took longer than {LEASE}; tell your operator.",
                service="reduction",
            ) from error
        new = set(wanted)
        return {one.image_id: one.score for one in scored.outliers if one.image_id in new}

    async def _keep(self, watch: DriftWatch, sample: _Sample, scores: Mapping[str, float], now: datetime) -> None:
        zone = ZoneInfo(sample.project.time_zone)
        due = now if sample.is_cut else _next(watch, zone, now)
        after = replace(
            watch,
            cursor_id=sample.newcomers[-1].id,
            look_time=now,
            problem="",
            next_look_time=due,
            look_wanted=watch.look_wanted and sample.is_cut,
        )
        async with self.stores() as store:
            if not await store.drift.finish_look(after, watch):
                return
            facts = await store.drift.facts(_SCOPE, watch.project_id, sorted(scores), zone)
            judged = {one.image_id: replace(one, score=scores[one.image_id]) for one in facts}
            points = [_point(key, sample, judged, now) for key in sorted(sample.groups)]
            points = [one for one in points if one.group.count]
            await store.drift.add_alerts(await _alerts(store, watch, points, now))
            await store.drift.add_points(watch.project_id, points)
            unlike = [one.image_id for one in judged.values() if one.score >= sample.reference.unlike_score]
            await _tag(store, watch, unlike, now)
            await store.drift.forget_old(now.date() - timedelta(days=rules.KEPT_DAYS))
            await store.commit()
        _log.info("drift_looked_for", project=watch.project_id, images=len(scores), points=len(points))

    async def _end(self, after: DriftWatch, before: DriftWatch) -> None:
        async with self.stores() as store:
            await store.drift.finish_look(after, before)
            await store.commit()


async def _newcomers(
    store: Store, watch: DriftWatch, zone: ZoneInfo, now: datetime
) -> tuple[list[NewcomerImage], bool]:
    """Images to look at, and whether there are more."""
    until = now - UNCOMMITTED
    if watch.every_images == 0 and not watch.look_wanted:
        until = min(until, rules.midnight(now.astimezone(zone).date(), zone))
    found = await store.drift.newcomers(watch, until, rules.MAX_LOOKED_AT)
    is_cut = len(found) == rules.MAX_LOOKED_AT
    return rules.settled(found, now - _WAIT_FOR_PENDING), is_cut


async def _sample(
    store: Store, watch: DriftWatch, project: Project, newcomers: Sequence[NewcomerImage], *, is_cut: bool
) -> _Sample:
    zone = ZoneInfo(project.time_zone)
    source = await feature_source(store, project, "", "drift_watch.reference")
    found = await store.search.ids(_SCOPE, project, watch.reference)
    reference_ids = found[: rules.MAX_REFERENCE]
    count = await store.analyses.count_features(project.id, source, reference_ids)
    if count < MIN_IMAGES:
        raise FeaturesMissing(
            f"{count} images of the reference {watch.reference!r} have features of the project's model, {MIN_IMAGES} "
            "are needed; tag more images, or wait until they are analysed.",
            feature_source=f"models/{source.model}",
            count=str(count),
        )
    reference = reference_of(count, await store.drift.facts(_SCOPE, project.id, reference_ids, zone))
    inside = set(found)
    others = [one for one in newcomers if one.id not in inside]
    values = {}
    if watch.group_by:
        field = group_field(watch.group_by)
        values = await store.analyses.point_values(_SCOPE, project.id, field, [one.id for one in others])
    groups: dict[_Key, list[NewcomerImage]] = defaultdict(list)
    for one in others:
        day = one.upload_time.astimezone(zone).date()
        groups[day, group_value(values.get(one.id))[:300]].append(one)
    judged = {key: rules.spread([one.id for one in some]) for key, some in groups.items()}
    return _Sample(project, source, newcomers, groups, judged, reference_ids, reference, is_cut)


def _point(key: _Key, sample: _Sample, judged: Mapping[str, Judged], now: datetime) -> DriftPoint:
    day, value = key
    arrived = sample.groups[key]
    images = [judged[one] for one in sample.judged[key] if one in judged]
    times = [one.upload_time for one in arrived]
    group = judge(value, images, sample.reference)
    return DriftPoint(ids.new_id(), day, now, min(times), max(times), len(arrived), group)


async def _alerts(store: Store, watch: DriftWatch, points: Sequence[DriftPoint], now: datetime) -> list[DriftAlert]:
    """One for each group that is more conspicuous on its last day than it was before this look."""
    newest = {one.group.value: one for one in points if one.is_judged}
    before = await store.drift.last_verdicts(watch.project_id, sorted(newest))
    told = [one for one in newest.values() if rules.is_worse(one.group.verdict, before.get(one.group.value))]
    return [_alert(watch, one, now) for one in told]


def _alert(watch: DriftWatch, point: DriftPoint, now: datetime) -> DriftAlert:
    where = place_of(watch, point)
    group = point.group
    base = query_of(watch, point)
    unlike = f'tag:"{UNLIKE_TAG}"'
    alert = DriftAlert(
        id=ids.new_id(),
        project_id=watch.project_id,
        value=group.value,
        verdict=group.verdict,
        sentence=sentence(group, where),
        sentence_ko=sentence_ko(group, where),
        query=standing_out(base, unlike, group.conspicuous_traits, with_unlike=group.is_unlike),
        create_time=now,
    )
    return alert.to_be_told(watch)


async def _tag(store: Store, watch: DriftWatch, image_ids: Sequence[str], now: datetime) -> None:
    here = await store.images.existing(_SCOPE, watch.project_id, image_ids) if image_ids else set()
    if here:
        tag_ids = await store.tags.ensure(watch.project_id, [UNLIKE_TAG], Origin.AUTO, "", now)
        await store.tags.put_on(sorted(here), list(tag_ids.values()), Origin.AUTO, "", now)


def _next(watch: DriftWatch, zone: ZoneInfo, now: datetime) -> datetime:
    return now + _COUNT_AGAIN if watch.every_images else rules.next_daily_look(now, zone)


async def _no_progress(_phase: str, _fraction: float) -> None:
    """Nobody watches a look."""
