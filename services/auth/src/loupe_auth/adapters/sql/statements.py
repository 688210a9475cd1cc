"""The few statements whose outcome under concurrency matters, the same on SQLite and MariaDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CursorResult, Delete, Update, insert
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

# MariaDB with snapshot isolation: another transaction changed the row since this one began to read.
_RECORD_CHANGED = 1020


async def insert_unless_taken(
    session: AsyncSession, table: type[DeclarativeBase], values: Mapping[str, object]
) -> bool:
    """Inserts a row; returns False, leaving the transaction usable, when a unique value is taken."""
    try:
        async with session.begin_nested():
            await session.execute(insert(table).values(**values))
    except IntegrityError:
        return False
    return True


async def changes_one(session: AsyncSession, statement: Update | Delete) -> bool:
    """Runs an update or a deletion; returns whether it found its row as it expected it and nothing forbade it."""
    try:
        result = await session.execute(statement.execution_options(synchronize_session=False))
    except IntegrityError:
        # A unique value was taken, or a row referred to came or went, after the caller looked.
        return False
    except OperationalError as error:
        if getattr(error.orig, "args", (None,))[0] == _RECORD_CHANGED:
            return False
        raise
    return row_count(result) == 1


def row_count(result: Any) -> int:
    """Returns how many rows a statement touched."""
    return result.rowcount if isinstance(result, CursorResult) else 0
