from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from loupe_inference.background import Crew
from loupe_inference.domain.catalogue import Catalogue
from tests.unit.inference.fakes import model_spec
from tests.unit.inference.registered import registered_version


async def test_crew__comes_and_goes_with_the_catalogue() -> None:
    catalogue, working = Catalogue([model_spec("tiny")]), set[str]()
    crew = asyncio.create_task(Crew(catalogue, lambda model: lambda: work(model), timedelta(0)).run())

    async def work(model: str) -> None:
        working.add(model)
        try:
            await asyncio.Event().wait()
        finally:
            working.discard(model)

    await until(lambda: working == {"tiny"})
    catalogue.take_registered([registered_version(is_active=True)])
    await until(lambda: working == {"tiny", "line-3"})
    catalogue.take_registered([])
    await until(lambda: working == {"tiny"})

    crew.cancel()
    await asyncio.gather(crew, return_exceptions=True)
    assert working == set()


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not done():  # noqa: ASYNC110 - they tell nobody
            await asyncio.sleep(0)
