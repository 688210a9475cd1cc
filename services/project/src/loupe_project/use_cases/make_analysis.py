"""Making a map: what the operation CREATE_ANALYSIS does."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from loupe_kit import ids
from loupe_kit.clock import Clock
from loupe_kit.errors import Internal, LoupeError, Unavailable
from loupe_kit.objects import ObjectStore
from loupe_kit.status import to_status_proto
from loupe_project.domain import keys
from loupe_project.domain.analysis import Analysis, AnalysisState
from loupe_project.domain.coordinates import Coordinates
from loupe_project.domain.errors import AnalysisNotFound, OperationCancelled
from loupe_project.domain.operation import Operation
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.reduction import FitRequest, FittedMap, Reduction
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.cancelling import run_unless
from loupe_project.use_cases.forget_images import tell_remover
from loupe_project.use_cases.select_images import select_images

DEFAULT_RETRIES = (timedelta(seconds=1), timedelta(seconds=4), timedelta(seconds=15))
"""Waits before the second and later tries while the reduction service does not answer."""


@dataclass(frozen=True, slots=True)
class MakeAnalysis:
    """Does the work of an analysis that was promised. Safe to run again: it replaces what it stored before."""

    uow_factory: StoreFactory
    objects: ObjectStore
    reduction: Reduction
    clock: Clock
    respond: Callable[[Analysis], Any]
    """Makes the response message of the operation."""
    retries: Sequence[timedelta] = DEFAULT_RETRIES

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Any:
        """Make the map.

        Raises:
            OperationCancelled: If it was cancelled; the analysis is CANCELLED then.
            LoupeError: Why it could not be made; the analysis is FAILED then and holds the reason.
        """
        analysis = await self._load(operation)
        if analysis.state is AnalysisState.SUCCEEDED:
            await self._forget_gone(analysis)
            return self.respond(analysis)
        try:
            done = await run_unless(cancelled, self._make(analysis, operation.scope, progress))
            await self._forget_gone(done)
            await self._forget_picture(analysis)
            return self.respond(done)
        except OperationCancelled:
            await self._end(replace(analysis, state=AnalysisState.CANCELLED))
            await self._forget_picture(analysis)
            raise
        except LoupeError as error:
            await self._fail(analysis, error)
            raise
        except Exception:
            await self._fail(analysis, Internal("The map could not be made for a fault of ours; tell your operator."))
            raise

    async def _load(self, operation: Operation) -> Analysis:
        analysis_id = operation.request.decode()
        async with self.uow_factory(read_only=True) as store:
            found = await store.analyses.get(Scope.of_loupe(), operation.project_id, analysis_id)
        if found is None:
            raise AnalysisNotFound("The analysis was deleted before it was made.", analysis=analysis_id)
        return found

    async def _make(self, analysis: Analysis, scope: Scope, progress: ProgressSink) -> Analysis:
        async with self.uow_factory(read_only=True) as store:
            project = await access.viewer(store, scope, analysis.project_id, Right.ANALYSE)
            image_ids = await select_images(store, scope, project, analysis.selection)
        await progress.report(phase="features", fraction=0.0, total=len(image_ids))
        fitted = await self._fit(analysis, image_ids, progress)
        key = keys.coordinates(analysis.project_id, analysis.id)
        await self.objects.put_bytes(key, fitted.coordinates.encode())
        reducer_key = keys.reducer(analysis.project_id, analysis.id) if fitted.reducer else ""
        if reducer_key:
            await self.objects.put_bytes(reducer_key, fitted.reducer)
        done = replace(
            analysis,
            state=AnalysisState.SUCCEEDED,
            quality=fitted.quality,
            object_key=key,
            reducer_key=reducer_key,
        )
        if not await self._end(done):
            for left in filter(None, (key, reducer_key)):
                await self.objects.delete(left)
            raise AnalysisNotFound("The analysis was deleted while it was made.", analysis=analysis.id)
        await progress.report(phase="", fraction=1.0, done=fitted.quality.point_count)
        return done

    async def _fit(self, analysis: Analysis, image_ids: Sequence[str], progress: ProgressSink) -> FittedMap:
        request = FitRequest(analysis.project_id, analysis.source, analysis.recipe, analysis.creator)

        async def report(phase: str, fraction: float) -> None:
            await progress.report(phase=phase, fraction=fraction, done=round(fraction * len(image_ids)))

        async def show(picture: Coordinates) -> None:
            await self.objects.put_bytes(keys.early_picture(analysis.project_id, analysis.id), picture.encode())

        for pause in self.retries:
            try:
                return await self.reduction.fit(request, image_ids, report, show)
            except Unavailable:
                await progress.report(phase="waiting for the reduction service")
                await asyncio.sleep(pause.total_seconds())
        try:
            return await self.reduction.fit(request, image_ids, report, show)
        except Unavailable as error:
            raise Unavailable(
                f"The reduction service did not answer {len(self.retries) + 1} times ({error.message}); "
                "make the map again later, or tell your operator.",
                service="reduction",
            ) from error

    async def _fail(self, analysis: Analysis, error: LoupeError) -> None:
        failure = to_status_proto(error).SerializeToString(deterministic=True)
        await self._end(replace(analysis, state=AnalysisState.FAILED, failure=failure))
        await self._forget_picture(analysis)

    async def _forget_gone(self, analysis: Analysis) -> None:
        """Images that have gone while the map was made are taken from it again, now that it can be found."""
        made = Coordinates.decode(await self.objects.read(analysis.object_key))
        image_ids = ids.unpack_ids(made.ids.tobytes())
        await tell_remover(self.uow_factory, analysis.project_id, image_ids, self.clock.now())

    async def _forget_picture(self, analysis: Analysis) -> None:
        await self.objects.delete(keys.early_picture(analysis.project_id, analysis.id))

    async def _end(self, analysis: Analysis) -> bool:
        """Write how it ended, over what people changed of it meanwhile; False when it was deleted."""
        async with self.uow_factory() as store:
            now = await store.analyses.get(Scope.of_loupe(), analysis.project_id, analysis.id)
            if now is None:
                return False
            renamed = replace(
                analysis,
                display_name=now.display_name,
                visibility=now.visibility,
                keeper=now.keeper,
                update_time=self.clock.now(),
            )
            await store.analyses.save(renamed)
            await store.commit()
        return True
