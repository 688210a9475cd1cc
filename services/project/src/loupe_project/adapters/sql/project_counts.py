"""How many images of projects somebody sees, for a page of projects in at most four statements."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.scope import granted_images, hidden_images, kept
from loupe_project.adapters.sql.tables import images, trashed_images
from loupe_project.domain.image import ImageState
from loupe_project.domain.project import ImageCounts, Project, ProjectRole
from loupe_project.domain.scope import Scope

_Counts = dict[str, Counter[str]]


async def image_counts(session: AsyncSession, scope: Scope, projects: Sequence[Project]) -> dict[str, ImageCounts]:
    """Images by state by project id.

    Args:
        session: Open transaction.
        scope: Of the caller.
        projects: As they were read for this scope: the role in them says how to count.
    """
    whole = [one.id for one in projects if one.caller_role is not ProjectRole.GUEST]
    narrowed = [one.id for one in projects if one.caller_role is ProjectRole.VIEWER]
    guest = [one.id for one in projects if one.caller_role is ProjectRole.GUEST]
    numbers: _Counts = defaultdict(Counter)
    if whole:
        numbers |= await _count(session, _by_state(images.c.project_id.in_(whole)))
        trashed = select(trashed_images.c.image_id).where(trashed_images.c.project_id.in_(whole))
        _subtract(numbers, await _count(session, _by_state(images.c.id.in_(trashed))))
    if narrowed and not scope.everything:
        hidden = and_(images.c.id.in_(hidden_images(scope, narrowed)), kept(images.c.id))
        _subtract(numbers, await _count(session, _by_state(hidden)))
    if guest:
        granted = and_(images.c.id.in_(granted_images(scope, guest)), kept(images.c.id))
        numbers |= await _count(session, _by_state(granted))
    return {
        one.id: ImageCounts(**{state.name.lower(): numbers[one.id][state.value] for state in ImageState})
        for one in projects
    }


def _subtract(numbers: _Counts, fewer: _Counts) -> None:
    for project_id, states in fewer.items():
        numbers[project_id].subtract(states)


def _by_state(which: ColumnElement[bool]) -> Select[Any]:
    columns = images.c.project_id, images.c.state
    return select(*columns, func.count()).where(which).group_by(*columns)


async def _count(session: AsyncSession, statement: Select[Any]) -> _Counts:
    found: _Counts = defaultdict(Counter)
    for project_id, state, count in await session.execute(statement):
        found[project_id][state] = count
    return found
