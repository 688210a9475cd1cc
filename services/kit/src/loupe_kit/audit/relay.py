"""The audit relay: tells auth what an outbox holds, again and again until auth has it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import structlog

from loupe_kit.audit.event import AuditEvent
from loupe_kit.errors import Code, LoupeError

_log = structlog.get_logger("loupe.audit")

_BATCH = 200
_REFUSED = (Code.INVALID_ARGUMENT, Code.OUT_OF_RANGE)


class AuditOutbox(Protocol):
    """Events that were written in the transaction of what they tell of."""

    async def oldest_events(self, limit: int) -> Sequence[AuditEvent]:
        """What to tell next."""
        ...

    async def forget_events(self, event_ids: Sequence[str]) -> None:
        """Auth has these."""
        ...


class AuditLog(Protocol):
    """Where events go."""

    async def record(self, events: Sequence[AuditEvent]) -> None:
        """Tell events; those that were told before are left as they are.

        Raises:
            LoupeError: If auth does not take them now.
        """
        ...


class AuditRelay:
    """Background task of a service.

    Several replicas may tell the same event: auth knows it by its id and keeps it once.

    Args:
        outbox: Keeps the events.
        log: Takes them.
        pause: How often it looks.
        failure_pause: How long it waits when auth does not answer.
    """

    def __init__(
        self,
        outbox: AuditOutbox,
        log: AuditLog,
        *,
        pause: timedelta = timedelta(seconds=1),
        failure_pause: timedelta = timedelta(seconds=5),
    ) -> None:
        self._outbox = outbox
        self._audit = log
        self._pause = pause.total_seconds()
        self._failure_pause = failure_pause.total_seconds()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to tell."""
        self._task = asyncio.create_task(self._tell_forever(), name="audit-relay")

    async def stop(self) -> None:
        """Stop; what is not told yet is told after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def tell_once(self) -> int:
        """Tell one batch; how many events there were.

        Raises:
            LoupeError: If auth does not take them now.
        """
        events = await self._outbox.oldest_events(_BATCH)
        if not events:
            return 0
        await self._audit.record(events)
        await self._outbox.forget_events([one.id for one in events])
        return len(events)

    async def _tell_forever(self) -> None:
        while True:
            pause = self._pause
            try:
                if await self.tell_once():
                    continue
            except LoupeError as error:
                # Nothing is thrown away: an event that auth refuses is a fault of ours, and the operator has to know.
                report = _log.error if error.code in _REFUSED else _log.warning
                report("audit_not_told", reason=error.reason, message=error.message)
                pause = self._failure_pause
            except Exception:  # noqa: BLE001 - a store that is away for a moment must not end the relay
                _log.exception("audit_not_told")
                pause = self._failure_pause
            await asyncio.sleep(pause)
