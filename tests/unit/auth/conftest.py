"""Parts of auth without a server: a store in a file, a clock to move, a quick hasher, a mailbox in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from loupe_auth.adapters.sql.store import AuthUnitOfWork
from loupe_auth.bootstrap import MIGRATIONS
from loupe_auth.ports import Store
from loupe_kit.sql import create_engine, upgrade
from loupe_kit.testing import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Stands still until told otherwise."""
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    engine = create_engine(f"sqlite:///{tmp_path}/auth.db")
    await upgrade(engine, MIGRATIONS)
    yield partial(AuthUnitOfWork, engine)
    await engine.dispose()
