"""Copying images to another project, and moving them there. Both projects share the bytes (decision 0033)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from google.protobuf.message import Message

from loupe_kit import ids
from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain import audit, names
from loupe_project.domain.copying import CopyCounts, CopyPlan, CopyWish
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.selection import Selection
from loupe_project.ports.copies import FeatureCopier
from loupe_project.ports.inference import FeatureRemover
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.ports.work import WorkSignal
from loupe_project.use_cases import access, image_jobs
from loupe_project.use_cases.cancelling import cancelled_operation
from loupe_project.use_cases.changes import begin_operation
from loupe_project.use_cases.retry import retry_conflicts
from loupe_project.use_cases.select_images import select_images
from loupe_project.use_cases.trashing import throw_away

_PIECE = 500
"""Images a transaction: others wait no longer than a blink."""


async def ask_copy(
    store: Store, scope: Scope, project_id: str, selection: Selection, wish: CopyWish, now: datetime
) -> Operation:
    """Write the operation that copies or moves the selected images.

    Raises:
        InvalidArgument: If they are to go where they are.
        ProjectNotFound: If one of the projects does not exist for the caller.
        EditRightRequired: If he may only look where they go, or where they leave.
        ImageNotFound: If one of the ids is not an image of the project.
        QueryInvalid: If the query cannot be read.
        ResourceExhausted: If more than a million images match.
    """
    project, _ = await _check(store, scope, project_id, wish)
    image_ids = await select_images(store, scope, project, selection)
    operation = image_jobs.new_operation(scope, project_id, OperationKind.COPY_IMAGES, image_ids, now, wish.to_bytes())
    await store.operations.add(operation)
    await store.audit.add(
        audit.event(
            scope,
            audit.Action.COPY_IMAGES,
            operation.target,
            now,
            images=str(len(image_ids)),
            query=selection.query if selection.ids is None else "",
            destination=names.project(wish.target_id),
            moved="true" if wish.moves else "false",
            operation=operation.name,
        )
    )
    return operation


async def _check(store: Store, scope: Scope, project_id: str, wish: CopyWish) -> tuple[Project, Project]:
    """Both projects, if images may go from one to the other."""
    if wish.target_id == project_id:
        raise InvalidArgument(
            "The images are in this project; name another one as destination.",
            fields=[FieldViolation("destination", "must be another project than parent")],
        )
    leave = access.editor if wish.moves else access.viewer
    project = await leave(store, scope, project_id, Right.EDIT)
    return project, await access.editor(store, scope, wish.target_id)


class CopyImages:
    """Handler of COPY_IMAGES. Where it stands is written with each piece, so that no piece is done twice.

    Args:
        stores: Makes transactions.
        copier: Gives copies the features of their images.
        features: Takes them from copies that were not needed after all.
        jobs: Rung when copies wait for their analysis.
        respond: Makes the response of what became of the images.
        clock: Dates everything.
    """

    def __init__(
        self,
        stores: StoreFactory,
        copier: FeatureCopier,
        features: FeatureRemover,
        jobs: WorkSignal,
        respond: Callable[[CopyCounts], Message],
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._copier = copier
        self._features = features
        self._jobs = jobs
        self._respond = respond
        self._clock = clock

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """See `OperationHandler`."""
        image_ids, data = image_jobs.unpack(operation.request)
        wish, counts = CopyWish.from_bytes(data), CopyCounts.from_bytes(operation.checkpoint)
        await progress.report(phase="images", done=counts.next, total=len(image_ids))
        while counts.next < len(image_ids):
            if cancelled.is_set():
                raise cancelled_operation(operation)
            counts = await self._copy(operation, wish, image_ids, counts, progress)
            self._jobs.ring()
            await progress.report(done=counts.next)
        return self._respond(counts)

    async def _copy(
        self, operation: Operation, wish: CopyWish, image_ids: Sequence[str], counts: CopyCounts, progress: ProgressSink
    ) -> CopyCounts:
        """One piece, done again as a whole when another transaction came first."""
        piece = image_ids[counts.next : counts.next + _PIECE]
        tried: set[str] = set()

        async def once() -> tuple[CopyCounts, set[str]]:
            plan, target = await self._plan(operation, wish, piece)
            tried.update(plan.new.values())
            features = await self._copy_features(target.id, plan)
            async with self._stores() as store:
                project, target = await _check(store, operation.scope, operation.project_id, wish)
                now = self._clock.now()
                written = await store.copies.write(project.id, target, plan, features, operation.creator, now)
                restored = await store.trash.restore(target.id, sorted(set(plan.known.values())))
                if wish.moves:
                    change = await begin_operation(store, operation)
                    await throw_away(store, change, [*written, *plan.known], now)
                after = CopyCounts(
                    next=counts.next + len(piece),
                    copied=counts.copied + len(written),
                    duplicates=counts.duplicates + len(plan.known),
                    restored=counts.restored + len(restored),
                    pending=counts.pending + len(set(written) - plan.answered),
                )
                await progress.checkpoint_with(store.operations, after.to_bytes())
                await store.commit()
            return after, {plan.new[one] for one in written}

        after, used = await retry_conflicts(once)
        if tried - used:
            await self._features.remove(wish.target_id, sorted(tried - used))
        return after

    async def _plan(self, operation: Operation, wish: CopyWish, piece: Sequence[str]) -> tuple[CopyPlan, Project]:
        # The same ids in every run: features that were copied before a break are those of the copies after it.
        copies = {one: ids.derived_id(operation.id, one) for one in piece}
        async with self._stores(read_only=True) as store:
            _, target = await _check(store, operation.scope, operation.project_id, wish)
            return await store.copies.plan(operation.scope, operation.project_id, target, copies), target

    async def _copy_features(self, target_id: str, plan: CopyPlan) -> dict[FeatureSource, set[str]]:
        """Which copies have which features now, by their own ids."""
        copied: dict[FeatureSource, set[str]] = {}
        for source, image_ids in plan.features.items():
            pairs = {one: plan.new[one] for one in image_ids}
            if await self._copier.copy(target_id, source, pairs):
                copied[source] = set(pairs.values())
        return copied
