"""Forgetting what nobody will ask for again: first answers, and sets of images whose time is over."""

from datetime import timedelta

import structlog

from loupe_kit.clock import Clock
from loupe_kit.periodic import PeriodicTask
from loupe_project.ports.store import StoreFactory

_log = structlog.get_logger("loupe.project.answers")

KEPT = timedelta(days=2)
"""Longer than any client repeats."""
PAUSE = timedelta(hours=1)


class AnswerForgetter(PeriodicTask):
    """Background task of the project service.

    Args:
        stores: Makes transactions.
        clock: Tells the age of answers and sets.
    """

    def __init__(self, stores: StoreFactory, clock: Clock) -> None:
        super().__init__("answer-forgetter", PAUSE.total_seconds())
        self._stores = stores
        self._clock = clock

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        async with self._stores() as store:
            await store.forget_requests(self._clock.now() - KEPT)
            await store.image_sets.forget(self._clock.now())
            await store.commit()
        return False

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        _log.error("answers_not_forgotten", exc_info=error)
