"""Making a selection: what the operation CREATE_SELECTION does."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_project.domain.curation import (
    MAX_CLUSTERS,
    MIN_CLASSES,
    MIN_LABELS,
    MIN_LABELS_A_CLASS,
    CurationState,
    Selection,
    SelectionFacts,
    Strategy,
)
from loupe_project.domain.errors import SelectionNotFound, TooFewLabels
from loupe_project.domain.operation import Operation
from loupe_project.domain.query import fields
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.text import fold
from loupe_project.ports.curation import NO_CLASS, Curator, Picked, PickWish, Vectors
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.create_curation import balance_field
from loupe_project.use_cases.curation_work import DEFAULT_RETRIES, patiently, run_to_end
from loupe_project.use_cases.select_images import select_images


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the images among which is picked."""

    image_ids: list[str]
    strategy: Strategy
    classes: Mapping[str, str]
    """True class by image id; empty unless the strategy learns them."""
    groups: Mapping[str, str] | None
    """Value to balance by, by image id."""


@dataclass(frozen=True, slots=True)
class MakeSelection:
    """Picks the images of a selection that was promised. Safe to run again: it replaces what it stored before."""

    stores: StoreFactory
    curator: Curator
    clock: Clock
    respond: Callable[[Selection], Message]
    """Makes the response message of the operation."""
    retries: Sequence[timedelta] = DEFAULT_RETRIES

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """Make the selection.

        Raises:
            OperationCancelled: If it was cancelled; the selection is CANCELLED then.
            LoupeError: Why it could not be made; the selection is FAILED then and holds the reason.
        """
        async with self.stores(read_only=True) as store:
            selection = await _existing(store, operation.project_id, operation.request.decode())
        if selection.state is CurationState.SUCCEEDED:
            return self.respond(selection)

        async def end(state: CurationState, failure: bytes) -> None:
            async with self.stores() as store:
                await store.curation.save_selection(
                    replace(selection, state=state, failure=failure, update_time=self.clock.now())
                )
                await store.commit()

        return self.respond(await run_to_end(self._make(selection, operation.scope, progress), cancelled, end))

    async def _make(self, selection: Selection, scope: Scope, progress: ProgressSink) -> Selection:
        async with self.stores(read_only=True) as store:
            known = await _known(store, scope, selection)
        await progress.report(phase="features", fraction=0.0, total=len(known.image_ids))
        vectors = Vectors(selection.project_id, selection.source, selection.seed, selection.creator)
        wish = PickWish(
            selection.count,
            known.strategy,
            _numbers(known.image_ids, known.groups) if known.groups is not None else None,
            _numbers(known.image_ids, known.classes, NO_CLASS) if known.classes else None,
        )
        picked = await patiently(
            lambda report: self.curator.pick(vectors, wish, known.image_ids, report),
            progress,
            len(known.image_ids),
            self.retries,
        )
        return await self._keep(selection, scope, known, picked)

    async def _keep(self, selection: Selection, scope: Scope, known: _Known, picked: Picked) -> Selection:
        """Write the picks; images that were deleted or hidden meanwhile are none."""
        facts = _facts(known, picked)
        async with self.stores() as store:
            await _existing(store, selection.project_id, selection.id)
            here = await store.images.existing(scope, selection.project_id, [one.image_id for one in picked.picks])
            picks = [one for one in picked.picks if one.image_id in here]
            await store.curation.put_picks(selection.id, picks)
            done = replace(
                selection,
                strategy=known.strategy,
                state=CurationState.SUCCEEDED,
                facts=facts,
                pick_count=len(picks),
                update_time=self.clock.now(),
            )
            await store.curation.save_selection(done)
            await store.commit()
        return done


async def _existing(store: Store, project_id: str, selection_id: str) -> Selection:
    found = await store.curation.get_selection(Scope.of_loupe(), project_id, selection_id)
    if found is None:
        raise SelectionNotFound("The selection was deleted before it was made.", selection=selection_id)
    return found


async def _known(store: Store, scope: Scope, selection: Selection) -> _Known:
    project = await access.viewer(store, scope, selection.project_id, Right.ANALYSE)
    image_ids = await select_images(store, scope, project, selection.images)
    classes: dict[str, str] = {}
    if selection.strategy in (Strategy.AUTO, Strategy.UNCERTAINTY):
        found = await store.analyses.point_values(scope, project.id, fields.FIELDS["truth"], image_ids)
        classes = {image_id: fold(str(value)) for image_id, value in found.items() if value is not None}
    strategy = _strategy(selection, classes, len(image_ids))
    groups = await _groups(store, scope, selection, image_ids) if selection.balance_by else None
    return _Known(image_ids, strategy, classes if strategy is Strategy.UNCERTAINTY else {}, groups)


def _strategy(selection: Selection, classes: Mapping[str, str], count: int) -> Strategy:
    sizes = Counter(classes.values())
    full = [size for size in sizes.values() if size >= MIN_LABELS_A_CLASS]
    can_learn = len(classes) >= MIN_LABELS and len(full) >= MIN_CLASSES
    if selection.strategy is Strategy.UNCERTAINTY and not can_learn:
        raise TooFewLabels(
            f"{len(classes)} of the images are labelled, in {len(sizes)} classes; to learn from them takes "
            f"{MIN_LABELS} labels, {MIN_CLASSES} classes with {MIN_LABELS_A_CLASS} each. Label some more, or pick by "
            "coverage.",
            count=str(len(classes)),
            classes=str(len(sizes)),
        )
    if selection.strategy is not Strategy.AUTO:
        return selection.strategy
    if can_learn and selection.count <= count - len(classes):
        return Strategy.UNCERTAINTY
    return Strategy.CLUSTERS if selection.count <= MAX_CLUSTERS else Strategy.COVERAGE


async def _groups(store: Store, scope: Scope, selection: Selection, image_ids: Sequence[str]) -> dict[str, str]:
    field = balance_field(selection.balance_by)
    if field is None:
        return await store.curation.user_tags(selection.project_id, image_ids)
    values = await store.analyses.point_values(scope, selection.project_id, field, image_ids)
    return {image_id: fold(str(value)) for image_id, value in values.items() if value is not None}


def _numbers(image_ids: Sequence[str], values: Mapping[str, str], none: int | None = None) -> list[int]:
    """A number for each image: the same for the same value; `none` for no value, else a number like any other."""
    numbers = {value: number for number, value in enumerate(sorted(set(values.values())))}
    rest = len(numbers) if none is None else none
    return [numbers[values[one]] if one in values else rest for one in image_ids]


def _facts(known: _Known, picked: Picked) -> SelectionFacts:
    candidates = sorted(one for one in known.image_ids if one not in picked.skipped and one not in known.classes)
    return SelectionFacts(
        candidate_count=len(candidates),
        skipped_count=len(picked.skipped),
        labelled_count=picked.labelled_count,
        coverage=picked.coverage,
        candidates_sha256=hashlib.sha256("\n".join(candidates).encode()).hexdigest(),
        compute_seconds=picked.seconds,
    )
