import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine

from loupe_kit import ids, sql
from loupe_kit.sql import UowFactory
from tests.integration.kit.conftest import MARIADB_URL, MIGRATIONS, on_mariadb
from tests.integration.kit.tables import Base, Note, NoteUnitOfWork

NOW = datetime(2026, 11, 22, 10, 30, 15, 123456, tzinfo=UTC)


def note(name: str = "a", create_time: datetime = NOW) -> Note:
    return Note(id=ids.new_id(), name=name, create_time=create_time)


async def names(uow_factory: UowFactory[NoteUnitOfWork]) -> list[str]:
    async with uow_factory(read_only=True) as uow:
        return list(await uow.session.scalars(sa.select(Note.name).order_by(Note.name)))


async def test_uow__without_commit_nothing_stays(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    async with uow_factory() as uow:
        uow.add(note())
        await uow.flush()
    assert await names(uow_factory) == []


async def test_uow__error_rolls_back(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    async def fail() -> None:
        async with uow_factory() as uow:
            uow.add(note())
            await uow.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await names(uow_factory) == []


async def test_uow__committed_stays(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    async with uow_factory() as uow:
        uow.add(note())
        await uow.commit()
        uow.add(note("b"))
        await uow.commit()
    assert await names(uow_factory) == ["a", "b"]


async def test_uow__cancelled_writer_lets_the_next_one_write(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    async def write() -> None:
        async with uow_factory() as uow:
            uow.session.add_all([note(ids.new_id()) for _ in range(3)])
            await uow.flush()
            # Rows that nobody fetched keep a statement alive, and with it the connection that was given up.
            more = [{"id": ids.new_id(), "name": ids.new_id(), "create_time": NOW} for _ in range(3)]
            await uow.session.execute(sa.insert(Note).returning(Note.id), more)
            await uow.session.execute(sa.select(Note))
            await uow.commit()

    for index in range(60):
        begun = asyncio.create_task(write())
        await asyncio.sleep(index % 12 / 2000)
        begun.cancel()
        await asyncio.gather(begun, return_exceptions=True)
        async with asyncio.timeout(20):
            await write()


async def test_uow__read_only_cannot_commit(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    async with uow_factory(read_only=True) as uow:
        with pytest.raises(RuntimeError, match="read_only"):
            await uow.commit()


async def test_uow__reader_sees_one_state_while_a_writer_commits(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    async with uow_factory(read_only=True) as reader:
        count = sa.select(sa.func.count()).select_from(Note)
        assert await reader.session.scalar(count) == 0
        async with asyncio.timeout(20), uow_factory() as writer:
            writer.add(note())
            await writer.commit()
        assert await reader.session.scalar(count) == 0
    assert await names(uow_factory) == ["a"]


async def test_uow__many_writers_and_readers_at_once(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    async def write(number: int) -> None:
        async with uow_factory() as uow:
            known = await uow.session.scalar(sa.select(sa.func.count()).select_from(Note))
            assert known is not None
            await asyncio.sleep(0)
            uow.add(note(f"n{number:03}"))
            await uow.commit()

    async def read() -> None:
        for _ in range(5):
            await names(uow_factory)

    await asyncio.gather(*(write(number) for number in range(60)), *(read() for _ in range(30)))
    assert len(await names(uow_factory)) == 60


async def test_uow__cancelled_writers_leave_nothing_locked(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    async def write(number: int) -> None:
        async with uow_factory() as uow:
            uow.add(note(f"n{number}"))
            await uow.flush()
            await asyncio.sleep(0.01)
            await uow.commit()

    tasks = [asyncio.create_task(write(number)) for number in range(20)]
    for number, task in enumerate(tasks):
        await asyncio.sleep(0.003)
        if number % 2:
            task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results), results
    async with asyncio.timeout(20):
        await write(99)
    kept = await names(uow_factory)
    assert {f"n{number}" for number in range(0, 20, 2)} <= set(kept)


async def test_constraints__have_their_names(engine: AsyncEngine, uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    async with uow_factory() as uow:
        uow.session.add_all([note("same"), note("same")])
        with pytest.raises(IntegrityError):
            await uow.flush()
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda c: sa.inspect(c).get_unique_constraints("note"))
    assert [constraint["name"] for constraint in found] == ["uq_note_name"]


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))])
async def test_datetime__round_trip_in_microseconds(uow_factory: UowFactory[NoteUnitOfWork], zone: timezone) -> None:
    async with uow_factory() as uow:
        uow.add(note(create_time=NOW.astimezone(zone)))
        await uow.commit()
    async with uow_factory(read_only=True) as uow:
        found = await uow.session.scalar(sa.select(Note.create_time).where(Note.create_time == NOW.astimezone(zone)))
    assert found == NOW
    assert found.tzinfo is UTC


async def test_datetime__naive_is_refused(uow_factory: UowFactory[NoteUnitOfWork]) -> None:
    async with uow_factory() as uow:
        uow.add(note(create_time=NOW.replace(tzinfo=None)))
        with pytest.raises(StatementError, match="no time zone"):
            await uow.flush()


async def test_upgrade__twice_and_at_once(database_url: str) -> None:
    await asyncio.gather(*(sql.upgrade(database_url, MIGRATIONS) for _ in range(4)))
    await sql.upgrade(database_url, str(MIGRATIONS))
    engine = sql.create_engine(database_url)
    async with engine.connect() as connection:
        tables = await connection.run_sync(lambda c: set(sa.inspect(c).get_table_names()))
    await engine.dispose()
    assert {"note", "request_ledger", "alembic_version"} <= tables


async def test_upgrade__schema_of_a_later_release_is_left_alone(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '0002_later'"))

    await sql.upgrade(engine, MIGRATIONS)

    async with engine.connect() as connection:
        assert (await connection.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar() == "0002_later"


async def test_upgrade__gives_what_the_tables_say(engine: AsyncEngine) -> None:
    assert await sql.schema_differences(engine, Base.metadata) == []
    table = sa.Table("extra", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    assert await sql.schema_differences(engine, table.metadata) != []


async def test_upgrade__failing_migration_leaves_nothing(tmp_path: Path) -> None:
    scripts = tmp_path / "migrations"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text((MIGRATIONS / "env.py").read_text())
    good = (MIGRATIONS / "versions" / "0001_notes.py").read_text()
    bad = good.replace('    op.create_index("ix', '    raise RuntimeError("half way")\n    op.create_index("ix')
    (scripts / "versions" / "0001_notes.py").write_text(bad)
    url = f"sqlite:///{tmp_path}/half.db"
    with pytest.raises(RuntimeError, match="half way"):
        await sql.upgrade(url, scripts)
    with sqlite3.connect(tmp_path / "half.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()


@pytest.mark.cluster
async def test_mariadb__tls_is_never_given_up_silently() -> None:
    await on_mariadb("SELECT 1")
    engine = sql.create_engine(f"{MARIADB_URL}/mysql?tls=true")
    try:
        # Either the server offers none, or its certificate is nobody's that we know.
        with pytest.raises((ConnectionError, OperationalError)):
            await engine.connect()
    finally:
        await engine.dispose()


async def test_sqlite__acknowledged_writes_are_synced(tmp_path: Path) -> None:
    engine = sql.create_engine(f"sqlite:///{tmp_path}/a.db")
    async with engine.connect() as connection:
        pragmas = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    await engine.dispose()
    assert pragmas == ["wal", 2, 1, 30_000]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgresql://localhost/a"])
def test_create_engine__refuses(url: str) -> None:
    with pytest.raises(ValueError, match=r"memory|supported"):
        sql.create_engine(url)


async def test_empty_log__nothing_that_was_deleted_is_left_in_file_or_log(tmp_path: Path) -> None:
    engine = sql.create_engine(f"sqlite:///{tmp_path / 'one.db'}")
    secret = "an unmistakable text " * 500

    async def run(*statements: str) -> None:
        async with sql.UnitOfWork(engine) as unit:
            for statement in statements:
                await unit.session.execute(sa.text(statement))
            await unit.commit()

    def holds_secret() -> bool:
        return any(b"unmistakable" in one.read_bytes() for one in tmp_path.iterdir())

    await run("CREATE TABLE t (v TEXT)", f"INSERT INTO t VALUES ('{secret}')")
    async with sql.UnitOfWork(engine, read_only=True) as reader:
        await reader.session.execute(sa.text("SELECT count(*) FROM t"))
        await run("DELETE FROM t")

        assert not await sql.empty_log(engine)
        assert holds_secret()

    assert await sql.empty_log(engine)
    assert not holds_secret()
    await engine.dispose()
