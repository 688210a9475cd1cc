from __future__ import annotations

from datetime import timedelta

from loupe.inference.v1 import task_pb2
from loupe_inference.adapters.task_queue import QueueTaskSource, stream_of
from loupe_inference.domain.analysis import AnalysisTask
from loupe_kit.queue import InProcessQueue

NOW = timedelta(0)


async def test_claim__reads_tasks() -> None:
    queue = InProcessQueue()
    message = task_pb2.AnalysisTask(
        image_id="i", project_id="p", object_key="k", model="tiny", version="1", attempt=2, size_bytes=3, content=b"abc"
    )
    (delivery_id,) = await queue.publish("analysis.tiny", [message.SerializeToString()])

    (claimed,) = await QueueTaskSource(queue, "me").claim("tiny", 5, NOW)

    assert claimed.delivery_id == delivery_id
    assert claimed.task == AnalysisTask("i", "p", "k", "tiny", "1", 2, 3)
    assert claimed.content == b"abc"


async def test_claim__payload_that_is_no_task_is_dropped() -> None:
    queue = InProcessQueue()
    await queue.publish(stream_of("tiny"), [b"\xff\xff\xff"])

    assert await QueueTaskSource(queue, "me").claim("tiny", 5, NOW) == []
    assert await queue.depth(stream_of("tiny")) == 0


async def test_acknowledge__forgets_the_task() -> None:
    queue = InProcessQueue()
    await queue.publish(stream_of("tiny"), [b""])
    source = QueueTaskSource(queue, "me")
    (claimed,) = await source.claim("tiny", 1, NOW)

    await source.extend("tiny", [claimed.delivery_id])
    await source.acknowledge("tiny", [claimed.delivery_id])

    assert await queue.depth(stream_of("tiny")) == 0
