"""Watches for drift and their history, in SQL."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update

from loupe_project.adapters.sql import tag_links
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.drift import SqlDriftFacts
from loupe_project.adapters.sql.scope import kept
from loupe_project.adapters.sql.tables import drift_alerts, drift_points, drift_watches, images, tags
from loupe_project.domain.drift import MIN_IMAGES, Group, Verdict
from loupe_project.domain.drift_watch import (
    UNLIKE_TAG,
    AlertState,
    Channel,
    Delivery,
    DriftAlert,
    DriftPoint,
    DriftWatch,
    NewcomerImage,
)
from loupe_project.domain.image import ImageState, Origin
from loupe_project.domain.text import fold
from loupe_project.domain.traits import Trait, TraitFound

_w, _p, _a = drift_watches.c, drift_points.c, drift_alerts.c


class SqlDriftRepository(SqlDriftFacts):
    """See the port `DriftRepository`."""

    async def get_watch(self, project_id: str, *, for_change: bool = False) -> DriftWatch | None:
        """See the port."""
        query = select(drift_watches).where(_w.project_id == project_id)
        row = (await self._session.execute(query.with_for_update() if for_change else query)).first()
        return None if row is None else _watch(row)

    async def put_watch(self, watch: DriftWatch) -> None:
        """See the port."""
        values = asdict(watch) | {"lease_time": None, "mail_users": " ".join(watch.mail_users)}
        mine = _w.project_id == watch.project_id
        await self._session.execute(tag_links.insert_new(self._session, drift_watches).values(values))
        await self._session.execute(update(drift_watches).where(mine).values(values))

    async def delete_watch(self, project_id: str) -> None:
        """See the port."""
        await self.forget_findings(project_id)
        await self._session.execute(delete(drift_alerts).where(_a.project_id == project_id))
        await self._session.execute(delete(drift_watches).where(_w.project_id == project_id))

    async def forget_findings(self, project_id: str) -> None:
        """See the port."""
        await self._session.execute(delete(drift_points).where(_p.project_id == project_id))
        mine = (tags.c.project_id == project_id, tags.c.name_folded == fold(UNLIKE_TAG), tags.c.origin == Origin.AUTO)
        await self._session.execute(delete(tags).where(*mine))

    async def has_work(self, now: datetime) -> bool:
        """See the port."""
        due = [select(_w.project_id).where(_is_due(now)), *(select(_a.id).where(one <= now) for one in _NEXT.values())]
        return any([(await self._session.scalar(one.limit(1))) is not None for one in due])

    async def take_due(self, now: datetime, until: datetime) -> DriftWatch | None:
        """See the port."""
        query = select(drift_watches).where(_is_due(now)).order_by(_w.next_look_time).limit(1)
        row = (await self._session.execute(query.with_for_update(skip_locked=True))).first()
        if row is None:
            return None
        await self._session.execute(
            update(drift_watches).where(_w.project_id == row.project_id).values(lease_time=until)
        )
        return _watch(row)

    async def finish_look(self, watch: DriftWatch, before: DriftWatch) -> bool:
        """See the port."""
        as_taken = and_(_w.project_id == watch.project_id, _w.epoch == before.epoch, _w.cursor_id == before.cursor_id)
        row = (await self._session.execute(select(_w.update_time).where(as_taken).with_for_update())).first()
        if row is None:
            return False
        # Whoever changed the schedule meanwhile wants that one; the next look is due at once.
        is_changed = row.update_time != before.update_time
        await self._session.execute(
            update(drift_watches)
            .where(as_taken)
            .values(
                cursor_id=watch.cursor_id,
                look_time=watch.look_time,
                problem=watch.problem,
                lease_time=None,
                **({} if is_changed else {"next_look_time": watch.next_look_time, "look_wanted": watch.look_wanted}),
            )
        )
        return True

    async def newcomers(self, watch: DriftWatch, before: datetime, limit: int) -> list[NewcomerImage]:
        """See the port."""
        c = images.c
        statement = select(c.id, c.upload_time, c.state).where(
            c.project_id == watch.project_id,
            c.id > watch.cursor_id,
            c.upload_time >= watch.start_time,
            c.upload_time < before,
            kept(c.id),
        )
        rows = await self._session.execute(statement.order_by(c.id).limit(limit))
        return [NewcomerImage(row.id, row.upload_time, row.state == ImageState.PENDING) for row in rows]

    async def add_points(self, project_id: str, points: Sequence[DriftPoint]) -> None:
        """See the port."""
        if points:
            await self._session.execute(insert(drift_points), [_point_row(project_id, one) for one in points])

    async def points(
        self, project_id: str, value: str | None, *, before: tuple[date, str] | None, limit: int
    ) -> list[DriftPoint]:
        """See the port."""
        statement = select(drift_points).where(_p.project_id == project_id)
        if value is not None:
            statement = statement.where(_p.value == value)
        if before is not None:
            statement = statement.where(or_(_p.day < before[0], and_(_p.day == before[0], _p.id < before[1])))
        rows = await self._session.execute(statement.order_by(_p.day.desc(), _p.id.desc()).limit(limit))
        return [_point(row) for row in rows]

    async def last_verdicts(self, project_id: str, values: Sequence[str]) -> Mapping[str, Verdict]:
        """See the port."""
        found: dict[str, Verdict] = {}
        judged = and_(_p.project_id == project_id, _p.image_count >= MIN_IMAGES)
        for some in chunks(values):
            newest = select(_p.value, func.max(_p.id).label("id")).where(judged, _p.value.in_(some)).group_by(_p.value)
            last = newest.subquery()
            rows = await self._session.execute(select(_p.value, _p.verdict).join(last, last.c.id == _p.id))
            found |= {row.value: Verdict(row.verdict) for row in rows}
        return found

    async def forget_old(self, before: date) -> None:
        """See the port."""
        await self._session.execute(delete(drift_points).where(_p.day < before))
        moment = datetime.combine(before, time.min, UTC)
        over = [one.is_(None) for one in _NEXT.values()]
        await self._session.execute(delete(drift_alerts).where(_a.create_time < moment, *over))

    async def add_alerts(self, alerts: Sequence[DriftAlert]) -> None:
        """See the port."""
        if alerts:
            await self._session.execute(insert(drift_alerts), [_alert_row(one) for one in alerts])

    async def take_alert(self, channel: Channel, now: datetime, until: datetime) -> DriftAlert | None:
        """See the port."""
        next_time = _NEXT[channel]
        query = select(drift_alerts).where(next_time <= now).order_by(next_time).limit(1)
        row = (await self._session.execute(query.with_for_update(skip_locked=True))).first()
        if row is None:
            return None
        alert = _alert(row)
        before = alert.deliveries[channel]
        tried = replace(before, attempt_count=before.attempt_count + 1, next_time=until)
        taken = alert.with_delivery(channel, tried)
        await self.end_try(taken, channel)
        return taken

    async def end_try(self, alert: DriftAlert, channel: Channel) -> None:
        """See the port."""
        values = _delivery_row(channel, alert.deliveries[channel])
        if channel is Channel.MAIL:
            values["mail_left"] = " ".join(alert.mail_left)
        await self._session.execute(update(drift_alerts).where(_a.id == alert.id).values(values))

    async def alerts(self, project_id: str, *, before: str, limit: int) -> list[DriftAlert]:
        """See the port."""
        statement = select(drift_alerts).where(_a.project_id == project_id)
        if before:
            statement = statement.where(_a.id < before)
        rows = await self._session.execute(statement.order_by(_a.id.desc()).limit(limit))
        return [_alert(row) for row in rows]


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(_w.next_look_time <= now, or_(_w.lease_time.is_(None), _w.lease_time < now))


_PREFIXES = {Channel.WEBHOOK: "", Channel.MAIL: "mail_"}
"""Of a channel's columns: the webhook was there first."""
_NEXT = {channel: _a[f"{prefix}next_time"] for channel, prefix in _PREFIXES.items()}


