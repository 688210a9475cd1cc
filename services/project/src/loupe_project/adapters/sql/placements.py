"""Placed images in SQL: blocks of packed rows, so that a map of a million points is read in a few hundred."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import case, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_kit.ids import BYTES_PER_ID
from loupe_project.adapters.sql import tag_links
from loupe_project.adapters.sql.analyses import from_row
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.tables import analyses, images, placed_points, placement_tasks
from loupe_project.domain.analysis import Analysis, AnalysisState
from loupe_project.domain.coordinates import Coordinates
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.job import Result

BLOCK = 4_096
"""Points of a block; the last one is filled up first."""

_ID = f"S{BYTES_PER_ID}"


class SqlPlacementRepository:
    """See the port `PlacementRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def placed(self, analysis: Analysis) -> Coordinates:
        """See the port."""
        rows = await self._session.execute(
            select(placed_points.c.image_ids, placed_points.c.coordinates)
            .where(placed_points.c.analysis_id == analysis.id)
            .order_by(placed_points.c.block)
        )
        blocks = list(rows)
        return _unpacked(
            b"".join(row.image_ids for row in blocks), b"".join(row.coordinates for row in blocks), analysis
        )

    async def add(self, analysis: Analysis, placed: Coordinates) -> int:
        """See the port."""
        here = select(analyses.c.placed_count).where(analyses.c.id == analysis.id).with_for_update()
        before = await self._session.scalar(here)
        if before is None:
            return 0
        known = (await self.placed(analysis)).ids
        is_new = np.isin(_as_keys(placed.ids), await self._here(placed.ids)) & ~np.isin(
            _as_keys(placed.ids), _as_keys(known)
        )
        new_ids, points = placed.ids[is_new], placed.points[is_new].astype("<f4")
        if not len(new_ids):
            return 0
        await self._append(analysis, new_ids.tobytes(), points.tobytes(), len(new_ids))
        await self._session.execute(
            update(analyses).where(analyses.c.id == analysis.id).values(placed_count=before + len(new_ids))
        )
        return len(new_ids)

    async def forget(self, analysis: Analysis, image_ids: Sequence[str]) -> None:
        """See the port."""
        mine = placed_points.c.analysis_id == analysis.id
        await self._session.scalar(select(analyses.c.id).where(analyses.c.id == analysis.id).with_for_update())
        gone = np.frombuffer(ids.pack_ids(image_ids), _ID)
        for row in (await self._session.execute(select(placed_points).where(mine))).all():
            block = _unpacked(row.image_ids, row.coordinates, analysis)
            hidden = np.isin(_as_keys(block.ids), gone)
            if hidden.any():
                left = block.hide(hidden)
                await self._session.execute(
                    update(placed_points)
                    .where(mine, placed_points.c.block == row.block)
                    .values(image_ids=left.ids.tobytes(), coordinates=left.points.astype("<f4").tobytes())
                )

    async def _here(self, image_ids: NDArray[np.uint8]) -> NDArray[np.bytes_]:
        """Those of the images that are not gone; who lets one go waits for the end of this transaction."""
        here: list[str] = []
        for some in chunks(ids.unpack_ids(image_ids.tobytes())):
            rows = select(images.c.id).where(images.c.id.in_(some)).order_by(images.c.id).with_for_update(read=True)
            here += await self._session.scalars(rows)
        return np.frombuffer(ids.pack_ids(here), _ID)

    async def _append(self, analysis: Analysis, image_ids: bytes, points: bytes, count: int) -> None:
        mine = placed_points.c.analysis_id == analysis.id
        last = (
            await self._session.execute(
                select(placed_points).where(mine).order_by(placed_points.c.block.desc()).limit(1)
            )
        ).first()
        block = 0 if last is None else last.block + 1
        if last is not None and last.point_count < BLOCK:
            await self._session.execute(delete(placed_points).where(mine, placed_points.c.block == last.block))
            image_ids, points, count = last.image_ids + image_ids, last.coordinates + points, last.point_count + count
            block = last.block
        width = analysis.recipe.dimensions * 4
        rows = [
            {
                "analysis_id": analysis.id,
                "block": block + number,
                "point_count": min(BLOCK, count - start),
                "image_ids": image_ids[start * BYTES_PER_ID : (start + BLOCK) * BYTES_PER_ID],
                "coordinates": points[start * width : (start + BLOCK) * width],
            }
            for number, start in enumerate(range(0, count, BLOCK))
        ]
        for row in rows:
            await self._session.execute(insert(placed_points).values(row))

    async def waiting(self, limit: int, after: str) -> tuple[Analysis, list[str]] | None:
        """See the port."""
        row = (
            await self._session.execute(
                select(analyses)
                .where(
                    analyses.c.id.in_(select(placement_tasks.c.analysis_id).distinct()),
                    # The tasks of a map that is being made wait; those of one that could not be made are dropped.
                    analyses.c.state != AnalysisState.RUNNING,
                )
                .order_by(case((analyses.c.id > after, 0), else_=1), analyses.c.id)
                .limit(1)
            )
        ).first()
        if row is None:
            return None
        tasks = select(placement_tasks.c.image_id).where(placement_tasks.c.analysis_id == row.id)
        return from_row(row), list(await self._session.scalars(tasks.order_by(placement_tasks.c.image_id).limit(limit)))

    async def done(self, analysis_id: str, image_ids: Sequence[str]) -> None:
        """See the port."""
        for some in chunks(image_ids):
            await self._session.execute(
                delete(placement_tasks).where(
                    placement_tasks.c.analysis_id == analysis_id, placement_tasks.c.image_id.in_(some)
                )
            )


async def promise_places(session: AsyncSession, results: Sequence[Result]) -> None:
    """Let images whose features have come be placed on the maps that are kept current.

    Args:
        session: Open transaction.
        results: Of images that are there.
    """
    with_features = [one for one in results if one.feature_dimension > 0]
    if not with_features:
        return
    kept = await session.execute(
        select(analyses).where(
            analyses.c.project_id.in_(sorted({one.project_id for one in with_features})),
            analyses.c.keeper.is_not(None),
            analyses.c.state.in_([AnalysisState.RUNNING, AnalysisState.SUCCEEDED]),
        )
    )
    tasks = [
        {"analysis_id": analysis.id, "image_id": one.image_id}
        for analysis in map(from_row, kept)
        for one in with_features
        if one.project_id == analysis.project_id and FeatureSource(one.model, one.version) == analysis.source
    ]
    if tasks:
        await session.execute(tag_links.insert_new(session, placement_tasks), tasks)


def _unpacked(image_ids: bytes, points: bytes, analysis: Analysis) -> Coordinates:
    packed = np.frombuffer(image_ids, np.uint8).reshape(-1, BYTES_PER_ID)
    places = np.frombuffer(points, "<f4").reshape(-1, analysis.recipe.dimensions)
    return Coordinates(packed, places.astype(np.float32))


def _as_keys(image_ids: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    return np.ascontiguousarray(image_ids).view(_ID).ravel()
