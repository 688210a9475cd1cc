"""What became of images that inference was given."""

from collections.abc import Sequence

from loupe_kit.clock import Clock
from loupe_project.domain.job import Result
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.retry import retry_conflicts


async def report_results(stores: StoreFactory, results: Sequence[Result], clock: Clock) -> int:
    """Write results, all in one transaction; how many were still awaited.

    A repeat finds no job that waits and changes nothing, so there is no need for a request id.

    Raises:
        StoreConflict: If other transactions came first again and again.
    """

    async def write() -> int:
        async with stores() as store:
            count = await store.results.store(results, clock.now())
            await store.commit()
            return count

    return await retry_conflicts(write)
