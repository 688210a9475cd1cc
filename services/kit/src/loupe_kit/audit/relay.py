"""The audit relay: tells auth what an outbox holds, again and again until auth has it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import structlog

from loupe_kit.audit.event import AuditEvent
from loupe_kit.errors import Code, LoupeError
from loupe_kit.periodic import PeriodicTask

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


class AuditRelay(PeriodicTask):
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
        super().__init__("audit-relay", pause.total_seconds(), failure_pause.total_seconds())
        self._outbox = outbox
        self._audit = log

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

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        return bool(await self.tell_once())

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        if not isinstance(error, LoupeError):
            _log.error("audit_not_told", exc_info=error)
            return
        # Nothing is thrown away: an event that auth refuses is a fault of ours, and the operator has to know.
        tell = _log.error if error.code in _REFUSED else _log.warning
        tell("audit_not_told", reason=error.reason, message=error.message)
