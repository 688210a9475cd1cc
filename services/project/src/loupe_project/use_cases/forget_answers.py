"""Forgetting what nobody will ask for again: first answers, and sets of images whose time is over."""

import asyncio
from datetime import timedelta

import structlog

from loupe_kit.clock import Clock
from loupe_project.ports.store import StoreFactory

_log = structlog.get_logger("loupe.project.answers")

KEPT = timedelta(days=2)
"""Longer than any client repeats."""
PAUSE = timedelta(hours=1)


class AnswerForgetter:
    """Background task of the project service.

    Args:
        stores: Makes transactions.
        clock: Tells the age of answers and sets.
    """

    def __init__(self, stores: StoreFactory, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._forget_forever(), name="answer-forgetter")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _forget_forever(self) -> None:
        while True:
            try:
                async with self._stores() as store:
                    await store.forget_requests(self._clock.now() - KEPT)
                    await store.image_sets.forget(self._clock.now())
                    await store.commit()
            except Exception:  # noqa: BLE001 - a database that is away for a moment must not end the task
                _log.exception("answers_not_forgotten")
            await asyncio.sleep(PAUSE.total_seconds())
