"""What became of images that inference was given."""

from collections.abc import Sequence
from datetime import datetime

from loupe_kit.clock import Clock
from loupe_project.domain.job import Result
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases.retry import retry_conflicts


async def report_results(stores: StoreFactory, results: Sequence[Result], clock: Clock) -> int:
    """Write results, all in one transaction; how many were still awaited.

    Of images that have gone while they were analysed, the features that came after their end are removed again.

    A repeat finds no job that waits and changes nothing, so there is no need for a request id.

    Raises:
        StoreConflict: If other transactions came first again and again.
    """

    async def write() -> int:
        async with stores() as store:
            now = clock.now()
            count = await store.results.store(results, now)
            if count < len(results):
                await _forget_gone(store, results, now)
            await store.commit()
            return count

    return await retry_conflicts(write)


async def _forget_gone(store: Store, results: Sequence[Result], now: datetime) -> None:
    for project_id in sorted({one.project_id for one in results}):
        image_ids = sorted({one.image_id for one in results if one.project_id == project_id})
        await store.removals.add_gone(project_id, image_ids, now)
