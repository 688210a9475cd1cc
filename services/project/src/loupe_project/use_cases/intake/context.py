"""What every way in shares: ports, limits, and where slow work is done."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from loupe_kit.clock import Clock
from loupe_kit.objects import ObjectStore
from loupe_project.ports.intake import FeatureSink, ImageInspector, Limits, Spool
from loupe_project.ports.store import StoreFactory

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tools:
    """Ports of intake."""

    uow_factory: StoreFactory
    objects: ObjectStore
    spool: Spool
    inspector: ImageInspector
    features: FeatureSink
    executor: Executor
    """Few threads of low priority: hashing, inflating, decoding."""
    clock: Clock
    limits: Limits

    async def run(self, work: Callable[[], T]) -> T:
        """Do slow work in the executor."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, work)

    async def next_of(self, items: Iterator[T], count: int) -> list[T]:
        """The next items of a slow iterator, at most `count`; empty at its end."""
        return await self.run(lambda: list(islice(items, count)))
