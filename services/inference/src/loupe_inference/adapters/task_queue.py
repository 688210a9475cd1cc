"""Orders from the job queue."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from google.protobuf.message import DecodeError

from loupe.inference.v1 import task_pb2
from loupe_inference import convert
from loupe_inference.domain.analysis import ClaimedTask
from loupe_kit.queue import Delivery, JobQueue

_log = structlog.get_logger("loupe.inference.tasks")


def stream_of(model: str) -> str:
    """Name of the stream with the tasks for a model."""
    return f"analysis.{model}"


class QueueTaskSource:
    """A `TaskSource` over a `JobQueue`.

    Args:
        queue: Where project publishes.
        consumer: Name of this worker, different from every other's.
    """

    def __init__(self, queue: JobQueue, consumer: str) -> None:
        self._queue = queue
        self._consumer = consumer

    async def claim(self, model: str, max_count: int, wait: timedelta) -> list[ClaimedTask]:
        """See `TaskSource`. Payloads that are no task are logged and dropped: no repeat would read them."""
        deliveries = await self._queue.claim(stream_of(model), self._consumer, max_count, wait)
        claimed = [task for delivery in deliveries if (task := _read(delivery)) is not None]
        if len(claimed) < len(deliveries):
            good = {task.delivery_id for task in claimed}
            await self.acknowledge(model, [delivery.id for delivery in deliveries if delivery.id not in good])
        return claimed

    async def extend(self, model: str, delivery_ids: Sequence[str]) -> None:
        """See `TaskSource`."""
        await self._queue.extend(stream_of(model), self._consumer, delivery_ids)

    async def acknowledge(self, model: str, delivery_ids: Sequence[str]) -> None:
        """See `TaskSource`."""
        await self._queue.ack(stream_of(model), delivery_ids)


def _read(delivery: Delivery) -> ClaimedTask | None:
    try:
        message = task_pb2.AnalysisTask.FromString(delivery.payload)
    except DecodeError:
        _log.exception("task_unreadable", delivery_id=delivery.id, size_bytes=len(delivery.payload))
        return None
    return ClaimedTask(delivery.id, convert.task_from_proto(message), message.content)
