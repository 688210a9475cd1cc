"""Placing images on a finished map, whose points stay where they are: asking for it, and what PLACE_IMAGES does."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from google.protobuf.message import Message

from loupe_kit import ids
from loupe_kit.objects import ObjectStore
from loupe_project.domain.analysis import Analysis, AnalysisState
from loupe_project.domain.coordinates import Coordinates
from loupe_project.domain.errors import AnalysisNotFound, AnalysisNotReady, ReducerMissing
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.selection import Selection
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.reduction import OnProgress, PlaceRequest, Reduction
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.cancelling import run_unless
from loupe_project.use_cases.curation_work import DEFAULT_RETRIES, patiently
from loupe_project.use_cases.retry import retry_conflicts
from loupe_project.use_cases.select_images import select_images

_KEPT_MAPS = 4
"""Maps whose reducer and points stay in memory: a plant keeps a few current."""


def placement_of(analysis: Analysis, selection: Selection | None, scope: Scope, now: datetime) -> Operation:
    """The operation that places images on a map.

    Args:
        analysis: The map.
        selection: Which images; None: those that the map's own selection finds then.
        scope: With whose rights.
        now: Time of the call.
    """
    chosen = selection or analysis.selection
    wish = {"analysis": analysis.id, "ids": chosen.ids, "query": chosen.query}
    return Operation.asked(
        ids.new_id(),
        OperationKind.PLACE_IMAGES,
        project_id=analysis.project_id,
        target=analysis.name,
        request=json.dumps(wish).encode(),
        scope=scope,
        now=now,
    )


def check_placeable(analysis: Analysis) -> None:
    """Refuse a map that nothing can be placed on.

    Raises:
        AnalysisNotReady: If it is not finished.
        ReducerMissing: If it was made before images could be placed.
    """
    if analysis.state is not AnalysisState.SUCCEEDED:
        raise AnalysisNotReady(
            f"This map is {analysis.state.value}; images can be placed on finished ones; watch its operation.",
            state=analysis.state.value,
        )
    if not analysis.reducer_key:
        raise ReducerMissing(
            "This map was made before images could be placed on maps; make it again with the same images.",
            analysis=analysis.id,
        )


@dataclass(frozen=True, slots=True)
class Placed:
    """What came of placing images."""

    added: int
    present: int
    """Were on the map before."""
    skipped: int
    """Have no features of the map's source."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What of a map does not change."""

    reducer: bytes
    image_ids: frozenset[bytes]
    """Of the images that it was made of."""


@dataclass(slots=True)
class PlaceOnMap:
    """Places images on a map and keeps where they are."""

    stores: StoreFactory
    objects: ObjectStore
    reduction: Reduction
    _known: OrderedDict[str, _Known] = field(default_factory=OrderedDict)

    async def __call__(
        self, analysis: Analysis, image_ids: Sequence[str], requester: str, on_progress: OnProgress
    ) -> Placed:
        """Place those of the images that are not on the map.

        Args:
            analysis: A map that `check_placeable` lets pass.
            image_ids: Each once.
            requester: Whose turn in the queue it takes.
            on_progress: Told how far it is.

        Raises:
            FeaturesMissing: If none of those that are not on the map has features.
            Unavailable: If the reduction service does not answer.
            LoupeError: What else it refuses.
        """
        known = await self._read(analysis)
        async with self.stores(read_only=True) as store:
            placed = await store.placements.placed(analysis)
        new = await asyncio.to_thread(_without, image_ids, known.image_ids, _rows(placed))
        if not new:
            return Placed(0, len(image_ids), 0)
        request = PlaceRequest(analysis.project_id, analysis.source, requester, known.reducer)
        found = await self.reduction.place(request, new, on_progress)

        async def keep() -> int:
            async with self.stores() as store:
                added = await store.placements.add(analysis, found)
                await store.commit()
            return added

        added = await retry_conflicts(keep)
        return Placed(added, len(image_ids) - len(new), len(new) - len(found))

    async def _read(self, analysis: Analysis) -> _Known:
        known = self._known.pop(analysis.id, None)
        if known is None:
            made = Coordinates.decode(await self.objects.read(analysis.object_key))
            reducer = await self.objects.read(analysis.reducer_key)
            known = _Known(reducer, await asyncio.to_thread(_rows, made))
        self._known[analysis.id] = known
        while len(self._known) > _KEPT_MAPS:
            self._known.popitem(last=False)
        return known


@dataclass(frozen=True, slots=True)
class PlaceImages:
    """Does the work of PLACE_IMAGES. Safe to run again: what was placed stays."""

    stores: StoreFactory
    place: PlaceOnMap
    respond: Callable[[Analysis, Placed], Message]
    """Makes the response message of the operation."""
    retries: Sequence[timedelta] = DEFAULT_RETRIES

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Message:
        """Place the images.

        Raises:
            OperationCancelled: If it was cancelled; nothing was placed then.
            AnalysisNotFound: If the map was deleted.
            LoupeError: Why they could not be placed.
        """
        return await run_unless(cancelled, self._place(operation, progress))

    async def _place(self, operation: Operation, progress: ProgressSink) -> Message:
        wish = json.loads(operation.request)
        chosen = Selection(ids=None if wish["ids"] is None else tuple(wish["ids"]), query=wish["query"])
        analysis = await self._map(operation, wish["analysis"])
        check_placeable(analysis)
        async with self.stores(read_only=True) as store:
            project = await access.viewer(store, operation.scope, operation.project_id, Right.ANALYSE)
            image_ids = await select_images(store, operation.scope, project, chosen)
        await progress.report(phase="features", fraction=0.0, total=len(image_ids))
        placed = await patiently(
            lambda report: self.place(analysis, image_ids, operation.creator, report),
            progress,
            len(image_ids),
            self.retries,
        )
        return self.respond(await self._map(operation, analysis.id), placed)

    async def _map(self, operation: Operation, analysis_id: str) -> Analysis:
        async with self.stores(read_only=True) as store:
            found = await store.analyses.get(operation.scope, operation.project_id, analysis_id)
        if found is None:
            raise AnalysisNotFound("The map was deleted meanwhile.", analysis=analysis_id)
        return found


def _rows(points: Coordinates) -> frozenset[bytes]:
    return frozenset(_cut(points.ids.tobytes()))


def _without(image_ids: Sequence[str], *known: frozenset[bytes]) -> list[str]:
    """The images that are in none of the sets."""
    packed = _cut(ids.pack_ids(image_ids))
    return [one for one, key in zip(image_ids, packed, strict=True) if not any(key in some for some in known)]


def _cut(packed: bytes) -> Iterator[bytes]:
    width = ids.BYTES_PER_ID
    return (packed[start : start + width] for start in range(0, len(packed), width))
