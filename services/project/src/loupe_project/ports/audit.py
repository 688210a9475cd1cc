"""The audit as use cases see it: an outbox in the store."""

from collections.abc import Sequence
from typing import Protocol

from loupe_kit.audit.event import AuditEvent


class AuditOutbox(Protocol):
    """Events written in the transaction of what they tell of."""

    async def add(self, event: AuditEvent) -> None:
        """Keep an event until auth has it."""
        ...

    async def oldest(self, limit: int) -> list[AuditEvent]:
        """What to tell next."""
        ...

    async def done(self, event_ids: Sequence[str]) -> None:
        """Auth has these."""
        ...
