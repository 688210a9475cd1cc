"""Job queue inside one process, for the standalone profile."""

import asyncio
import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from loupe_kit.clock import Clock, SystemClock
from loupe_kit.queue.port import Delivery, QueueFull


@dataclass(slots=True)
class _Job:
    id: str
    payload: bytes
    attempt: int = 0
    consumer: str = ""
    expires: float = 0.0


@dataclass(slots=True)
class _Stream:
    waiting: deque[_Job] = field(default_factory=deque)
    claimed: dict[str, _Job] = field(default_factory=dict)
    """In the order of their leases' ends, since all leases are equally long."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)


class InProcessQueue:
    """Job queue for one process; keeps nothing over a restart.

    Args:
        lease: How long a claim holds.
        capacity: Most jobs that one stream may hold.
        clock: Measures leases.
    """

    def __init__(
        self,
        *,
        lease: timedelta = timedelta(seconds=60),
        capacity: int = 100_000,
        clock: Clock | None = None,
    ) -> None:
        self._lease_seconds = lease.total_seconds()
        self._capacity = capacity
        self._clock = clock or SystemClock()
        self._streams: dict[str, _Stream] = {}
        self._numbers = itertools.count(1)

    async def publish(self, stream: str, payloads: Sequence[bytes]) -> list[str]:
        """See `JobQueue`."""
        state = self._stream(stream)
        if self._size(state) + len(payloads) > self._capacity:
            raise QueueFull.of(stream, self._size(state), self._capacity)
        jobs = [_Job(id=str(next(self._numbers)), payload=payload) for payload in payloads]
        state.waiting.extend(jobs)
        if jobs:
            state.arrived.set()
        return [job.id for job in jobs]

    async def claim(self, stream: str, consumer: str, max_count: int, wait: timedelta) -> list[Delivery]:
        """See `JobQueue`."""
        state = self._stream(stream)
        end = self._clock.monotonic() + wait.total_seconds()
        while not (taken := self._take(state, consumer, max_count)):
            patience = end - self._clock.monotonic()
            if patience <= 0:
                return []
            await self._wait_for_change(state, patience)
        return taken

    async def ack(self, stream: str, ids: Sequence[str]) -> None:
        """See `JobQueue`."""
        state = self._stream(stream)
        late = [job_id for job_id in ids if state.claimed.pop(job_id, None) is None]
        if late:
            gone = set(late)
            state.waiting = deque(job for job in state.waiting if job.attempt == 0 or job.id not in gone)

    async def extend(self, stream: str, consumer: str, ids: Sequence[str]) -> list[str]:
        """See `JobQueue`."""
        state = self._stream(stream)
        self._return_expired(state)
        held = [i for i in ids if i in state.claimed and state.claimed[i].consumer == consumer]
        for job_id in held:
            job = state.claimed.pop(job_id)
            job.expires = self._clock.monotonic() + self._lease_seconds
            state.claimed[job_id] = job
        return held

    async def depth(self, stream: str) -> int:
        """See `JobQueue`."""
        return self._size(self._stream(stream))

    def _stream(self, name: str) -> _Stream:
        return self._streams.setdefault(name, _Stream())

    @staticmethod
    def _size(state: _Stream) -> int:
        return len(state.waiting) + len(state.claimed)

    def _take(self, state: _Stream, consumer: str, max_count: int) -> list[Delivery]:
        self._return_expired(state)
        expires = self._clock.monotonic() + self._lease_seconds
        taken: list[Delivery] = []
        while state.waiting and len(taken) < max_count:
            job = state.waiting.popleft()
            job.attempt += 1
            job.consumer = consumer
            job.expires = expires
            state.claimed[job.id] = job
            taken.append(Delivery(id=job.id, payload=job.payload, attempt=job.attempt))
        if not state.waiting:
            state.arrived.clear()
        return taken

    def _return_expired(self, state: _Stream) -> None:
        now = self._clock.monotonic()
        expired = list(itertools.takewhile(lambda job: job.expires <= now, state.claimed.values()))
        for job in expired:
            del state.claimed[job.id]
        state.waiting.extendleft(reversed(expired))
        if expired:
            state.arrived.set()

    async def _wait_for_change(self, state: _Stream, patience: float) -> None:
        """Return at the next publish, at the next end of a lease, or after `patience` seconds."""
        first = next(iter(state.claimed.values()), None)
        if first is not None:
            patience = min(patience, max(first.expires - self._clock.monotonic(), 0.0))
        try:
            async with asyncio.timeout(patience):
                await state.arrived.wait()
        except TimeoutError:
            return
