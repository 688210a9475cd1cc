"""An empty, migrated database: SQLite in a file, and MariaDB where a server answers."""

import functools
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from loupe_kit import sql
from loupe_kit.sql import UowFactory
from tests.integration.kit.tables import NoteUnitOfWork

MIGRATIONS = Path(__file__).parent / "migrations"
MARIADB_URL = os.environ.get("LOUPE_TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306")


@pytest.fixture(params=[pytest.param("sqlite"), pytest.param("mariadb", marks=pytest.mark.cluster)])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/notes.db"
        return
    schema = f"loupe_test_{uuid.uuid4().hex[:12]}"
    await on_mariadb(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")
    yield f"{MARIADB_URL}/{schema}"
    await on_mariadb(f"DROP DATABASE {schema}")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Engine over a database with all tables."""
    opened = sql.create_engine(database_url)
    await sql.upgrade(opened, MIGRATIONS)
    yield opened
    await opened.dispose()


@pytest.fixture
def uow_factory(engine: AsyncEngine) -> UowFactory[NoteUnitOfWork]:
    """Makes units of work."""
    return functools.partial(NoteUnitOfWork, engine)


async def on_mariadb(statement: str) -> None:
    """Run one statement on the server; skips the test if there is none."""
    server = sql.create_engine(f"{MARIADB_URL}/mysql")
    try:
        async with server.begin() as connection:
            await connection.execute(text(statement))
    except OperationalError as error:
        pytest.skip(f"NO MARIADB at {MARIADB_URL}: {error.orig}; set LOUPE_TEST_MARIADB_URL to run this test")
    finally:
        await server.dispose()
