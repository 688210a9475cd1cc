"""Images and projects that go for good: their rows, and what the remover is told about their bytes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_kit import ids
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.tables import images, removals, shared_objects


async def delete_images(session: AsyncSession, project_id: str, image_ids: Sequence[str], now: datetime) -> int:
    """Delete images with their facts; bytes and features are put on the list of removals. How many there were."""
    count = 0
    for some in chunks(image_ids):
        rows = await session.execute(
            select(images.c.id, shared_objects.c.object_key)
            .outerjoin(shared_objects, shared_objects.c.image_id == images.c.id)
            .where(images.c.id.in_(some), images.c.project_id == project_id)
            .order_by(images.c.id)
        )
        going = rows.all()
        if not going:
            continue
        await put_on_list(session, project_id, [(row.id, row.object_key) for row in going], now)
        await session.execute(delete(images).where(images.c.id.in_([row.id for row in going])))
        count += len(going)
    return count


async def leave_project(session: AsyncSession, project_id: str, now: datetime) -> None:
    """Put all objects and features of a project on the list of removals, also bytes that lie under other projects."""
    await put_on_list(session, project_id, [(None, None)], now)
    copies = await session.execute(
        select(shared_objects.c.image_id, shared_objects.c.object_key).where(shared_objects.c.project_id == project_id)
    )
    for some in chunks(copies.all()):
        await put_on_list(session, project_id, [(row.image_id, row.object_key) for row in some], now)


async def put_on_list(
    session: AsyncSession, project_id: str, gone: Sequence[tuple[str | None, str | None]], now: datetime
) -> None:
    """Let the remover take away what is left of images: of each its id, and of a copy where its bytes lie."""
    await session.execute(
        insert(removals),
        [
            {
                "id": ids.new_id(),
                "project_id": project_id,
                "image_id": image_id,
                "object_key": object_key,
                "create_time": now,
            }
            for image_id, object_key in gone
        ],
    )
