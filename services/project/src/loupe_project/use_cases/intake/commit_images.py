"""Makes inspected images durable, many at a time.

While one group is written the next one gathers, so a lone image waits for nobody and a flood pays for one transaction
and one sync in fifty. Order: journal, objects (durable when put), transaction, journal away. Whatever dies in between,
an image is there with its bytes or not at all, and `recover.py` removes bytes that no row knows.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from loupe_kit import ids
from loupe_kit.errors import LoupeError
from loupe_project.domain import keys
from loupe_project.domain.errors import ProjectNotFound
from loupe_project.domain.image import Arrival, MetadataValue, NewImage, NewLabel
from loupe_project.domain.intake.errors import ImageDuplicate, ImageFramesLeftOut
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.domain.upload_batch import CountChange, NewNotice, Severity, UploadBatch
from loupe_project.ports.intake import InspectedImage, Spooled
from loupe_project.ports.store import Store, StoreConflict
from loupe_project.ports.work import WorkSignal
from loupe_project.use_cases.intake.context import Tools
from loupe_project.use_cases.intake.fresh_images import FreshImages

_log = structlog.get_logger("loupe.project.intake")

GROUP = 64
"""Most images of one transaction."""
_LINGER_SECONDS = 0.004
_PATIENT_LINGER_SECONDS = 0.05
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class GivenFacts:
    """What the sender of an image says about it."""

    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    labels: tuple[NewLabel, ...] = ()
    tags: tuple[str, ...] = ()
    capture_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an image."""

    image_id: str
    is_duplicate: bool
    """Its bytes were in the project before this batch, or came twice in it."""
    is_restored: bool = False
    """It lay in the trash and is back."""
    is_repeat: bool = False
    """The same file of the same batch had been taken before: an upload or import that goes on after a break."""


@dataclass(eq=False, slots=True)
class _Pending:
    batch: UploadBatch
    source: str
    file_name: str
    spooled: Spooled
    inspected: InspectedImage
    facts: GivenFacts
    counts: bool
    done: "asyncio.Future[Taken]"
    id: str = field(default_factory=ids.new_id)
    is_put: bool = False

    @property
    def image_key(self) -> str:
        return keys.image(self.batch.project_id, self.id)

    @property
    def thumbnail_key(self) -> str:
        return keys.thumbnail(self.batch.project_id, self.id)

    @property
    def object_keys(self) -> list[str]:
        return [self.image_key] if self.inspected.thumbnail is None else [self.image_key, self.thumbnail_key]


