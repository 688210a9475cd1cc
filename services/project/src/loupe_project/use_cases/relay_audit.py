"""The events of the store, for the audit relay."""

from collections.abc import Sequence

from loupe_kit.audit.event import AuditEvent
from loupe_project.ports.store import StoreFactory


class StoredEvents:
    """An `AuditOutbox`: each question is a transaction.

    Args:
        stores: Makes transactions.
    """

    def __init__(self, stores: StoreFactory) -> None:
        self._stores = stores

    async def oldest_events(self, limit: int) -> Sequence[AuditEvent]:
        """See `AuditOutbox`."""
        async with self._stores(read_only=True) as store:
            return await store.audit.oldest(limit)

    async def forget_events(self, event_ids: Sequence[str]) -> None:
        """See `AuditOutbox`."""
        async with self._stores() as store:
            await store.audit.done(event_ids)
            await store.commit()
