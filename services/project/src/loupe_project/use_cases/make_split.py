"""Making a split: what the operation CREATE_SPLIT does."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from google.protobuf.message import Message

from loupe_kit.clock import Clock
from loupe_project.domain import split_words
from loupe_project.domain.curation import CurationRun, CurationState
from loupe_project.domain.errors import SplitImpossible, SplitNotFound, StratumMissing
from loupe_project.domain.operation import Operation
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.sharing import Shared, share_out
from loupe_project.domain.split import Part, Split, SplitCandidate, SplitFacts, SplitImage, fingerprint
from loupe_project.domain.text import fold
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.create_curation import BALANCE_BY_TAG
from loupe_project.use_cases.create_split import images_of, value_field
from loupe_project.use_cases.curation_work import run_to_end
from loupe_project.use_cases.make_run import MakeRun
from loupe_project.use_cases.search_for_split import searched_duplicates, unsearched

_SHOWN_CHARS = 60
"""Of a value in a reason."""
_STRATUM_CHARS = 200


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the images that are shared out."""

    images: Sequence[SplitCandidate]
    strata: Mapping[str, str]
    """Value to stratify by, by image id; empty without."""
    values: Mapping[str, str]
    """Value that is not torn apart, by image id; empty without."""
    keepers: Mapping[str, str]
    """Of images that are duplicates or keepers: id of the keeper, by image id."""
    run_id: str
    """The search for duplicates that told."""
    unsearched_count: int
    """Images of which it does not tell."""


@dataclass(frozen=True, slots=True)
class MakeSplit:
    """Shares out the images of a split that was promised, after the search for duplicates that was promised with it.

    Safe to run again: it replaces what it stored before, and does no search twice.
    """

    stores: StoreFactory
    searcher: MakeRun
    clock: Clock
    respond: Callable[[Split], Message]
    """Makes the response message of the operation."""

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """Make the split.

        Raises:
            OperationCancelled: If it was cancelled; the split is CANCELLED then.
            LoupeError: Why it could not be made; the split is FAILED then and holds the reason.
        """
        async with self.stores(read_only=True) as store:
            split = await _existing(store, operation.project_id, operation.request.decode())
        if split.state is CurationState.SUCCEEDED:
            return self.respond(split)

        async def end(state: CurationState, failure: bytes) -> None:
            now = self.clock.now()
            async with self.stores() as store:
                await store.splits.save(replace(split, state=state, failure=failure, update_time=now))
                search = await _search_left(store, split)
                if search is not None:
                    await store.curation.save_run(replace(search, state=state, failure=failure, update_time=now))
                await store.commit()

        return self.respond(await run_to_end(self._make(split, operation.scope, progress), cancelled, end))

    async def _make(self, split: Split, scope: Scope, progress: ProgressSink) -> Split:
        async with self.stores(read_only=True) as store:
            search = await _search_left(store, split)
        if search is not None:
            await self.searcher.make(search, scope, progress)
        async with self.stores(read_only=True) as store:
            known = await _known(store, scope, split)
        await progress.report(phase="images", fraction=1.0, done=0, total=len(known.images))
        shared = await asyncio.to_thread(_share_out, split, known)
        _check_parts(split, shared)
        placed = await asyncio.to_thread(_placed, split, known, shared)
        facts = SplitFacts(
            group_count=len(shared.groups),
            duplicate_run_id=known.run_id,
            unsearched_count=known.unsearched_count,
            sha256=fingerprint([(one.sha256, part) for one, part in zip(known.images, shared.parts, strict=True)]),
        )
        return await self._keep(split, scope, placed, facts)

    async def _keep(self, split: Split, scope: Scope, placed: Sequence[SplitImage], facts: SplitFacts) -> Split:
        """Write the images; those that were deleted or hidden meanwhile are none."""
        async with self.stores() as store:
            await _existing(store, split.project_id, split.id)
            here = await store.images.existing(scope, split.project_id, [one.image_id for one in placed])
            await store.splits.put_images(split.id, [one for one in placed if one.image_id in here])
            done = replace(
                split,
                state=CurationState.SUCCEEDED,
                facts=facts,
                counts=Counter(one.part for one in placed if one.image_id in here),
                update_time=self.clock.now(),
            )
            await store.splits.save(done)
            await store.commit()
        return done


async def _existing(store: Store, project_id: str, split_id: str) -> Split:
    found = await store.splits.get(Scope.of_loupe(), project_id, split_id)
    if found is None:
        raise SplitNotFound("The split was deleted before it was made.", split=split_id)
    return found


