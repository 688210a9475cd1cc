"""What was made of many images forgets those that are gone: maps lose their points, exports go as a whole."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from loupe_kit import ids
from loupe_kit.objects import ObjectNotFound, ObjectStore
from loupe_project.domain import keys
from loupe_project.domain.analysis import Analysis, AnalysisState
from loupe_project.domain.coordinates import Coordinates
from loupe_project.domain.export import Export, ExportState
from loupe_project.domain.scope import Scope
from loupe_project.ports.reduction import PointForgetter
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases.exports import remove_export
from loupe_project.use_cases.newest_first import read_all
from loupe_project.use_cases.retry import retry_conflicts

_IDS_AT_ONCE = 5_000
_KEY = f"S{ids.BYTES_PER_ID}"


async def gone_images(stores: StoreFactory, project_id: str, image_ids: Sequence[str]) -> list[str]:
    """Those of the images of a project that are no more, not even in its trash."""
    gone: list[str] = []
    for start in range(0, len(image_ids), _IDS_AT_ONCE):
        part = image_ids[start : start + _IDS_AT_ONCE]
        async with stores(read_only=True) as store:
            here = await store.images.existing(Scope.of_loupe(), project_id, part)
        gone += [one for one in part if one not in here]
    return gone


async def tell_remover(stores: StoreFactory, project_id: str, image_ids: Sequence[str], now: datetime) -> None:
    """Whoever finished something made of many images says of which: those that went meanwhile are forgotten again.

    Args:
        stores: Makes transactions.
        project_id: Whose images.
        image_ids: What is in it. It can be found by now, by whoever lets an image go later.
        now: Time of the call.
    """
    gone = await gone_images(stores, project_id, image_ids)
    if gone:
        async with stores() as store:
            await store.removals.add_gone(project_id, gone, now)
            await store.commit()


@dataclass(frozen=True, slots=True)
class ForgetImages:
    """Safe to run again, and by several at once: whoever wrote a map looks once more whether another image has gone."""

    stores: StoreFactory
    objects: ObjectStore
    reduction: PointForgetter

    async def __call__(self, project_id: str, image_ids: Sequence[str]) -> None:
        """Forget images of a project that are no more.

        Raises:
            Unavailable: If the reduction service does not answer; what it was needed for is as it was.
        """
        gone = np.frombuffer(ids.pack_ids(image_ids), _KEY)
        async for analysis in read_all(self.stores, lambda store: store.analyses.list_newest_first, project_id):
            if analysis.state is not AnalysisState.SUCCEEDED:
                continue
            made = await self._points(analysis)
            if np.isin(_as_keys(made), gone).any():
                await self._forget_points(analysis, made)
            if analysis.placed_count:
                await self._forget_placed(analysis, image_ids)
        async for export in read_all(self.stores, lambda store: store.exports.list_newest_first, project_id):
            if export.state is ExportState.SUCCEEDED and await self._holds_one(export, gone):
                await remove_export(self.stores, self.objects, export)

    async def _forget_points(self, analysis: Analysis, made: Coordinates) -> None:
        """Blank all points of a map whose images are no more: what places others first, as long as places are known."""
        reducer = await self.objects.read(analysis.reducer_key) if analysis.reducer_key else b""
        left = made
        while (hidden := await self._without_image(analysis, left)).any():
            left = left.hide(hidden)
            if reducer:
                reducer = await self._forget_places(analysis, reducer, made, left)
            await self.objects.put_bytes(analysis.object_key, left.encode())
        async with self.stores(read_only=True) as store:
            is_there = await store.analyses.get(Scope.of_loupe(), analysis.project_id, analysis.id)
        if is_there is None:
            # Somebody deleted the map meanwhile, and nothing would ever delete what was written since.
            for key in filter(None, (analysis.object_key, analysis.reducer_key)):
                await self.objects.delete(key)

    async def _forget_places(self, analysis: Analysis, reducer: bytes, made: Coordinates, left: Coordinates) -> bytes:
        places = await asyncio.to_thread(_lost_places, made, left)
        if not len(places):
            return reducer
        fewer = await self.reduction.forget_points(reducer, places)
        if fewer:
            await self.objects.put_bytes(analysis.reducer_key, fewer)
            return fewer
        async with self.stores() as store:
            now = await store.analyses.get(Scope.of_loupe(), analysis.project_id, analysis.id)
            if now is not None:
                await store.analyses.save(replace(now, reducer_key=""))
            await store.commit()
        await self.objects.delete(analysis.reducer_key)
        return b""

    async def _without_image(self, analysis: Analysis, points: Coordinates) -> NDArray[np.bool_]:
        """Which of the points that are not blank are of images that are no more: array (N,), bool."""
        rows = np.flatnonzero(~_is_blank(points))
        image_ids = ids.unpack_ids(points.ids[rows].tobytes())
        gone = set(await gone_images(self.stores, analysis.project_id, image_ids))
        hidden = np.zeros(len(points), np.bool_)
        hidden[rows] = [one in gone for one in image_ids]
        return hidden

    async def _forget_placed(self, analysis: Analysis, image_ids: Sequence[str]) -> None:
        async def forget() -> None:
            async with self.stores() as store:
                await store.placements.forget(analysis, image_ids)
                await store.commit()

        await retry_conflicts(forget)

    async def _holds_one(self, export: Export, gone: NDArray[np.bytes_]) -> bool:
        try:
            packed = await self.objects.read(keys.export_images(export.project_id, export.id))
        except ObjectNotFound:
            # Of a release that did not say which images are in it.
            return True
        return bool(np.isin(np.frombuffer(packed, _KEY), gone).any())

    async def _points(self, analysis: Analysis) -> Coordinates:
        try:
            return Coordinates.decode(await self.objects.read(analysis.object_key))
        except ObjectNotFound:
            # Somebody deleted the map meanwhile.
            return Coordinates(np.zeros((0, ids.BYTES_PER_ID), np.uint8), np.zeros((0, 2), np.float32))


def _as_keys(points: Coordinates) -> NDArray[np.bytes_]:
    return np.ascontiguousarray(points.ids).view(_KEY).ravel()


def _lost_places(before: Coordinates, after: Coordinates) -> NDArray[np.float32]:
    """Places where no point is left: array (G, D), float32; equal images share one, which goes with their last."""
    is_blank = _is_blank(after)
    lost = np.ascontiguousarray(before.points[is_blank & ~_is_blank(before)])
    stay = np.ascontiguousarray(after.points[~is_blank])
    row = f"V{lost.shape[1] * lost.itemsize}"
    return lost[~np.isin(lost.view(row).ravel(), stay.view(row).ravel())]


def _is_blank(points: Coordinates) -> NDArray[np.bool_]:
    return np.asarray(~points.ids.any(axis=1))
