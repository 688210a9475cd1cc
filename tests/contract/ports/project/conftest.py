"""A migrated store on each database: one schema a run, emptied after each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import delete

from loupe_kit.sql import create_engine, upgrade
from loupe_kit.testing import FakeClock
from loupe_project.adapters.sql.tables import audit_outbox, projects, removals
from loupe_project.adapters.sql.unit_of_work import ProjectUnitOfWork
from loupe_project.domain.scope import Scope
from tests.contract.ports.project import databases
from tests.contract.ports.project.builders import Units, add_project
from tests.contract.ports.project.drift_plant import EVENING, Plant


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


@pytest.fixture
async def plant(units: Units) -> Plant:
    """A watched project at eight in the evening, with a hundred images of its reference."""
    project = await add_project(units)
    scope = Scope(user_id=project.owner_id, principal=f"users/{project.owner_id}")
    made = Plant(units, project, scope, FakeClock(EVENING))
    await made.upload(100, EVENING - timedelta(days=3), tag="golden")
    return made
