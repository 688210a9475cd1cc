"""An empty store: SQLite in a file, and MariaDB with a schema of its own where a server answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from loupe_auth.adapters.sql.store import AuthUnitOfWork
from loupe_auth.bootstrap import MIGRATIONS
from loupe_auth.ports import Store
from loupe_kit.sql import create_engine, upgrade
from tests.contract.auth.databases import KINDS, empty_database


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A migrated store without rows."""
    async with empty_database(request.param, tmp_path) as url:
        engine = create_engine(url)
        await upgrade(engine, MIGRATIONS)
        yield partial(AuthUnitOfWork, engine)
        await engine.dispose()
