"""Turn claimed tasks into images that a backend can work on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from loupe_inference.domain.analysis import AnalysisTask, ClaimedTask, ImageSource
from loupe_inference.domain.errors import ImageObjectMissing, ImageTooLarge
from loupe_kit.errors import LoupeError
from loupe_kit.objects import ObjectNotFound, ObjectStore

_PARALLEL_READS = 8

_log = structlog.get_logger("loupe.inference.worker")


@dataclass(frozen=True, slots=True)
class TakenTask:
    """A task with its image, or with what is wrong with it."""

    task: AnalysisTask
    image: ImageSource | LoupeError


@dataclass(frozen=True, slots=True)
class TakenBatch:
    """Tasks that are worked on together."""

    delivery_ids: tuple[str, ...]
    """Claims that end with this batch; more than tasks if a task came twice."""
    tasks: tuple[TakenTask, ...]


class TaskReader:
    """Reads the images of tasks within bounded memory.

    Args:
        objects: Where the image files are. Files on this machine are not read here: the backend opens them itself.
        batch_bytes: Most bytes of images that one batch holds in memory, unless a single image has more.
        max_image_bytes: Images with more are refused.
    """

    def __init__(self, objects: ObjectStore, batch_bytes: int, max_image_bytes: int) -> None:
        self._objects = objects
        self._batch_bytes = batch_bytes
        self._max_image_bytes = max_image_bytes

    def split(self, claimed: Sequence[ClaimedTask]) -> list[list[ClaimedTask]]:
        """The tasks in groups whose images fit in memory together, in order."""
        groups: list[list[ClaimedTask]] = []
        size = 0
        for item in claimed:
            in_memory = 0 if self._path(item.task) is not None else item.task.size_bytes
            size += in_memory
            if not groups or size > self._batch_bytes:
                groups.append([])
                size = in_memory
            groups[-1].append(item)
        return groups

    async def read(self, claimed: Sequence[ClaimedTask]) -> TakenBatch:
        """The images of a group. Tasks whose image cannot be read now are left to a later delivery."""
        newest: dict[str, ClaimedTask] = {}
        for item in sorted(claimed, key=lambda item: item.task.attempt):
            newest[item.task.image_id] = item
        limit = asyncio.Semaphore(_PARALLEL_READS)
        taken = await asyncio.gather(*(self._take(item, limit) for item in newest.values()))
        left = {item.task.image_id for item, task in zip(newest.values(), taken, strict=True) if task is None}
        return TakenBatch(
            tuple(item.delivery_id for item in claimed if item.task.image_id not in left),
            tuple(task for task in taken if task is not None),
        )

    async def _take(self, item: ClaimedTask, limit: asyncio.Semaphore) -> TakenTask | None:
        task = item.task
        if task.size_bytes > self._max_image_bytes:
            return TakenTask(task, _too_large(task.size_bytes, self._max_image_bytes))
        if item.content:
            return TakenTask(task, item.content)
        path = self._path(task)
        if path is not None:
            return TakenTask(task, path)
        try:
            async with limit:
                return TakenTask(task, await self._objects.read(task.object_key))
        except ObjectNotFound:
            return TakenTask(task, _missing(task.object_key))
        except Exception:  # noqa: BLE001 - the store does not answer: the claim runs out and the task comes again
            _log.warning("image_unreadable_now", image_id=task.image_id, object_key=task.object_key, exc_info=True)
            return None

    def _path(self, task: AnalysisTask) -> ImageSource | None:
        try:
            return self._objects.local_path(task.object_key)
        except LoupeError:
            # A key that no store takes is told by `read`.
            return None


def _too_large(actual: int, limit: int) -> ImageTooLarge:
    return ImageTooLarge(
        f"The image file has {actual:,} bytes and the limit is {limit:,}; upload it in parts.",
        unit="bytes",
        actual=str(actual),
        limit=str(limit),
    )


def _missing(object_key: str) -> ImageObjectMissing:
    return ImageObjectMissing(
        f"The image file {object_key!r} is not in the object store; upload the image again.", object_key=object_key
    )
