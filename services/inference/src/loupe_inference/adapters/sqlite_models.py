"""Registered models in one SQLite file, for the standalone profile."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from loupe_inference.domain.model import Task
from loupe_inference.domain.registered import RegisteredVersion, Request, from_manifest, to_manifest
from loupe_inference.domain.registry_rules import check_deletable, check_task, not_found
from loupe_kit.audit.event import AuditEvent

T = TypeVar("T")

# Grows by appending; PRAGMA user_version counts the steps that a file has seen.
_MIGRATIONS = (
    """
    CREATE TABLE model (
        id TEXT PRIMARY KEY,
        last_number INTEGER NOT NULL,
        active_number INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE model_version (
        model TEXT NOT NULL REFERENCES model (id),
        number INTEGER NOT NULL,
        task TEXT NOT NULL,
        manifest TEXT NOT NULL,
        PRIMARY KEY (model, number)
    ) WITHOUT ROWID;
    CREATE TABLE request (
        caller TEXT NOT NULL,
        method TEXT NOT NULL,
        id TEXT NOT NULL,
        digest BLOB NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (caller, method, id)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE audit_outbox (
        id TEXT PRIMARY KEY,
        event BLOB NOT NULL
    ) WITHOUT ROWID;
    """,
)


class SqliteModelRegistry:
    """A `ModelRegistry` in a file.

    Args:
        path: File of the database; made, with its folder, if it is not there.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._turn = asyncio.Lock()

    async def list(self) -> list[RegisteredVersion]:
        """See `ModelRegistry`."""
        return await self._run(_list)

    async def answer(self, request: Request) -> int | None:
        """See `ModelRegistry`."""
        return await self._run(lambda db: _answer(db, request))

    async def reserve(self, model: str) -> int:
        """See `ModelRegistry`."""

        def work(db: sqlite3.Connection) -> int:
            db.execute("INSERT INTO model (id, last_number) VALUES (?, 0) ON CONFLICT DO NOTHING", (model,))
            db.execute("UPDATE model SET last_number = last_number + 1 WHERE id = ?", (model,))
            (number,) = db.execute("SELECT last_number FROM model WHERE id = ?", (model,)).fetchone()
            return int(number)

        return await self._run(work)

    async def add(self, version: RegisteredVersion, request: Request | None, event: AuditEvent) -> None:
        """See `ModelRegistry`."""

        def work(db: sqlite3.Connection) -> None:
            model, number, task = version.model, version.number, version.config.task
            others = db.execute("SELECT DISTINCT task FROM model_version WHERE model = ?", (model,)).fetchall()
            check_task(model, task, (Task(other) for (other,) in others))
            manifest = json.dumps(to_manifest(version), ensure_ascii=False)
            db.execute("INSERT INTO model_version VALUES (?, ?, ?, ?)", (model, number, task.value, manifest))
            db.execute("UPDATE model SET active_number = ifnull(active_number, ?) WHERE id = ?", (number, model))
            _keep(db, request, number, event)

        await self._once(request, work)

    async def activate(self, model: str, number: int, request: Request | None, event: AuditEvent) -> None:
        """See `ModelRegistry`."""

        def work(db: sqlite3.Connection) -> None:
            _check_there(db, model, number)
            db.execute("UPDATE model SET active_number = ? WHERE id = ?", (number, model))
            _keep(db, request, number, event)

        await self._once(request, work)

    async def delete(self, model: str, number: int, request: Request | None, event: AuditEvent) -> None:
        """See `ModelRegistry`."""

        def work(db: sqlite3.Connection) -> None:
            _check_there(db, model, number)
            active, count = db.execute(
                "SELECT active_number, (SELECT count(*) FROM model_version WHERE model = id) FROM model WHERE id = ?",
                (model,),
            ).fetchone()
            check_deletable(model, number, active=active, count=count)
            db.execute("DELETE FROM model_version WHERE model = ? AND number = ?", (model, number))
            db.execute("UPDATE model SET active_number = NULL WHERE id = ? AND active_number = ?", (model, number))
            _keep(db, request, number, event)

        await self._once(request, work)

    async def oldest_events(self, limit: int) -> Sequence[AuditEvent]:
        """See `ModelRegistry`."""

        def work(db: sqlite3.Connection) -> Sequence[AuditEvent]:
            rows = db.execute("SELECT event FROM audit_outbox ORDER BY id LIMIT ?", (limit,))
            return [AuditEvent.from_bytes(event) for (event,) in rows]

        return await self._run(work)

    async def forget_events(self, event_ids: Sequence[str]) -> None:
        """See `ModelRegistry`."""

        def work(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM audit_outbox WHERE id = ?", [(event_id,) for event_id in event_ids])

        await self._run(work)

    async def close(self) -> None:
        """See `ModelRegistry`; each call has a connection of its own."""

    async def _once(self, request: Request | None, work: Callable[[sqlite3.Connection], None]) -> None:
        def unless_done(db: sqlite3.Connection) -> None:
            if request is None or _answer(db, request) is None:
                work(db)

        await self._run(unless_done)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        async with self._turn:
            return await asyncio.to_thread(self._in_transaction, work)

    def _in_transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with _open(self._path) as db:
            return work(db)


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection within a transaction, with all tables."""
    db = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("BEGIN IMMEDIATE")
        try:
            _migrate(db)
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
    finally:
        db.close()


def _migrate(db: sqlite3.Connection) -> None:
    (done,) = db.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(_MIGRATIONS[done:], start=done + 1):
        for statement in script.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {number}")


def _list(db: sqlite3.Connection) -> list[RegisteredVersion]:
    rows = db.execute(
        "SELECT manifest, number = active_number FROM model_version JOIN model ON model.id = model "
        "ORDER BY model, number"
    )
    return [from_manifest(json.loads(manifest), is_active=bool(active)) for manifest, active in rows]


def _check_there(db: sqlite3.Connection, model: str, number: int) -> None:
    if not db.execute("SELECT 1 FROM model_version WHERE model = ? AND number = ?", (model, number)).fetchone():
        raise not_found(model, number)


def _answer(db: sqlite3.Connection, request: Request) -> int | None:
    row = db.execute(
        "SELECT digest, number FROM request WHERE caller = ? AND method = ? AND id = ?",
        (request.caller_id, request.method, request.id),
    ).fetchone()
    if row is None:
        return None
    request.check(row[0])
    return int(row[1])


def _keep(db: sqlite3.Connection, request: Request | None, number: int, event: AuditEvent) -> None:
    db.execute("INSERT INTO audit_outbox VALUES (?, ?)", (event.id, event.to_bytes()))
    if request is not None:
        fields = (request.caller_id, request.method, request.id, request.digest, number)
        db.execute("INSERT INTO request VALUES (?, ?, ?, ?, ?)", fields)
