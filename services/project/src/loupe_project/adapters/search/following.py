"""Makes an index of a project from the store, and makes it follow what changes there."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.search import loader
from loupe_project.adapters.search.loader import StoredChanges
from loupe_project.adapters.search.project_index import ProjectIndex
from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.search_changes import Part

PIECE = 5_000
"""Images that are read at a time, where nobody waits for the event loop."""
SMALL_PIECE = 500
"""Images that are read at a time on the event loop of the service."""


async def build(session: AsyncSession, project_id: str, stopped: Callable[[], bool]) -> ProjectIndex | None:
    """An index of what the transaction sees; None if it was stopped.

    Args:
        session: Of a transaction that reads one state, however long it takes.
        project_id: Whose images.
        stopped: Asked between pieces.
    """
    index = ProjectIndex()
    index.version = index.rights_version = await loader.version(session, project_id)
    image_ids = await loader.image_ids(session, project_id)
    for piece in chunks(image_ids, PIECE):
        if stopped():
            return None
        index.replace([], await loader.facts_between(session, project_id, piece[0], piece[-1]))
    index.set_tags(await loader.tags(session, project_id))
    index.set_duplicates(await loader.duplicates(session, project_id))
    return index


async def follow(
    session: AsyncSession,
    project_id: str,
    index: ProjectIndex,
    changes: StoredChanges,
    version: int,
    piece_size: int = SMALL_PIECE,
) -> None:
    """Bring an index to the state that the transaction sees. Cut off in the middle, it can be done again.

    Args:
        session: Open transaction.
        project_id: Whose images.
        index: At an earlier version; half-way states are seen by nobody, as views are made of it afterwards.
        changes: What changed since.
        version: The version then.
        piece_size: Images that are read at a time.
    """
    for piece in chunks(changes.image_ids, piece_size):
        facts = await loader.facts_of(session, project_id, piece)
        index.has_left |= len(facts.images) < len(piece)
        index.replace(piece, facts)
    for piece in chunks(changes.tagged_ids, piece_size):
        index.put_tags(piece, await loader.tags_of(session, project_id, piece))
    for tag_id in changes.tag_ids:
        index.put_places(tag_id, await loader.places_of(session, tag_id))
    if changes.tag_ids or Part.TAG_NAMES in changes.parts:
        index.set_tags(await loader.tags(session, project_id))
    if Part.SCORES in changes.parts:
        index.set_scores(await loader.scores(session, project_id))
    if Part.DUPLICATES in changes.parts:
        index.set_duplicates(await loader.duplicates(session, project_id))
    if Part.RIGHTS in changes.parts:
        index.rights_version = version
    index.version = version
