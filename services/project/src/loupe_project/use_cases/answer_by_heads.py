"""Background task that lets heads answer for images that were analysed since they were taught."""

from collections import OrderedDict

import structlog

from loupe_kit.objects import ObjectNotFound, ObjectStore
from loupe_kit.periodic import PeriodicTask
from loupe_project.domain.errors import HeadNotFound
from loupe_project.domain.head import Head
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.make_head import PIECE, LetSpeak

_log = structlog.get_logger("loupe.project.heads")

INTERVAL_SECONDS = 1.0
_KEPT = 4
"""Heads whose numbers stay in memory: a plant has few in use."""


class HeadAnswerer(PeriodicTask):
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
        super().__init__("head-answerer", interval_seconds)
        self._stores = stores
        self._objects = objects
        self._speak = speak
        self._contents: OrderedDict[str, bytes] = OrderedDict()

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

    async def work(self) -> bool:
        """See `PeriodicTask`."""
        return await self.answer_once()

    def report(self, error: Exception) -> None:
        """See `PeriodicTask`."""
        _log.error("heads_did_not_answer", exc_info=error)
