"""Teaching a head and letting it speak: what the operations CREATE_HEAD and USE_HEAD do."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_kit.objects import ObjectStore
from loupe_project.domain import keys
from loupe_project.domain.curation import CurationState
from loupe_project.domain.errors import HeadNotFound
from loupe_project.domain.head import Head, HeadState
from loupe_project.domain.operation import Operation
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.heads import Lesson, Taught, Teacher
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.reduction import OnProgress
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.cancelling import run_unless
from loupe_project.use_cases.curation_work import DEFAULT_RETRIES, patiently, run_to_end
from loupe_project.use_cases.heads import check_labels, labels_of
from loupe_project.use_cases.retry import retry_conflicts

PIECE = 2_000
"""Images that a head answers for in one transaction."""


@dataclass(frozen=True, slots=True)
class LetSpeak:
    """Lets a head in use answer for images that it has not seen. Safe to run again: it goes on where it was."""

    stores: StoreFactory
    objects: ObjectStore
    teacher: Teacher
    clock: Clock
    retries: Sequence[timedelta] = DEFAULT_RETRIES

    async def __call__(self, head: Head, *, as_verdict: bool, progress: ProgressSink) -> Head:
        """Make a version the one in use, and answer for all images.

        Args:
            head: One that is taught.
            as_verdict: Whether its answers shall be the project's verdicts.
            progress: Told how many images are answered for.

        Raises:
            HeadNotFound: If it was deleted meanwhile.
            Unavailable: If the reduction service stays away.
        """
        content = await self.objects.read(head.object_key)
        async with self.stores() as store:
            # In use from now on: what is analysed while the others are answered for is put on its list.
            await _existing(store, head.project_id, head.id)
            await store.heads.use(head, as_verdict=as_verdict)
            await store.heads.follow_verdicts(head.project_id, self.clock.now())
            await store.commit()
        head, after, done = replace(head, in_use=True, is_verdict=as_verdict), "", 0
        while True:
            async with self.stores(read_only=True) as store:
                image_ids = await store.heads.lacking(head, after=after, limit=PIECE)
            if not image_ids:
                return head
            answer = partial(self._answer, head, content, image_ids)
            await patiently(answer, progress, len(image_ids), self.retries)
            after, done = image_ids[-1], done + len(image_ids)
            await progress.report(phase="images", done=done)

    async def _answer(self, head: Head, content: bytes, image_ids: Sequence[str], _: OnProgress) -> None:
        await self.piece(head, content, image_ids)

    async def piece(self, head: Head, content: bytes, image_ids: Sequence[str]) -> None:
        """Answer for some images.

        Raises:
            HeadNotFound: If it was deleted meanwhile.
            Unavailable: If the reduction service does not answer.
        """
        answers = await self.teacher.answers(head, content, image_ids)

        async def write() -> None:
            async with self.stores() as store:
                await _existing(store, head.project_id, head.id)
                await store.heads.put_answers(head, answers, self.clock.now())
                await store.heads.answered(head, image_ids)
                await store.commit()

        await retry_conflicts(write)


@dataclass(frozen=True, slots=True)
class MakeHead:
    """Teaches a head that was promised. Safe to run again."""

    stores: StoreFactory
    objects: ObjectStore
    teacher: Teacher
    speak: LetSpeak
    clock: Clock
    respond: Callable[[Head], Message]
    """Makes the response message of the operation."""
    retries: Sequence[timedelta] = DEFAULT_RETRIES

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """Teach the head, then let it speak.

        Raises:
            OperationCancelled: If it was cancelled; the head is CANCELLED then, unless it was taught already.
            LoupeError: Why it could not be taught; the head is FAILED then and holds the reason.
        """
        async with self.stores(read_only=True) as store:
            head = await _existing(store, operation.project_id, operation.request.decode())
        if head.state is not HeadState.SUCCEEDED:

            async def end(state: CurationState, failure: bytes) -> None:
                ended = replace(head, state=HeadState(state.value), failure=failure, update_time=self.clock.now())
                await self._save(ended)

            head = await run_to_end(self._teach(head, operation.scope, progress), cancelled, end)
        async with self.stores(read_only=True) as store:
            before = await store.heads.list_newest_first(Scope.of_loupe(), head.project_id, before="", limit=1000)
        as_verdict = any(one.is_verdict and one.head_name == head.head_name for one in before)
        work = self.speak(head, as_verdict=as_verdict, progress=progress)
        return self.respond(await run_unless(cancelled, work))

    async def _teach(self, head: Head, scope: Scope, progress: ProgressSink) -> Head:
        lesson = await self._lesson(head, scope)
        await progress.report(phase="features", fraction=0.0, total=len(lesson.image_ids))
        taught = await patiently(
            lambda report: self.teacher.teach(lesson, report), progress, len(lesson.image_ids), self.retries
        )
        return await self._keep(head, lesson, taught)

    async def _lesson(self, head: Head, scope: Scope) -> Lesson:
        async with self.stores(read_only=True) as store:
            project = await access.editor(store, scope, head.project_id, Right.ANALYSE)
            labels = await labels_of(store, scope, project, head.images)
        check_labels(labels)
        names = sorted(set(labels.values()))
        place = {name: number for number, name in enumerate(names)}
        return Lesson(
            project_id=head.project_id,
            source=head.source,
            seed=head.seed,
            requester=head.creator,
            image_ids=list(labels),
            classes=[place[name] for name in labels.values()],
            names=names,
        )

    async def _keep(self, head: Head, lesson: Lesson, taught: Taught) -> Head:
        key = keys.head(head.project_id, head.id)
        await self.objects.put_bytes(key, taught.content)
        done = replace(
            head,
            state=HeadState.SUCCEEDED,
            classes=tuple(lesson.names),
            figures=taught.figures,
            object_key=key,
            update_time=self.clock.now(),
        )
        if not await self._save(done):
            await self.objects.delete(key)
            raise HeadNotFound("The head was deleted while it was taught.", head=head.id)
        return done

    async def _save(self, head: Head) -> bool:
        async with self.stores() as store:
            is_there = await store.heads.save(head)
            await store.commit()
        return is_there


@dataclass(frozen=True, slots=True)
class UseHead:
    """Makes a version of a head the one in use. Safe to run again."""

    stores: StoreFactory
    speak: LetSpeak
    respond: Callable[[Head], Message]
    """Makes the response message of the operation."""

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """Let it speak.

        Raises:
            OperationCancelled: If it was cancelled; it is in use then, and has not answered for all images.
            HeadNotFound: If it was deleted meanwhile.
        """
        head_id, as_verdict = operation.request.decode().split()
        async with self.stores(read_only=True) as store:
            head = await _existing(store, operation.project_id, head_id)
        work = self.speak(head, as_verdict=as_verdict == "1", progress=progress)
        return self.respond(await run_unless(cancelled, work))


async def _existing(store: Store, project_id: str, head_id: str) -> Head:
    found = await store.heads.get(Scope.of_loupe(), project_id, head_id)
    if found is None:
        raise HeadNotFound("The head was deleted meanwhile.", head=head_id)
    return found