async def _search_left(store: Store, split: Split) -> CurationRun | None:
    """The search that was promised with the split, unless it is done."""
    if not split.facts.duplicate_run_id:
        return None
    found = await store.curation.get_run(Scope.of_loupe(), split.project_id, split.facts.duplicate_run_id)
    return found if found is not None and found.state is CurationState.RUNNING else None


async def _known(store: Store, scope: Scope, split: Split) -> _Known:
    project = await access.viewer(store, scope, split.project_id, Right.ANALYSE)
    image_ids = await images_of(store, scope, project, split)
    images = await store.splits.candidates(scope, project.id, image_ids)
    strata: Mapping[str, str] = {}
    if split.stratify_by:
        strata = await _values(store, scope, split, split.stratify_by, image_ids)
        _check_strata(split, strata, len(images))
    values = await _values(store, scope, split, split.group_by, image_ids) if split.group_by else {}
    run_id = await searched_duplicates(store, project.id)
    # What shows the same stays together even where the caller does not see what ties it.
    found = await store.splits.duplicates(Scope.of_loupe(), project.id)
    keepers = {one.image_id: one.keeper_id for one in found} | {one.keeper_id: one.keeper_id for one in found}
    unknown = await unsearched(store, project, run_id, [one.image_id for one in images])
    return _Known(images, strata, values, keepers, run_id, len(unknown))


async def _values(store: Store, scope: Scope, split: Split, name: str, image_ids: Sequence[str]) -> Mapping[str, str]:
    if name == BALANCE_BY_TAG:
        return await store.curation.user_tags(split.project_id, image_ids)
    found = await store.analyses.point_values(scope, split.project_id, value_field(name, name), image_ids)
    return {image_id: fold(str(value))[:_STRATUM_CHARS] for image_id, value in found.items() if value is not None}


def _check_strata(split: Split, strata: Mapping[str, str], count: int) -> None:
    missing = count - len(strata)
    if missing > 0:
        raise StratumMissing(
            f"{missing:,} of {count:,} images have no {split.stratify_by}; give them one, leave them out of the query, "
            "or split without equal shares by it.",
            field=split.stratify_by,
            count=str(missing),
        )


def _share_out(split: Split, known: _Known) -> Shared:
    ties: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place, one in enumerate(known.images):
        for kind, values in (("value", known.values), ("keeper", known.keepers)):
            if one.image_id in values:
                ties[kind, values[one.image_id]].append(place)
    strata = [known.strata.get(one.image_id, "") for one in known.images]
    return share_out([one.sha256 for one in known.images], strata, ties.values(), split.fractions, split.seed)


def _check_parts(split: Split, shared: Shared) -> None:
    group_count = len(shared.parts) - sum(len(group) - 1 for group in shared.groups)
    for part, share in split.fractions.items():
        if share and part not in shared.parts:
            raise SplitImpossible(
                f"No image would be in {part.value}: the {len(shared.parts):,} images make {group_count:,} groups that "
                "must not be torn apart. Take more images, a larger fraction, or group by something finer.",
                part=part.value,
                groups=str(group_count),
            )


def _placed(split: Split, known: _Known, shared: Shared) -> list[SplitImage]:
    """The images in their order: by part, then as they were selected."""
    in_all = Counter(known.strata.values())
    in_part = Counter(zip(shared.parts, (known.strata.get(one.image_id, "") for one in known.images), strict=True))
    togethers = _togethers(split, known, shared)
    order = sorted(range(len(known.images)), key=lambda place: list(Part).index(shared.parts[place]))
    placed = []
    for number, place in enumerate(order, start=1):
        image_id, part = known.images[place].image_id, shared.parts[place]
        stratum = known.strata.get(image_id, "")
        share = None
        if stratum:
            value = f"{split.stratify_by} {stratum[:_SHOWN_CHARS]}"
            share = split_words.Share(value, in_part[part, stratum], in_all[stratum])
        reason = split_words.drawn(part, share) + togethers.get(place, "")
        placed.append(SplitImage(number, image_id, part, stratum, reason))
    return placed


def _togethers(split: Split, known: _Known, shared: Shared) -> dict[int, str]:
    """What is said of images that stayed together, by place."""
    said: dict[int, str] = {}
    for group in shared.groups:
        alike = Counter(known.keepers.get(known.images[place].image_id, "") for place in group)
        for place in group:
            image_id = known.images[place].image_id
            ties = []
            if alike[known.keepers.get(image_id, "")] > 1 and image_id in known.keepers:
                ties.append(split_words.ALIKE)
            if image_id in known.values:
                value = known.values[image_id].replace("\n", ", ")
                ties.append(f"{split.group_by} {value[:_SHOWN_CHARS]}")
            said[place] = split_words.stays(len(group) - 1, ties)
    return said
