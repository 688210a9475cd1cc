"""Job streams: the port, and the queue inside one process. The one on Redis is `loupe_kit.queue.redis_streams`."""

from loupe_kit.queue.in_process import InProcessQueue
from loupe_kit.queue.port import Delivery, JobQueue, QueueFull

__all__ = ["Delivery", "InProcessQueue", "JobQueue", "QueueFull"]
