"""Tags of a project in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, insert, or_, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql import recorded_tags, tag_links
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import Sight, sight, visible_project_ids
from loupe_project.adapters.sql.tables import image_tags, tags
from loupe_project.domain.errors import TagNameTaken
from loupe_project.domain.image import Origin
from loupe_project.domain.project import ProjectRole
from loupe_project.domain.scope import Scope
from loupe_project.domain.tag import Tag, TagLink
from loupe_project.domain.text import fold


class SqlTagRepository:
    """See `ports.store.TagRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, scope: Scope, project_id: str, tag_id: str) -> Tag | None:
        """One tag with its count."""
        counted = (await self._counted(scope, project_id)).where(tags.c.id == tag_id)
        row = (await self._session.execute(counted)).first()
        return None if row is None else _tag(row, row.image_count)

    async def list_most_used_first(
        self, scope: Scope, project_id: str, *, contains: str, after: tuple[int, str] | None, limit: int
    ) -> list[Tag]:
        """A page of tags, most used first, then by text."""
        tags_in = await self._counted(scope, project_id)
        if contains:
            tags_in = tags_in.where(tags.c.name_folded.contains(contains, autoescape=True))
        counted = tags_in.subquery()
        query = select(counted)
        if after is not None:
            query = query.where(_comes_after(counted.c.image_count, counted.c.name_folded, *after))
        rows = await self._session.execute(
            query.order_by(counted.c.image_count.desc(), counted.c.name_folded).limit(limit)
        )
        return [_tag(row, row.image_count) for row in rows]

    async def _counted(self, scope: Scope, project_id: str) -> Select[Any]:
        """Tags that exist for the scope, each with the number of images that have it and exist too."""
        seen = await sight(self._session, scope, project_id)
        places = select(func.count()).where(image_tags.c.tag_id == tags.c.id)
        if not seen.needs_no_condition:
            places = places.where(seen.images(image_tags.c.image_id))
        count = places.correlate(tags).scalar_subquery().label("image_count")
        return select(tags, count).where(
            tags.c.project_id == project_id, visible_project_ids(scope, project_id), _exists_for(seen)
        )

    async def find(self, project_id: str, names: Sequence[str]) -> dict[str, Tag]:
        """Tags of these texts, by folded text; without counts."""
        folded = sorted({fold(name, tag_links.NAME_LIMIT) for name in names})
        found: dict[str, Tag] = {}
        for some in chunks(folded):
            rows = await self._session.execute(
                select(tags).where(tags.c.project_id == project_id, tags.c.name_folded.in_(some))
            )
            found.update((row.name_folded, _tag(row, 0)) for row in rows)
        return found

    async def by_ids(self, project_id: str, tag_ids: Sequence[str]) -> dict[str, Tag]:
        """Those of the tags that are there, by id; without counts."""
        found: dict[str, Tag] = {}
        for some in chunks(tag_ids):
            rows = await self._session.execute(select(tags).where(tags.c.project_id == project_id, tags.c.id.in_(some)))
            found.update((row.id, _tag(row, 0)) for row in rows)
        return found

    async def ensure(
        self, project_id: str, names: Sequence[str], origin: Origin, creator: str, now: datetime
    ) -> dict[str, str]:
        """Ids of the tags of these texts by folded text; those that are new to the project are written."""
        return await tag_links.ensure_tags(self._session, project_id, names, origin, creator, now)

    async def add(self, tag: Tag) -> None:
        """Write a new tag."""
        try:
            await self._session.execute(
                insert(tags).values(
                    id=tag.id,
                    project_id=tag.project_id,
                    display_name=tag.display_name,
                    name_folded=fold(tag.display_name, tag_links.NAME_LIMIT),
                    color=tag.color,
                    origin=tag.origin,
                    creator=tag.creator,
                    create_time=tag.create_time,
                    update_time=tag.update_time,
                )
            )
        except IntegrityError as error:
            raise _taken(tag) from error

    async def save(self, tag: Tag) -> None:
        """Write text and colour."""
        try:
            await self._session.execute(
                update(tags)
                .where(tags.c.id == tag.id)
                .values(
                    display_name=tag.display_name,
                    name_folded=fold(tag.display_name, tag_links.NAME_LIMIT),
                    color=tag.color,
                    update_time=tag.update_time,
                )
            )
        except IntegrityError as error:
            raise _taken(tag) from error

    async def delete(self, tag: Tag, *, change_id: str, now: datetime) -> None:
        """Delete a tag and take it off its images, whose history says so."""
        await recorded_tags.forget(self._session, change_id, tag, now)
        await self._session.execute(delete(tags).where(tags.c.id == tag.id, tags.c.project_id == tag.project_id))

    async def put_on(
        self, image_ids: Sequence[str], tag_ids: Sequence[str], origin: Origin, creator: str, now: datetime
    ) -> int:
        """Put each tag on each image; how many were not there before."""
        count = 0
        for some in chunks(image_ids):
            there = await self._links(some, tag_ids)
            rows = [
                tag_links.link(image_id, tag_id, origin, creator, now)
                for image_id in some
                for tag_id in tag_ids
                if (image_id, tag_id) not in there
            ]
            await tag_links.write_links(self._session, rows)
            count += len(rows)
        return count

    async def take_off(self, image_ids: Sequence[str], tag_ids: Sequence[str]) -> int:
        """Take each tag off each image; how many were there."""
        count = 0
        for some in chunks(image_ids):
            count += len(await self._links(some, tag_ids))
            await self._session.execute(
                delete(image_tags).where(image_tags.c.image_id.in_(some), image_tags.c.tag_id.in_(tag_ids))
            )
        return count

    async def put_on_by(self, change_id: str, tag: Tag, image_ids: Sequence[str], creator: str, now: datetime) -> int:
        """Put a tag on images and write that into their history; how many did not have it."""
        return await recorded_tags.put_on(self._session, change_id, tag, image_ids, creator, now)

    async def take_off_by(self, change_id: str, tag: Tag, image_ids: Sequence[str], now: datetime) -> int:
        """Take a tag off images and write that into their history; how many had it."""
        return await recorded_tags.take_off(self._session, change_id, tag, image_ids, now)

    async def restore_by(self, change_id: str, links: Sequence[TagLink], now: datetime) -> int:
        """Put tags on images as they once were there and write that into their history; how many were not there."""
        return await recorded_tags.restore(self._session, change_id, links, now)

    async def merge_by(
        self, change_id: str, sources: Sequence[Tag], target: Tag, *, image_limit: int, now: datetime
    ) -> tuple[int, int]:
        """Put a tag in the place of others on the next images that have any of them."""
        return await recorded_tags.merge(self._session, change_id, sources, target, image_limit, now)

    async def image_ids(self, tag: Tag, *, limit: int) -> list[str]:
        """Images that have a tag, in the order of their ids."""
        found = select(image_tags.c.image_id).where(image_tags.c.tag_id == tag.id).order_by(image_tags.c.image_id)
        return list(await self._session.scalars(found.limit(limit)))

    async def image_count(self, tag_ids: Sequence[str]) -> int:
        """Images that have any of the tags, whoever may see them."""
        return await recorded_tags.image_count(self._session, tag_ids)

    async def _links(self, image_ids: Sequence[str], tag_ids: Sequence[str]) -> set[tuple[str, str]]:
        rows = await self._session.execute(
            select(image_tags.c.image_id, image_tags.c.tag_id).where(
                image_tags.c.image_id.in_(image_ids), image_tags.c.tag_id.in_(tag_ids)
            )
        )
        return {(image_id, tag_id) for image_id, tag_id in rows}


def _exists_for(seen: Sight) -> ColumnElement[bool]:
    """What a tag says is known by those who see an image of it; one on no image is known to the whole project."""
    if seen.needs_no_condition:
        return true()
    here = exists(
        select(image_tags.c.tag_id).where(image_tags.c.tag_id == tags.c.id, seen.images(image_tags.c.image_id))
    )
    if seen.role is ProjectRole.GUEST:
        return here
    return or_(here, ~exists(select(image_tags.c.tag_id).where(image_tags.c.tag_id == tags.c.id)))


def _comes_after(
    count: ColumnElement[int], name: ColumnElement[str], last_count: int, last_name: str
) -> ColumnElement[bool]:
    return or_(count < last_count, and_(count == last_count, name > last_name))


def _taken(tag: Tag) -> TagNameTaken:
    return TagNameTaken(
        f"The project has a tag {tag.display_name!r} already, upper and lower case alike; use it or another text.",
        display_name=tag.display_name,
    )


def _tag(row: Any, image_count: int) -> Tag:
    return Tag(
        id=row.id,
        project_id=row.project_id,
        display_name=row.display_name,
        color=row.color,
        origin=Origin(row.origin),
        creator=row.creator,
        create_time=row.create_time,
        update_time=row.update_time,
        image_count=image_count,
    )
