"""Alembic from inside the program: bring the schema up to date at start, alone even among replicas."""

import asyncio
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, LargeBinary, MetaData, create_engine, text
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.asyncio import AsyncEngine

from loupe_kit.sql import engine as engines

_LOCK_SECONDS = 300
_CONNECTION = "connection"
_BLOBS = (LargeBinary, mysql.TINYBLOB, mysql.MEDIUMBLOB, mysql.LONGBLOB)
_log = structlog.get_logger("loupe.sql")
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


async def upgrade(engine: AsyncEngine | str, script_location: str | Path, revision: str = "head") -> None:
    """Run the migrations that are missing, all in one transaction where the database can.

    Safe to call at every start and from several processes at once: one migrates, the others wait. A schema that a later
    release has left is not touched: migrations only add, so that the release before goes on after a rollback.

    Args:
        engine: From `create_engine`, or a URL for it.
        script_location: Folder with `env.py` and `versions/`, or `package:folder`.
        revision: Where to go.
    """
    if isinstance(engine, str):
        own = engines.create_engine(engine)
        try:
            await upgrade(own, script_location, revision)
        finally:
            await own.dispose()
        return
    # Alembic keeps the migration it runs in globals, so one at a time within a process as well.
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()), engine.connect() as connection:
        await connection.run_sync(_upgrade, str(script_location), revision)


async def schema_differences(engine: AsyncEngine, metadata: MetaData) -> list[Any]:
    """What `alembic revision --autogenerate` would write; empty when migrations and tables agree."""
    options = {"compare_type": _compare_type}
    async with engine.connect() as connection:
        return await connection.run_sync(
            lambda sync: list(compare_metadata(MigrationContext.configure(sync, opts=options), metadata))
        )


def _upgrade(connection: Connection, script_location: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", script_location)
    config.set_main_option("path_separator", "os")
    config.attributes[_CONNECTION] = connection
    on_mariadb = connection.dialect.name in ("mysql", "mariadb")
    # SQLite needs no lock of its own: the transaction begins IMMEDIATE.
    lock_name = f"loupe_migrate_{connection.engine.url.database}"[:64]
    if on_mariadb:
        connection.execute(text("SELECT GET_LOCK(:name, :seconds)"), {"name": lock_name, "seconds": _LOCK_SECONDS})
    try:
        if _is_of_a_later_release(connection, config):
            _log.warning("schema_is_newer", database=connection.engine.url.database)
        else:
            command.upgrade(config, revision)
            connection.commit()
    finally:
        if on_mariadb:
            connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": lock_name})


def _is_of_a_later_release(connection: Connection, config: Config) -> bool:
    applied = MigrationContext.configure(connection).get_current_heads()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    return not known.issuperset(applied)


def run_migration_env(metadata: MetaData) -> None:
    """Do what a service's `migrations/env.py` is for; the call is all that the file needs.

    Args:
        metadata: Of the service's declarative base.

    Raises:
        ValueError: From the alembic command line, if no database is configured.
    """
    connection: Connection | None = context.config.attributes.get(_CONNECTION)
    if connection is not None:
        _run(connection, metadata)
        return
    # From the alembic command line, to write a new revision.
    url = context.config.get_main_option("sqlalchemy.url")
    if not url:
        raise ValueError("Give the database: alembic -x … is not read, set sqlalchemy.url in alembic.ini.")
    with create_engine(url).connect() as own:
        _run(own, metadata)
        own.commit()


def _run(connection: Connection, metadata: MetaData) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=_compare_type,
        transactional_ddl=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


def _compare_type(_context: Any, _column: Any, _table_column: Any, found: Any, wanted: Any) -> bool | None:
    """Whether types differ; None for the usual comparison."""
    # MariaDB gives the smallest of four blob types that holds the length, and tells no length afterwards.
    return False if isinstance(wanted, LargeBinary) and isinstance(found, _BLOBS) else None