def _watch(row: Any) -> DriftWatch:
    values = {name: getattr(row, name) for name in DriftWatch.__dataclass_fields__}
    return DriftWatch(**(values | {"mail_users": tuple(row.mail_users.split())}))


def _point_row(project_id: str, point: DriftPoint) -> dict[str, Any]:
    group = point.group
    return {
        "id": point.id,
        "project_id": project_id,
        "day": point.day,
        "value": group.value,
        "look_time": point.look_time,
        "first_time": point.first_time,
        "last_time": point.last_time,
        "arrived_count": point.arrived_count,
        "image_count": group.count,
        "verdict": group.verdict,
        "unlike_share": group.unlike_share,
        "is_unlike": group.is_unlike,
        "unsure_share": group.unsure_share,
        "wrong_share": group.wrong_share,
        "labelled_count": group.labelled,
        "chance": group.chance,
        "traits": json.dumps([asdict(one) for one in group.traits]),
    }


def _point(row: Any) -> DriftPoint:
    traits = [one | {"trait": Trait(one["trait"])} for one in json.loads(row.traits)]
    group = Group(
        value=row.value,
        verdict=Verdict(row.verdict),
        count=row.image_count,
        unlike_share=row.unlike_share,
        unsure_share=row.unsure_share,
        wrong_share=row.wrong_share,
        labelled=row.labelled_count,
        chance=row.chance,
        is_unlike=row.is_unlike,
        traits=tuple(TraitFound(**one) for one in traits),
    )
    return DriftPoint(row.id, row.day, row.look_time, row.first_time, row.last_time, row.arrived_count, group)


def _alert_row(alert: DriftAlert) -> dict[str, Any]:
    values = {name: getattr(alert, name) for name in _OF_ALERTS}
    values |= {"verdict": "" if alert.verdict is None else alert.verdict, "mail_left": " ".join(alert.mail_left)}
    for channel in Channel:
        values |= _delivery_row(channel, alert.deliveries[channel])
    return values


def _delivery_row(channel: Channel, delivery: Delivery) -> dict[str, Any]:
    return {f"{_PREFIXES[channel]}{name}": value for name, value in asdict(delivery).items()}


def _alert(row: Any) -> DriftAlert:
    values = {name: getattr(row, name) for name in _OF_ALERTS}
    deliveries = {}
    for channel, prefix in _PREFIXES.items():
        found = {name: getattr(row, f"{prefix}{name}") for name in Delivery.__dataclass_fields__}
        deliveries[channel] = Delivery(**(found | {"state": AlertState(found["state"])}))
    verdict = Verdict(row.verdict) if row.verdict else None
    left = tuple(row.mail_left.split())
    return DriftAlert(**(values | {"verdict": verdict, "deliveries": deliveries, "mail_left": left}))


_OF_ALERTS = [name for name in DriftAlert.__dataclass_fields__ if name not in ("deliveries", "mail_left")]
