"""Engines for the two databases we support, with the settings that keep acknowledged writes.

SQLite has one writer at a time. A writer says so at once (BEGIN IMMEDIATE) instead of failing in the
middle when it turns from reader to writer, and the writers of one process queue up in a fair lock rather
than polling the file. Readers are never held up: the journal is a write-ahead log.
"""

import asyncio
import contextlib
import logging
import sqlite3
import ssl
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

READ_ONLY = "loupe_read_only"
"""Execution option of connections that only read."""
WRITE_LOCK = "loupe_write_lock"
"""Execution option that holds the lock of an engine's writers, if it needs one."""

BUSY_TIMEOUT_SECONDS = 30
"""How long a writer waits for another one."""

_CONFLICTS = (1020, 1205, 1213)

_SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # What is deleted is written over with zeros, not only given free.
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -8000",
    "PRAGMA journal_size_limit = 67108864",
)


def create_engine(url: str, *, echo: bool = False) -> AsyncEngine:
    """An engine for `sqlite:///path/to/file.db` or `mariadb://user:password@host/schema?tls=true`.

    Args:
        url: Where the database is; the driver may be left out. With `tls=true` the server's certificate is checked
            against the machine's authorities, or those of SSL_CERT_FILE.
        echo: Log every statement.

    Raises:
        ValueError: For other databases, and for SQLite in memory, which has one connection only.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite_engine(parsed, echo=echo)
    if backend in ("mysql", "mariadb"):
        return _mariadb_engine(parsed, echo=echo)
    raise ValueError(f"Database {backend!r} is not supported; use sqlite or mariadb.")


def is_conflict(error: DBAPIError) -> bool:
    """Whether MariaDB gave up a transaction for another one: deadlock, changed row, or lock time-out."""
    arguments: tuple[object, ...] = getattr(error.orig, "args", ())
    return bool(arguments) and arguments[0] in _CONFLICTS


def write_lock(engine: AsyncEngine) -> asyncio.Lock | None:
    """The lock that writers of this engine take, or None if the database orders them itself."""
    lock: asyncio.Lock | None = engine.sync_engine.get_execution_options().get(WRITE_LOCK)
    return lock


async def empty_log(engine: AsyncEngine) -> bool:
    """Write SQLite's log into its file and leave nothing in it of what was deleted since; MariaDB has no such log.

    Returns:
        False if somebody reads: then the log stays, and a later call succeeds.
    """
    lock = write_lock(engine)
    if lock is None:
        return True
    async with lock:
        raw = await engine.raw_connection()
        try:
            connection: Any = raw.driver_connection
            await connection.execute("PRAGMA busy_timeout = 0")
            try:
                rows = await connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                await connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")
        finally:
            raw.close()
    is_busy: int = next(iter(rows))[0]
    return not is_busy


def _sqlite_engine(url: URL, *, echo: bool) -> AsyncEngine:
    if url.database in (None, "", ":memory:"):
        raise ValueError("SQLite in memory has one connection only; give a file, in tests one below tmp_path.")
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        echo=echo,
        pool_size=8,
        max_overflow=8,
        pool_timeout=BUSY_TIMEOUT_SECONDS,
        connect_args={"factory": _SqliteConnection},
        execution_options={WRITE_LOCK: asyncio.Lock()},
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


class _SqliteConnection(sqlite3.Connection):
    """A connection whose end is the end of its transaction.

    A call that is cancelled leaves its connection to be closed. SQLite keeps a closed one alive as long as one of its
    statements has rows to give, and with it the lock of a writer: nobody could write until the garbage is collected.
    """

    def close(self) -> None:
        # Who is cancelled twice closes twice.
        with contextlib.suppress(sqlite3.ProgrammingError):
            self.rollback()
        super().close()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself: _begin_sqlite does, and knows which kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN DEFERRED" if reads else "BEGIN IMMEDIATE")


def _mariadb_engine(url: URL, *, echo: bool) -> AsyncEngine:
    # What would lose data is an error by `sql_mode`; what the driver logs is that names of primary keys are ignored.
    logging.getLogger("asyncmy").setLevel(logging.ERROR)
    wants_tls = url.query.get("tls") == "true"
    engine = create_async_engine(
        url.difference_update_query(["tls"])
        .set(drivername="mariadb+asyncmy")
        .update_query_dict({"charset": "utf8mb4"}),
        echo=echo,
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=True,
        pool_recycle=1800,
        isolation_level="REPEATABLE READ",
        connect_args={
            "init_command": "SET SESSION time_zone = '+00:00', innodb_snapshot_isolation = ON, "
            "sql_mode = 'TRADITIONAL,NO_ENGINE_SUBSTITUTION'",
        }
        | ({"ssl": ssl.create_default_context()} if wants_tls else {}),
    )
    if wants_tls:
        event.listen(engine.sync_engine, "connect", _refuse_plain_text)
    return engine


def _refuse_plain_text(connection: Any, _record: object) -> None:
    # The driver goes on without TLS when the server offers none.
    cursor = connection.cursor()
    cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    cipher = cursor.fetchone()
    cursor.close()
    if not cipher or not cipher[1]:
        raise ConnectionError("MariaDB offers no TLS, and its address says tls=true; switch TLS on there.")
