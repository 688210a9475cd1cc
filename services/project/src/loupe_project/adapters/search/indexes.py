"""The search indexes of a process: made when a project is first searched, kept current, dropped for want of memory."""

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit.sql import UnitOfWork, create_engine
from loupe_project.adapters.search import following, loader, snapshot
from loupe_project.adapters.search.loader import StoredChanges
from loupe_project.adapters.search.project_index import ProjectIndex
from loupe_project.adapters.search.set_masks import ImageSets
from loupe_project.adapters.search.view import View

R = TypeVar("R")

MAX_AT_ONCE = 2_000
"""Images that a search reads anew before it answers; with more, they are read in the background meanwhile."""
MAX_DEAD = 0.5
"""Part of the rows that may be, or become, those of images as they were, before all is read anew."""
_TIDY_SECONDS = 3600.0
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Entry:
    project_id: str
    index: ProjectIndex | None = None
    view: View | None = None
    work: asyncio.Task[None] | None = None
    """Reads in the background; nobody else changes the index then."""
    kept_version: int = 0
    """At least what a file has that this process wrote or read; 0 before."""
    is_too_large: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class SearchIndexes:
    """Indexes by project.

    A search that finds no current index is answered by the store itself, and the index is made meanwhile, in a thread
    with an event loop and connections of its own.

    Args:
        database_url: Of the SQL store.
        budget_bytes: Memory for all indexes; the least recently used ones go.
        folder: Where indexes are kept for the next start.
    """

    def __init__(self, database_url: str, budget_bytes: int, folder: Path) -> None:
        self._database_url = database_url
        self._budget = budget_bytes
        self._folder = folder
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search-index")
        self._stopped = threading.Event()
        self.sets = ImageSets()
        self._tidier: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look, every hour, that no file holds texts of images that have left."""
        self._tidier = asyncio.create_task(self._tidy_forever(), name="search-index-tidier")

    async def view(self, session: AsyncSession, project_id: str) -> tuple[View, int] | None:
        """What the index of a project holds, at least as new as what the transaction sees, and the version of that.

        None while there is no such index.
        """
        entry = self._entries.setdefault(project_id, _Entry(project_id))
        self._entries.move_to_end(project_id)
        if entry.work is not None or entry.is_too_large:
            return None
        async with entry.lock:
            if entry.index is None or entry.view is None:
                self._begin(entry, self._build(entry))
                return None
            version = await loader.version(session, project_id)
            if version > entry.view.version and not await self._follow(session, entry, entry.index, version):
                return None
            if entry.view.version and not version:
                # The project is gone.
                self._entries.pop(project_id, None)
                self._path(project_id).unlink(missing_ok=True)
                return None
            return entry.view, version

    async def ready(self, project_id: str) -> bool:
        """Wait until nothing is read for a project in the background; whether it has an index then."""
        entry = self._entries.get(project_id)
        if entry is None:
            return False
        if entry.work is not None:
            await asyncio.wait({entry.work})
        return entry.view is not None

    @property
    def nbytes(self) -> int:
        """Memory that all indexes take, about."""
        return sum(entry.index.nbytes for entry in self._entries.values() if entry.index is not None)

    async def tidy(self) -> None:
        """Remove files whose project changed without an index to say what; follow for those that have one."""
        for path in await asyncio.to_thread(lambda: sorted(self._folder.glob("*.npz"))):
            version = await self._in_thread(partial(loader.version, project_id=path.stem))
            entry = self._entries.get(path.stem)
            if entry is not None and entry.index is not None:
                await self._follow_later(entry, version)
            elif snapshot.version(path) != version:
                path.unlink(missing_ok=True)

    async def stop(self) -> None:
        """Stop reading in the background, and keep what is current and holds no texts of images that have left."""
        self._stopped.set()
        if self._tidier is not None:
            self._tidier.cancel()
            await asyncio.gather(self._tidier, return_exceptions=True)
        working = {entry.work for entry in self._entries.values() if entry.work is not None}
        if working:
            await asyncio.wait(working)
        for entry in self._entries.values():
            if entry.index is not None:
                await self._keep(entry, entry.index)
        self._thread.shutdown()

    async def _follow_later(self, entry: _Entry, version: int) -> None:
        async with entry.lock:
            if entry.index is not None and entry.index.version < version:
                self._begin(entry, self._catch_up(entry, entry.index))

    async def _keep(self, entry: _Entry, index: ProjectIndex) -> None:
        path = self._path(entry.project_id)
        is_current = await self._in_thread(lambda session: _is_brought_up(session, entry.project_id, index))
        if index.has_left or not is_current:
            path.unlink(missing_ok=True)
        elif index.version > entry.kept_version:
            await asyncio.to_thread(snapshot.save, index, path)

    async def _tidy_forever(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_SECONDS)
            try:
                await self.tidy()
            except Exception:
                _logger.exception("Kept search indexes could not be looked through.")

    def _path(self, project_id: str) -> Path:
        return self._folder / f"{project_id}.npz"

    async def _follow(self, session: AsyncSession, entry: _Entry, index: ProjectIndex, version: int) -> bool:
        """Whether the index could be brought to the version at once."""
        changes = await loader.changes(session, entry.project_id, index.version, version)
        is_worn = index.size - index.live_count > max(MAX_DEAD * index.size, 10 * MAX_AT_ONCE)
        if changes is None or is_worn or _is_faster_anew(index, changes):
            self._begin(entry, self._build(entry))
            return False
        if changes.size > MAX_AT_ONCE:
            self._begin(entry, self._catch_up(entry, index))
            return False
        try:
            await following.follow(session, entry.project_id, index, changes, version)
        except Exception:
            # Columns may be of different lengths now.
            entry.index = entry.view = None
            raise
        entry.view = index.view()
        self._drop_if_left(entry, index)
        return True

    def _drop_if_left(self, entry: _Entry, index: ProjectIndex) -> None:
        if index.has_left:
            self._path(entry.project_id).unlink(missing_ok=True)

    def _begin(self, entry: _Entry, work: Awaitable[None]) -> None:
        if entry.work is None:
            entry.work = asyncio.ensure_future(self._finish(entry, work))

    async def _finish(self, entry: _Entry, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            # Searches go on in the store; the next one tries again.
            _logger.exception("The search index of a project could not be made.", extra={"project": entry.project_id})
            entry.index = entry.view = None
        finally:
            entry.work = None

    async def _build(self, entry: _Entry) -> None:
        path = self._path(entry.project_id)

        async def build(session: AsyncSession) -> ProjectIndex | None:
            known = None if entry.kept_version else snapshot.load(path)
            if known is not None and await _is_brought_up(session, entry.project_id, known):
                self._drop_if_left(entry, known)
                return known
            made = await following.build(session, entry.project_id, self._stopped.is_set)
            if made is not None:
                snapshot.save(made, path)
            return made

        index = await self._in_thread(build)
        entry.index, entry.view = index, None if index is None else index.view()
        entry.kept_version = 0 if index is None else max(index.version, 1)
        self._make_room(entry)

    async def _catch_up(self, entry: _Entry, index: ProjectIndex) -> None:
        if await self._in_thread(lambda session: _is_brought_up(session, entry.project_id, index)):
            entry.view = index.view()
            self._drop_if_left(entry, index)
        else:
            entry.index = entry.view = None

    async def _in_thread(self, work: Callable[[AsyncSession], Awaitable[R]]) -> R:
        async def run() -> R:
            engine = create_engine(self._database_url)
            try:
                async with UnitOfWork(engine, read_only=True) as unit:
                    return await work(unit.session)
            finally:
                await engine.dispose()

        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: asyncio.run(run()))

    def _make_room(self, entry: _Entry) -> None:
        if entry.index is not None and entry.index.nbytes > self._budget:
            _logger.warning(
                "The search index of a project is larger than the memory for indexes; searches stay slow.",
                extra={"project": entry.project_id, "bytes": entry.index.nbytes, "limit": self._budget},
            )
            entry.index, entry.view, entry.is_too_large = None, None, True
        for project_id in list(self._entries):
            other = self._entries[project_id]
            if self.nbytes <= self._budget:
                return
            if other is not entry and other.work is None and not other.lock.locked():
                del self._entries[project_id]


def _is_faster_anew(index: ProjectIndex, changes: StoredChanges) -> bool:
    return len(changes.image_ids) > max(MAX_DEAD * index.live_count, 10 * MAX_AT_ONCE)


async def _is_brought_up(session: AsyncSession, project_id: str, index: ProjectIndex) -> bool:
    """Bring an index to what the transaction sees; False where it has to be made anew."""
    version = await loader.version(session, project_id)
    changes = await loader.changes(session, project_id, index.version, version)
    if changes is None or _is_faster_anew(index, changes):
        return False
    await following.follow(session, project_id, index, changes, version, following.PIECE)
    # A store that was restored from a backup may have other images under the same version.
    return index.live_count == await loader.image_count(session, project_id)
