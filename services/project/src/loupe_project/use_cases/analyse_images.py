"""Analysing images again: the orders at once, then waiting until every image has its answer."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_project.domain.errors import ProjectNotFound
from loupe_project.domain.image import ImageState
from loupe_project.domain.job import ModelChoice
from loupe_project.domain.operation import Operation
from loupe_project.domain.scope import Scope
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory
from loupe_project.ports.work import WorkSignal
from loupe_project.use_cases import image_jobs
from loupe_project.use_cases.cancelling import cancelled_operation

_PIECE = 500


class AnalyseImages:
    """Handler of ANALYSE_IMAGES. A second run orders nothing anew: orders carry the operation's time.

    Args:
        stores: Makes transactions.
        jobs: Rung when jobs wait to be published.
        respond: Makes the response of how many were analysed, how many failed, and when it ended.
        clock: For the time of the end.
        look_seconds: How often it looks for answers.
    """

    def __init__(
        self,
        stores: StoreFactory,
        jobs: WorkSignal,
        respond: Callable[[int, int, datetime], Message],
        clock: Clock,
        *,
        look_seconds: float = 0.5,
    ) -> None:
        self._stores = stores
        self._jobs = jobs
        self._respond = respond
        self._clock = clock
        self._look_seconds = look_seconds

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        image_ids, wish = image_jobs.unpack(operation.request)
        await progress.report(phase="images", done=0, total=len(image_ids))
        other = await self._other_model(operation, wish)
        await self._order(operation, other, image_ids, cancelled)
        ended: Counter[ImageState] = Counter()
        start = 0
        while start < len(image_ids):
            if cancelled.is_set():
                raise cancelled_operation(operation)
            piece = image_ids[start : start + _PIECE]
            states = await self._states(operation, other, piece)
            waiting = sum(1 for state in states.values() if state is ImageState.PENDING)
            failed = sum(1 for state in states.values() if state is ImageState.FAILED)
            done = start + len(piece) - waiting
            await progress.report(done=done, failed=ended[ImageState.FAILED] + failed)
            if waiting:
                # Orders are answered in order, so the first that wait tell of those behind them.
                await asyncio.sleep(self._look_seconds)
                continue
            ended.update(states.values())
            start += len(piece)
        return self._respond(ended[ImageState.ANALYSED], ended[ImageState.FAILED], self._clock.now())

    async def _other_model(self, operation: Operation, wish: bytes) -> ModelChoice | None:
        """What was asked for, unless it is what the project has."""
        if not wish:
            return None
        wanted = choice_of(wish)
        async with self._stores(read_only=True) as store:
            project = await store.projects.get(Scope.of_loupe(), operation.project_id)
        is_own = project is not None and (project.model, project.model_version) == (wanted.model, wanted.version)
        return None if is_own else wanted

    async def _order(
        self, operation: Operation, other: ModelChoice | None, image_ids: list[str], cancelled: asyncio.Event
    ) -> None:
        for start in range(0, len(image_ids), _PIECE):
            if cancelled.is_set():
                raise cancelled_operation(operation)
            async with self._stores() as store:
                project = await store.projects.get(Scope.of_loupe(), operation.project_id)
                if project is None:
                    raise ProjectNotFound("The project was deleted meanwhile.", project=operation.project_id)
                piece = image_ids[start : start + _PIECE]
                if other is None:
                    await store.jobs.order(project, piece, operation.create_time)
                else:
                    await store.jobs.order_other(project.id, other, piece, operation.create_time)
                await store.commit()
            self._jobs.ring()

    async def _states(
        self, operation: Operation, other: ModelChoice | None, image_ids: list[str]
    ) -> dict[str, ImageState]:
        project_id = operation.project_id
        async with self._stores(read_only=True) as store:
            if other is None:
                return await store.jobs.states(project_id, image_ids)
            return await store.jobs.states_of_other(project_id, other, image_ids, operation.create_time)


def wish_for(choice: ModelChoice) -> bytes:
    """What an operation keeps of the model that was asked for."""
    return f"{choice.model}\n{choice.version}".encode()


def choice_of(wish: bytes) -> ModelChoice:
    """Undo `wish_for`."""
    model, _, version = wish.decode().partition("\n")
    return ModelChoice(model, version)
