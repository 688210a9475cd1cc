"""A migrated store on each database: one schema a run, emptied after each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from functools import partial

import pytest
from sqlalchemy import delete

from loupe_kit.sql import create_engine, upgrade
from loupe_project.adapters.sql.tables import audit_outbox, projects, removals
from loupe_project.adapters.sql.unit_of_work import ProjectUnitOfWork
from tests.contract.ports.project import databases
from tests.contract.ports.project.builders import Units


@pytest.fixture(scope="session", params=databases.BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        opened = databases.engine(request.param, tmp_path_factory.mktemp("store"))
        engine = runner.run(stack.enter_async_context(opened))
        runner.run(upgrade(engine, "loupe_project:migrations"))
        yield engine.url.render_as_string(hide_password=False)
        runner.run(stack.aclose())


@pytest.fixture
async def units(database_url: str) -> AsyncIterator[Units]:
    engine = create_engine(database_url)
    yield partial(ProjectUnitOfWork, engine)
    async with ProjectUnitOfWork(engine) as unit:
        await unit.session.execute(delete(projects))
        await unit.session.execute(delete(removals))
        await unit.session.execute(delete(audit_outbox))
        await unit.commit()
    await engine.dispose()
