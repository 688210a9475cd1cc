"""Job streams: work handed from one process to another, at least once.

A job is claimed for a lease. Whoever works longer extends; whoever dies lets the lease run out, and the
job is given to the next with `attempt` one higher. Jobs must therefore be safe to do twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from loupe_kit.errors import ResourceExhausted


@dataclass(frozen=True, slots=True)
class Delivery:
    """A job in the hands of a consumer."""

    id: str
    """Names the job within its stream; the same for every attempt."""
    payload: bytes
    attempt: int
    """1 for the first delivery, one more each time a lease ran out."""


class QueueFull(ResourceExhausted):
    """The stream holds as many jobs as it may."""

    @classmethod
    def of(cls, stream: str, held: int, capacity: int) -> "QueueFull":
        """The error for a stream that holds `held` of `capacity` jobs."""
        return cls(
            f"Stream {stream} holds {held} jobs and takes {capacity}; publish again later.",
            stream=stream,
            capacity=str(capacity),
        )


class JobQueue(Protocol):
    """Streams of jobs; a stream comes into being at its first use."""

    async def publish(self, stream: str, payloads: Sequence[bytes]) -> list[str]:
        """Add jobs, all or none, without waiting for room; returns their ids in order.

        Raises:
            QueueFull: If the stream has no room for all of them.
        """
        ...

    async def claim(self, stream: str, consumer: str, max_count: int, wait: timedelta) -> list[Delivery]:
        """Take up to `max_count` jobs, oldest first; expired claims of others come before new jobs.

        Waits up to `wait` for the first one, then gives what is there; an empty list if nothing came.
        """
        ...

    async def ack(self, stream: str, ids: Sequence[str]) -> None:
        """The jobs are done and forgotten, whoever holds them now. Unknown ids are passed over."""
        ...

    async def extend(self, stream: str, consumer: str, ids: Sequence[str]) -> list[str]:
        """Start the lease anew; returns the ids that `consumer` still holds. Stop work on the others."""
        ...

    async def depth(self, stream: str) -> int:
        """Number of jobs that were published and not acknowledged, claimed or not."""
        ...
