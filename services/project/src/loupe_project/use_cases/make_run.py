"""Searching for outliers or duplicates: what the operation CREATE_CURATION_RUN does."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_project.domain.curation import CurationRun, CurationState, Duplicate, Outlier, RunFacts, RunKind
from loupe_project.domain.errors import CurationRunNotFound
from loupe_project.domain.operation import Operation
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.selection import Selection as Images
from loupe_project.ports.curation import Curator, Vectors
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.compare_pixels import ComparePixels
from loupe_project.use_cases.curation_work import DEFAULT_RETRIES, patiently, run_to_end
from loupe_project.use_cases.select_images import select_images


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search found."""

    facts: RunFacts
    outliers: Sequence[Outlier] = ()
    duplicates: Sequence[Duplicate] = ()


@dataclass(frozen=True, slots=True)
class MakeRun:
    """Does a search that was promised. Safe to run again: what it finds takes the place of what was there."""

    stores: StoreFactory
    curator: Curator
    compare: ComparePixels
    clock: Clock
    respond: Callable[[CurationRun], Message]
    """Makes the response message of the operation."""
    retries: Sequence[timedelta] = DEFAULT_RETRIES

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """Do the search.

        Raises:
            OperationCancelled: If it was cancelled; the run is CANCELLED then.
            LoupeError: Why it could not be done; the run is FAILED then and holds the reason.
        """
        async with self.stores(read_only=True) as store:
            run = await _existing(store, operation.project_id, operation.request.decode())
        if run.state in (CurationState.SUCCEEDED, CurationState.SUPERSEDED):
            return self.respond(run)

        async def end(state: CurationState, failure: bytes) -> None:
            async with self.stores() as store:
                await store.curation.save_run(replace(run, state=state, failure=failure, update_time=self.clock.now()))
                await store.commit()

        return self.respond(await run_to_end(self.make(run, operation.scope, progress), cancelled, end))

    async def make(self, run: CurationRun, scope: Scope, progress: ProgressSink) -> CurationRun:
        """Do the search of a run, for whoever tells himself how it ended.

        Args:
            run: Which is still to be done.
            scope: Of who asked.
            progress: Told how far it is.

        Raises:
            LoupeError: Why it could not be done.
        """
        image_ids = await self._images(run, scope, run.images)
        await progress.report(phase="features", fraction=0.0, total=len(image_ids))
        search = self._outliers if run.kind is RunKind.OUTLIERS else self._duplicates
        return await self._keep(run, scope, await search(run, scope, image_ids, progress))

    async def _images(self, run: CurationRun, scope: Scope, images: Images) -> list[str]:
        async with self.stores(read_only=True) as store:
            project = await access.editor(store, scope, run.project_id, Right.ANALYSE)
            return await select_images(store, scope, project, images)

    async def _outliers(
        self, run: CurationRun, scope: Scope, image_ids: Sequence[str], progress: ProgressSink
    ) -> _Found:
        everyone, marks = list(image_ids), None
        if run.reference is not None:
            reference = set(await self._images(run, scope, run.reference))
            everyone += sorted(reference.difference(image_ids))
            marks = [one in reference for one in everyone]
        scored = await patiently(
            lambda report: self.curator.score(_vectors(run), everyone, marks, report),
            progress,
            len(everyone),
            self.retries,
        )
        wanted = set(image_ids)
        facts = RunFacts(
            image_count=len(wanted) - len(wanted & scored.skipped),
            skipped_count=len(wanted & scored.skipped),
            median_distance=scored.median_distance,
            neighbors=scored.neighbors,
            compute_seconds=scored.seconds,
        )
        return _Found(facts, outliers=[one for one in scored.outliers if one.image_id in wanted])

    async def _duplicates(
        self, run: CurationRun, scope: Scope, image_ids: Sequence[str], progress: ProgressSink
    ) -> _Found:
        alike = await patiently(
            lambda report: self.curator.alike(
                _vectors(run), image_ids, lambda phase, share: report(phase, share * 0.5)
            ),
            progress,
            len(image_ids),
            self.retries,
        )
        found = await self.compare(scope, run.project_id, alike.groups, progress)
        facts = RunFacts(
            image_count=alike.count,
            skipped_count=alike.skipped_count,
            threshold=alike.threshold,
            compute_seconds=alike.seconds,
        )
        return _Found(facts, duplicates=found)

    async def _keep(self, run: CurationRun, scope: Scope, found: _Found) -> CurationRun:
        """Write what was found, for images that are still there, in the place of what there was."""
        async with self.stores() as store:
            await _existing(store, run.project_id, run.id)
            named = [one.image_id for one in found.outliers]
            named += [one for pair in found.duplicates for one in (pair.image_id, pair.keeper_id)]
            here = await store.images.existing(scope, run.project_id, list(dict.fromkeys(named)))
            pairs = [one for one in found.duplicates if one.image_id in here and one.keeper_id in here]
            facts = replace(found.facts, group_count=len({one.keeper_id for one in pairs}), duplicate_count=len(pairs))
            done = replace(run, state=CurationState.SUCCEEDED, facts=facts, update_time=self.clock.now())
            await store.curation.supersede(run.project_id, run.kind)
            await store.curation.save_run(done)
            await store.curation.put_outliers(done, [one for one in found.outliers if one.image_id in here])
            await store.curation.put_duplicates(done, pairs)
            await store.commit()
        return done


def _vectors(run: CurationRun) -> Vectors:
    return Vectors(run.project_id, run.source, run.seed, run.creator)


async def _existing(store: Store, project_id: str, run_id: str) -> CurationRun:
    found = await store.curation.get_run(Scope.of_loupe(), project_id, run_id)
    if found is None:
        raise CurationRunNotFound("The run was deleted before it was done.", curation_run=run_id)
    return found
