"""Images and their facts in SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import arrivals, image_facts, image_rows, leaving, many_images, tag_links
from loupe_project.adapters.sql import metadata as metadata_rows
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.tables import image_metadata, images
from loupe_project.domain import auto_tags
from loupe_project.domain.image import (
    ALL_FACTS,
    Added,
    Arrival,
    Fact,
    Image,
    ImageDetails,
    ImageState,
    MetadataValue,
    NewImage,
)
from loupe_project.domain.project import ImageCounts, Project
from loupe_project.domain.scope import Scope


class SqlImageRepository:
    """See `ports.store.ImageRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, project: Project, arrival: Arrival, images: Sequence[NewImage]) -> list[Added]:
        """Write images that arrive together, each with all its facts and its analysis job."""
        return await arrivals.add_images(self._session, project, arrival, images)

    async def get(self, scope: Scope, project_id: str, image_id: str) -> Image | None:
        """One image."""
        seen = (await sight(self._session, scope, project_id)).images()
        found = await self._session.execute(
            select(images).where(images.c.id == image_id, images.c.project_id == project_id, seen)
        )
        row = found.first()
        return None if row is None else image_rows.image_of(row)

    async def details(
        self, scope: Scope, project_id: str, image_ids: Sequence[str], facts: Collection[Fact] = ALL_FACTS
    ) -> list[ImageDetails]:
        """What is known of images, in the order of the ids; those that are not there are left out."""
        found: dict[str, ImageDetails] = {}
        seen = (await sight(self._session, scope, project_id)).images()
        for some in chunks(image_ids):
            rows = await self._session.execute(
                select(images).where(images.c.id.in_(some), images.c.project_id == project_id, seen)
            )
            here = [image_rows.image_of(row) for row in rows]
            found.update(await image_facts.with_facts(self._session, project_id, here, facts))
        return [found[one] for one in image_ids if one in found]

    async def existing(self, scope: Scope, project_id: str, image_ids: Sequence[str]) -> set[str]:
        """Those of the ids that are images of the project."""
        seen = (await sight(self._session, scope, project_id)).images()
        rows = await many_images.rows_of(self._session, select(images.c.id).where(seen), project_id, image_ids)
        return {row.id for row in rows}

    async def sees_all(self, scope: Scope, project_id: str) -> bool:
        """Whether every image of the project exists for the scope."""
        return (await sight(self._session, scope, project_id)).sees_all

    async def counts_by_batch(self, scope: Scope, project_id: str, batch_ids: Sequence[str]) -> dict[str, ImageCounts]:
        """Images of upload batches that exist for the scope, by state by batch id."""
        seen = (await sight(self._session, scope, project_id)).images()
        rows = await self._session.execute(
            select(images.c.upload_batch_id, images.c.state, func.count())
            .where(images.c.upload_batch_id.in_(batch_ids), images.c.project_id == project_id, seen)
            .group_by(images.c.upload_batch_id, images.c.state)
        )
        numbers: dict[str, dict[str, int]] = {one: {} for one in batch_ids}
        for batch_id, state, count in rows:
            numbers[batch_id][ImageState(state).name.lower()] = count
        return {batch_id: ImageCounts(**counts) for batch_id, counts in numbers.items()}

    async def put_metadata(
        self, project_id: str, metadata: Mapping[str, Mapping[str, MetadataValue]], now: datetime, *, replace: bool
    ) -> None:
        """Give images metadata, by image id, and mend the automatic tags that follow from them."""
        for some in chunks(list(metadata)):
            rows = [row for one in some for row in image_rows.metadata_rows(project_id, one, metadata[one])]
            await self._forget_metadata(some, rows, every_key=replace)
            if rows:
                await self._session.execute(insert(image_metadata), rows)
            await self._touch(some, now)
            touches_tags = replace or any(row["key"] in auto_tags.METADATA_KEYS for row in rows)
            if touches_tags:
                await metadata_rows.mend_tags(self._session, project_id, some, now)

    async def set_capture_times(self, project_id: str, times: Mapping[str, datetime | None], now: datetime) -> None:
        """Say when images were taken, by image id; their tag of the month follows."""
        for image_id, time in times.items():
            await self._session.execute(
                update(images)
                .where(images.c.id == image_id, images.c.project_id == project_id)
                .values(capture_time=time, update_time=now)
            )
        for some in chunks(list(times)):
            rows = await self._session.execute(
                select(images.c.id, images.c.capture_time, images.c.upload_time).where(images.c.id.in_(some))
            )
            months = {row.id: [auto_tags.month(row.capture_time or row.upload_time)] for row in rows}
            await tag_links.replace_auto_tags(self._session, project_id, months, ["month:"], now)

    async def delete(self, project_id: str, image_ids: Sequence[str], now: datetime) -> int:
        """Delete images with their facts; bytes and features are put on the list of removals."""
        return await leaving.delete_images(self._session, project_id, image_ids, now)

    async def _forget_metadata(
        self, image_ids: Sequence[str], rows: Sequence[Mapping[str, Any]], *, every_key: bool
    ) -> None:
        """Make room for `rows`."""
        if every_key:
            await self._session.execute(delete(image_metadata).where(image_metadata.c.image_id.in_(image_ids)))
            return
        # Keys are few and shared by the images of one table; those that an image does not get are kept.
        for key in {row["key"] for row in rows}:
            holders = [row["image_id"] for row in rows if row["key"] == key]
            await self._session.execute(
                delete(image_metadata).where(image_metadata.c.image_id.in_(holders), image_metadata.c.key == key)
            )

    async def _touch(self, image_ids: Sequence[str], now: datetime) -> None:
        await self._session.execute(update(images).where(images.c.id.in_(image_ids)).values(update_time=now))