class ImageCommitter:
    """Background task that writes images in groups.

    Args:
        tools: Ports.
        work: Rung when images with their analysis jobs were written.
        fresh: Given small images that a worker would have to read from a store far away.
    """

    def __init__(self, tools: Tools, work: WorkSignal, fresh: FreshImages) -> None:
        self._tools = tools
        self._work = work
        self._fresh = fresh
        self._waiting: list[_Pending] = []
        self._news = asyncio.Event()
        self._is_urgent = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._write_forever(), name="image-committer")

    async def stop(self) -> None:
        """Stop; images that wait are given up, their senders get no answer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for one in self._waiting:
            one.done.cancel()

    async def take(
        self,
        batch: UploadBatch,
        file_name: str,
        spooled: Spooled,
        inspected: InspectedImage,
        facts: GivenFacts,
        *,
        source: str,
        counts: bool,
    ) -> Taken:
        """Write an image and its promised analysis; returns when both are durable.

        Args:
            batch: The upload that it came with.
            file_name: Cleaned name.
            spooled: Its bytes.
            inspected: What decoding it told.
            facts: What its sender says.
            source: Becomes its tag `source:…`.
            counts: Whether a duplicate is counted and told in the batch here, because its sender waits for an answer.

        Raises:
            ProjectNotFound: If the project was deleted meanwhile.
        """
        done: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        pending = _Pending(batch, source, file_name, spooled, inspected, facts, counts, done)
        self._waiting.append(pending)
        self._news.set()
        if counts or len(self._waiting) >= GROUP:
            self._is_urgent.set()
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            # Its bytes may be forgotten only while nobody is writing them.
            if pending in self._waiting:
                self._waiting.remove(pending)
            else:
                await asyncio.wait({done})
            if done.done() and not done.cancelled():
                done.exception()
            raise

    async def _write_forever(self) -> None:
        while True:
            await self._news.wait()
            await self._linger()
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            if not self._waiting:
                self._news.clear()
            if group:
                await self._write(group)

    async def _linger(self) -> None:
        """Those that arrive together go together: a lone image waits four milliseconds, those of archives fifty."""
        await asyncio.sleep(_LINGER_SECONDS)
        self._is_urgent.clear()
        if len(self._waiting) < GROUP and not any(one.counts for one in self._waiting):
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENT_LINGER_SECONDS):
                    await self._is_urgent.wait()

    async def _write(self, group: Sequence[_Pending]) -> None:
        try:
            taken = await self._commit(group)
        except LoupeError as error:
            await self._write_one_by_one(group, error)
        except Exception as error:  # noqa: BLE001 - one bad image must not end the task that writes all others
            _log.exception("images_not_written", count=len(group))
            await self._write_one_by_one(group, error)
        else:
            self._keep_fresh(group, taken)
            self._work.ring()
            for one, what in zip(group, taken, strict=True):
                if not one.done.done():
                    one.done.set_result(what)

    def _keep_fresh(self, group: Sequence[_Pending], taken: Sequence[Taken]) -> None:
        for one, what in zip(group, taken, strict=True):
            data = one.spooled.data
            if data is not None and what.image_id == one.id and self._tools.objects.local_path(one.image_key) is None:
                self._fresh.keep(one.image_key, data)

    async def _write_one_by_one(self, group: Sequence[_Pending], error: Exception) -> None:
        if len(group) > 1:
            for one in group:
                await self._write([one])
        elif not group[0].done.done():
            group[0].done.set_exception(error)

    async def _commit(self, group: Sequence[_Pending]) -> list[Taken]:
        for attempt in range(_ATTEMPTS):
            await self._choose_puts(group)
            fresh = [one for one in group if one.is_put]
            note = self._tools.spool.open_journal([key for one in fresh for key in one.object_keys])
            try:
                await self._put(fresh)
                taken = await self._write_rows(group)
            except StoreConflict:
                await self._forget(fresh, note)
                if attempt == _ATTEMPTS - 1:
                    raise
                await asyncio.sleep(0.02 * (attempt + 1))
                continue
            except BaseException:
                await asyncio.shield(self._forget(fresh, note))
                raise
            unused = [one for one, what in zip(group, taken, strict=True) if one.is_put and what.image_id != one.id]
            await self._forget(unused, note)
            return taken
        raise StoreConflict("The same images are being written by another upload; try again.")

    async def _choose_puts(self, group: Sequence[_Pending]) -> None:
        """Bytes that the project has are not written again."""
        by_project: dict[str, list[_Pending]] = {}
        for one in group:
            by_project.setdefault(one.batch.project_id, []).append(one)
        async with self._tools.uow_factory(read_only=True) as store:
            for project_id, ones in by_project.items():
                known = await store.batches.known_hashes(project_id, [one.spooled.sha256 for one in ones])
                for one in ones:
                    one.is_put = one.spooled.sha256 not in known
                    known.add(one.spooled.sha256)

    async def _put(self, fresh: Sequence[_Pending]) -> None:
        items = []
        for one in fresh:
            content = one.spooled.data if one.spooled.data is not None else one.spooled.path()
            items.append((one.image_key, content))
            if one.inspected.thumbnail is not None:
                items.append((one.thumbnail_key, one.inspected.thumbnail))
        if items:
            await self._tools.objects.put_many(items)

    async def _forget(self, pending: Sequence[_Pending], note: str) -> None:
        for one in pending:
            for key in one.object_keys:
                await self._tools.objects.delete(key)
        self._tools.spool.close_journal(note)

    async def _write_rows(self, group: Sequence[_Pending]) -> list[Taken]:
        by_arrival: dict[tuple[str, str], list[_Pending]] = {}
        for one in group:
            by_arrival.setdefault((one.batch.id, one.source), []).append(one)
        taken: dict[str, Taken] = {}
        async with self._tools.uow_factory() as store:
            for ones in by_arrival.values():
                taken.update(await self._write_arrival(store, ones))
            await store.commit()
        return [taken[one.id] for one in group]

    async def _write_arrival(self, store: Store, ones: Sequence[_Pending]) -> dict[str, Taken]:
        batch, source, now = ones[0].batch, ones[0].source, self._tools.clock.now()
        project = await store.projects.get(Scope.of_loupe(), batch.project_id)
        if project is None:
            raise ProjectNotFound("The project was deleted during the upload.", project=batch.project_id)
        arrival = Arrival(project.id, batch.uploader, batch.id, source, now)
        added = await store.images.add(project, arrival, [_new_image(one, project) for one in ones])
        pairs = list(zip(ones, added, strict=True))
        if any(not one.is_put and what.image_id == one.id for one, what in pairs):
            # The image that had these bytes was deleted after we looked: now they are needed after all.
            raise StoreConflict("An image was deleted while the same one arrived; try again.")
        names = [(one.file_name, what.image_id) for one, what in pairs]
        before = await store.batches.remember_files(batch.id, names)
        taken = {
            one.id: Taken(
                what.image_id,
                what.is_duplicate,
                is_restored=what.is_restored,
                is_repeat=(one.file_name, what.image_id) in before,
            )
            for one, what in pairs
        }
        await self._count(store, batch, [(one, taken[one.id]) for one in ones if one.counts], now)
        return taken

    async def _count(
        self, store: Store, batch: UploadBatch, ones: Sequence[tuple[_Pending, Taken]], now: datetime
    ) -> None:
        duplicates = [duplicate_notice(one.file_name, what) for one, what in ones if what.is_duplicate]
        new = [one for one, what in ones if not what.is_duplicate]
        cut = [frames_notice(one.file_name, one.inspected) for one in new if one.inspected.frames > 1]
        await store.batches.change(batch.id, CountChange(duplicates=len(duplicates)), now)
        await store.batches.add_notices(batch.id, duplicates + cut, now)


def duplicate_notice(file_name: str, taken: Taken) -> NewNotice:
    """Tells that a file's bytes were in the project before."""
    end = "in the trash; it is back as it was" if taken.is_restored else "of the project; nothing was added"
    error = ImageDuplicate(
        f"{file_name!r} has the same bytes as an image {end}.", file_name=file_name, image=taken.image_id
    )
    return NewNotice(file_name, error, severity=Severity.INFO)


def frames_notice(file_name: str, inspected: InspectedImage) -> NewNotice:
    """Tells that a file holds more images than the one that was taken."""
    error = ImageFramesLeftOut(
        f"{file_name!r} holds {inspected.frames} images, and the first was taken; send the others as files of their "
        "own.",
        file_name=file_name,
        frames=str(inspected.frames),
    )
    return NewNotice(file_name, error, severity=Severity.INFO)


def _new_image(one: _Pending, project: Project) -> NewImage:
    inspected, facts = one.inspected, one.facts
    return NewImage(
        id=one.id,
        file_name=one.file_name,
        sha256=one.spooled.sha256,
        format=inspected.format,
        width=inspected.width,
        height=inspected.height,
        size_bytes=one.spooled.size_bytes,
        object_key=one.image_key,
        thumbnail_key=one.thumbnail_key,
        capture_time=facts.capture_time or _with_zone(inspected.capture_time, project.time_zone),
        metadata=facts.metadata,
        labels=facts.labels,
        tags=facts.tags,
    )


def _with_zone(time: datetime | None, zone: str) -> datetime | None:
    """A camera that names no zone shows the time of its plant."""
    return time.replace(tzinfo=ZoneInfo(zone)) if time is not None and time.tzinfo is None else time
