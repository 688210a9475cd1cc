"""Background task that lets heads answer for images that were analysed since they were taught."""

import asyncio
from collections import OrderedDict

import structlog

from loupe_kit.objects import ObjectNotFound, ObjectStore
from loupe_project.domain.errors import HeadNotFound
from loupe_project.domain.head import Head
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.make_head import PIECE, LetSpeak

_log = structlog.get_logger("loupe.project.heads")

INTERVAL_SECONDS = 1.0
_KEPT = 4
"""Heads whose numbers stay in memory: a plant has few in use."""


class HeadAnswerer:
    """Looks every second for images whose features have come; the look costs one row of a small table.

    Args:
        stores: Makes transactions.
        objects: Where the numbers of heads are.
        speak: Answers.
        interval_seconds: How often it looks.
    """

    def __init__(
        self, stores: StoreFactory, objects: ObjectStore, speak: LetSpeak, interval_seconds: float = INTERVAL_SECONDS
    ) -> None:
        self._stores = stores
        self._objects = objects
        self._speak = speak
        self._interval_seconds = interval_seconds
        self._contents: OrderedDict[str, bytes] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="head-answerer")

    async def stop(self) -> None:
        """Look no more; what waits is answered for after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def answer_once(self) -> bool:
        """Answer for some images; whether there were any."""
        async with self._stores(read_only=True) as store:
            found = await store.heads.waiting(PIECE)
        if found is None:
            return False
        head, image_ids = found
        try:
            await self._speak.piece(head, await self._content(head), image_ids)
        except (HeadNotFound, ObjectNotFound):
            # Deleted meanwhile: its list is gone with it, or goes here.
            async with self._stores() as store:
                await store.heads.answered(head, image_ids)
                await store.commit()
        return True

    async def _content(self, head: Head) -> bytes:
        content = self._contents.pop(head.id, None) or await self._objects.read(head.object_key)
        self._contents[head.id] = content
        while len(self._contents) > _KEPT:
            self._contents.popitem(last=False)
        return content

    async def _run(self) -> None:
        while True:
            is_busy = False
            try:
                is_busy = await self.answer_once()
            except Exception:  # noqa: BLE001 - a service that is away for a moment must not end the task
                _log.exception("heads_did_not_answer")
            if not is_busy:
                await asyncio.sleep(self._interval_seconds)
