"""Empty databases for tests: a SQLite file, or a schema of its own on a MariaDB server."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from loupe_kit.sql import create_engine

MARIADB_URL = os.environ.get("LOUPE_TEST_MARIADB_URL", "mariadb://root@127.0.0.1:3306")
KINDS = ["sqlite", pytest.param("mariadb", marks=pytest.mark.cluster)]


@asynccontextmanager
async def empty_database(kind: str, folder: Path) -> AsyncIterator[str]:
    """Gives the URL of a database that is gone afterwards; skips loudly where there is no server.

    Args:
        kind: `sqlite` or `mariadb`.
        folder: where the SQLite file goes.
    """
    if kind == "sqlite":
        yield f"sqlite:///{folder}/auth.db"
        return
    schema = f"loupe_auth_test_{uuid.uuid4().hex[:12]}"
    await _on_mariadb(f"CREATE DATABASE {schema}")
    try:
        yield f"{MARIADB_URL}/{schema}"
    finally:
        await _on_mariadb(f"DROP DATABASE {schema}")


async def _on_mariadb(statement: str) -> None:
    engine = create_engine(f"{MARIADB_URL}/mysql")
    try:
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    except OperationalError as error:
        pytest.skip(f"no MariaDB at {MARIADB_URL}, so this half of the suite proves nothing here: {error.orig}")
    finally:
        await engine.dispose()
