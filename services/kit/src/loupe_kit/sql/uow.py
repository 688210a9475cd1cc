"""Unit of work: one transaction that is committed on purpose or not at all."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Protocol, Self, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from loupe_kit.errors import Unavailable
from loupe_kit.sql import engine as engines


class UnitOfWork:
    """A session and its transaction.

        async with uow_factory() as uow:
            uow.session.add(row)
            await uow.commit()

    Without `commit` everything is rolled back. Services subclass it and add their repositories. Keep slow
    work (network, files, decoding) outside: on SQLite all other writers wait.

    Args:
        engine: From `create_engine`.
        read_only: Promise to write nothing. Readers of SQLite wait for nobody.
    """

    def __init__(self, engine: AsyncEngine, *, read_only: bool = False) -> None:
        bind = engine.execution_options(**{engines.READ_ONLY: True}) if read_only else engine
        self._lock = None if read_only else engines.write_lock(engine)
        self._read_only = read_only
        self.session = AsyncSession(bind, expire_on_commit=False, autoflush=True)

    async def __aenter__(self) -> Self:
        if self._lock is not None:
            await _acquire(self._lock)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The lock is the next writer's only when this transaction is over, also for one who is cancelled right here.
        await _to_its_end(self._close())

    async def _close(self) -> None:
        try:
            await self.session.close()
        finally:
            if self._lock is not None:
                self._lock.release()

    async def commit(self) -> None:
        """Make everything since the start, or since the last commit, durable and visible.

        Raises:
            RuntimeError: If the unit of work was opened to read only.
        """
        if self._read_only:
            raise RuntimeError("This unit of work was opened with read_only=True and cannot commit.")
        await _to_its_end(self.session.commit())

    async def rollback(self) -> None:
        """Forget everything since the start, or since the last commit."""
        await self.session.rollback()

    async def flush(self) -> None:
        """Send pending changes to the database, so that constraints are checked now."""
        await self.session.flush()


U_co = TypeVar("U_co", bound=UnitOfWork, covariant=True)


class UowFactory(Protocol[U_co]):
    """Makes units of work; `functools.partial(ProjectUnitOfWork, engine)` is one."""

    def __call__(self, *, read_only: bool = False) -> U_co:
        """A new unit of work, to be entered once."""
        ...


async def _to_its_end(work: Coroutine[None, None, None]) -> None:
    # A commit or a rollback that is cut off in the middle would cost the connection; both are short.
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def _acquire(lock: asyncio.Lock) -> None:
    try:
        async with asyncio.timeout(engines.BUSY_TIMEOUT_SECONDS):
            await lock.acquire()
    except TimeoutError as error:
        raise Unavailable("The database is busy with other writes; try again in a moment.") from error
