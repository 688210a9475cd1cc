"""Both databases for contract tests: SQLite in a file, MariaDB in a schema of its own where a server answers."""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from loupe_kit.sql import create_engine

MARIADB_URL = os.environ.get("LOUPE_TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306")

BOTH = [pytest.param("sqlite"), pytest.param("mariadb", marks=pytest.mark.cluster)]
"""For `pytest.fixture(params=BOTH)`."""


@asynccontextmanager
async def engine(kind: str, folder: Path) -> AsyncIterator[AsyncEngine]:
    """An engine over an empty database that is thrown away afterwards."""
    if kind == "sqlite":
        opened = create_engine(f"sqlite:///{folder / 'project.db'}")
        yield opened
        await opened.dispose()
        return
    schema = f"loupe_test_{uuid.uuid4().hex[:12]}"
    await _on_server(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")
    opened = create_engine(f"{MARIADB_URL}/{schema}")
    try:
        yield opened
    finally:
        await opened.dispose()
        await _on_server(f"DROP DATABASE {schema}")


async def _on_server(statement: str) -> None:
    server = create_engine(f"{MARIADB_URL}/mysql")
    try:
        async with server.begin() as connection:
            await connection.execute(text(statement))
    except OperationalError as error:
        pytest.skip(f"NO MARIADB at {MARIADB_URL}: {error.orig}; set LOUPE_TEST_MARIADB_URL to run this test")
    finally:
        await server.dispose()
