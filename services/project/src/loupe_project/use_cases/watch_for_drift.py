"""Background task that looks at watched projects and delivers alerts."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from loupe_kit.clock import Clock
from loupe_kit.periodic import PeriodicTask
from loupe_project.domain.drift_watch import AlertState, Channel, DriftAlert, next_try
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.look_for_drift import LookForDrift
from loupe_project.use_cases.tell_of_drift import Teller

_log = structlog.get_logger("loupe.project.drift")

INTERVAL_SECONDS = 5.0
_SENDING = timedelta(minutes=2)
"""How long a try may take before another process tries as well."""
_MAX_ANSWER = 500


class DriftWatcher:
    """Looks for watches and alerts that are due, at the start and every five seconds.

    Replicas share the work: each takes what no other one has in its hands, and what one that died had comes free
    again. An alert may then be delivered twice, with the same id.

    Args:
        stores: Makes transactions.
        look: Looks at a project.
        tellers: Deliver, each in its way.
        clock: Says what is due.
        interval_seconds: How often it looks.
    """

    def __init__(
        self,
        stores: StoreFactory,
        look: LookForDrift,
        tellers: Mapping[Channel, Teller],
        clock: Clock,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        self._stores = stores
        self._tellers = tellers
        self._clock = clock
        # An address that does not answer holds up no look: each way of telling has a task.
        works = {"drift-watcher": look.look_once}
        works |= {f"drift-{channel.value}": partial(self.deliver_once, channel) for channel in tellers}
        self._tasks = [_Watching(name, interval_seconds, self._has_work, work) for name, work in works.items()]

    async def start(self) -> None:
        """Begin to look."""
        for task in self._tasks:
            await task.start()

    async def stop(self) -> None:
        """Look no more; a look that has begun is begun anew after the next start."""
        await asyncio.gather(*(task.stop() for task in self._tasks))

    async def deliver_once(self, channel: Channel) -> bool:
        """Try to deliver an alert that is due in this way; whether there was one."""
        now = self._clock.now()
        async with self._stores() as store:
            alert = await store.drift.take_alert(channel, now, now + _SENDING)
            await store.commit()
        if alert is None:
            return False
        done = await self._tried(alert, channel)
        async with self._stores() as store:
            await store.drift.end_try(done, channel)
            await store.commit()
        return True

    async def _tried(self, alert: DriftAlert, channel: Channel) -> DriftAlert:
        async with self._stores(read_only=True) as store:
            watch = await store.drift.get_watch(alert.project_id)
            project = await store.projects.get(Scope.of_loupe(), alert.project_id)
        told = None if watch is None or project is None else await self._tellers[channel].tell(alert, watch, project)
        now, before = self._clock.now(), alert.deliveries[channel]
        if told is None:
            over = replace(before, state=AlertState.KEPT, next_time=None, end_time=now)
            return replace(alert.with_delivery(channel, over), mail_left=())
        # Whoever tries how alerts arrive wants to know now, and can try again.
        again = None if told.is_delivered or alert.is_test else next_try(before.attempt_count, now)
        state = AlertState.DELIVERED if told.is_delivered else AlertState.SENDING if again else AlertState.FAILED
        if not told.is_delivered:
            _log.warning("drift_alert_not_delivered", alert=alert.id, project=alert.project_id, why=told.answer)
        end = None if again else now
        after = replace(before, state=state, answer=told.answer[:_MAX_ANSWER], next_time=again, end_time=end)
        return replace(alert.with_delivery(channel, after), mail_left=told.mail_left)

    async def _has_work(self) -> bool:
        async with self._stores(read_only=True) as store:
            return await store.drift.has_work(self._clock.now())


class _Watching(PeriodicTask):
    """Does one kind of work as long as there is any of it."""

    def __init__(
        self,
        name: str,
        interval_seconds: float,
        has_work: Callable[[], Awaitable[bool]],
        do_some: Callable[[], Awaitable[bool]],
    ) -> None:
        super().__init__(name, interval_seconds)
        self._has_work = has_work
        self._do_some = do_some

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        return await self._has_work() and await self._do_some()

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        _log.error("drift_not_watched", exc_info=error)
