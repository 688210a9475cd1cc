"""Background task that looks at watched projects and delivers alerts."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from loupe_kit.clock import Clock
from loupe_project.domain.drift_watch import AlertState, DriftAlert, next_try
from loupe_project.domain.scope import Scope
from loupe_project.ports.drift_watch import Webhook, WebhookFailed
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.look_for_drift import LookForDrift

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
        webhook: Delivers.
        clock: Says what is due.
        interval_seconds: How often it looks.
    """

    def __init__(
        self,
        stores: StoreFactory,
        look: LookForDrift,
        webhook: Webhook,
        clock: Clock,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        self._stores = stores
        self._look = look
        self._webhook = webhook
        self._clock = clock
        self._interval_seconds = interval_seconds
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to look. An address that does not answer holds up no look: alerts have a task of their own."""
        for name, work in (("drift-watcher", self._look.look_once), ("drift-alerts", self.deliver_once)):
            self._tasks.append(asyncio.create_task(self._run(work), name=name))

    async def stop(self) -> None:
        """Look no more; a look that has begun is begun anew after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def deliver_once(self) -> bool:
        """Try to deliver an alert that is due; whether there was one."""
        now = self._clock.now()
        async with self._stores() as store:
            alert = await store.drift.take_alert(now, now + _SENDING)
            await store.commit()
        if alert is None:
            return False
        done = await self._tried(alert)
        async with self._stores() as store:
            await store.drift.end_try(done)
            await store.commit()
        return True

    async def _tried(self, alert: DriftAlert) -> DriftAlert:
        async with self._stores(read_only=True) as store:
            watch = await store.drift.get_watch(alert.project_id)
            project = await store.projects.get(Scope.of_loupe(), alert.project_id)
        now = self._clock.now()
        if watch is None or project is None or not watch.webhook_url:
            return replace(alert, state=AlertState.KEPT, next_time=None, end_time=now)
        body = message_of(alert, project.display_name, watch.group_by)
        headers = {"X-Loupe-Event-Id": alert.id}
        if watch.webhook_secret:
            headers["X-Loupe-Signature"] = signature(watch.webhook_secret, int(now.timestamp()), body)
        try:
            answer = await self._webhook.post(watch.webhook_url, body, headers)
        except WebhookFailed as error:
            _log.warning("drift_alert_not_delivered", alert=alert.id, project=alert.project_id, why=error.message)
            # Whoever tries a webhook wants to know now, and can try again.
            again = None if alert.is_test else next_try(alert.attempt_count, self._clock.now())
            state = AlertState.SENDING if again else AlertState.FAILED
            end = None if again else self._clock.now()
            return replace(alert, state=state, answer=error.message[:_MAX_ANSWER], next_time=again, end_time=end)
        return replace(
            alert,
            state=AlertState.DELIVERED,
            answer=answer[:_MAX_ANSWER],
            next_time=None,
            end_time=self._clock.now(),
        )

    async def _run(self, work: Callable[[], Awaitable[bool]]) -> None:
        while True:
            try:
                while await self._has_work() and await work():
                    continue
            except Exception:  # noqa: BLE001 - a store that is away for a moment must not end the task
                _log.exception("drift_not_watched")
            await asyncio.sleep(self._interval_seconds)

    async def _has_work(self) -> bool:
        async with self._stores(read_only=True) as store:
            return await store.drift.has_work(self._clock.now())


def message_of(alert: DriftAlert, display_name: str, group_by: str) -> bytes:
    """What a webhook is sent, as JSON."""
    event: Mapping[str, object] = {
        "event": "drift.test" if alert.is_test else "drift.alert",
        "id": alert.id,
        "time": alert.create_time.isoformat(),
        "project": f"projects/{alert.project_id}",
        "project_display_name": display_name,
        "group_by": group_by,
        "value": alert.value,
        "verdict": alert.verdict.value if alert.verdict else "",
        "sentence": alert.sentence,
        "sentence_ko": alert.sentence_ko,
        "query": alert.query,
    }
    return json.dumps(event, ensure_ascii=False).encode()


def signature(secret: str, seconds: int, body: bytes) -> str:
    """Value of the header X-Loupe-Signature: when it was sent, and HMAC-SHA256 over that time, a point and the body.

    Args:
        secret: Of the watch.
        seconds: Time of sending, since 1970.
        body: As it is sent.
    """
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
