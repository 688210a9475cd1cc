"""How many images of projects somebody sees, for a page of projects in at most three statements."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.scope import granted_images, hidden_images
from loupe_project.adapters.sql.tables import images
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
    if narrowed and not scope.everything:
        hidden = _by_state(images.c.id.in_(hidden_images(scope, narrowed)))
        for project_id, states in (await _count(session, hidden)).items():
            numbers[project_id].subtract(states)
    if guest:
        granted = _by_state(images.c.id.in_(granted_images(scope, guest)))
        numbers |= await _count(session, granted)
    return {
        one.id: ImageCounts(**{state.name.lower(): numbers[one.id][state.value] for state in ImageState})
        for one in projects
    }


def _by_state(which: ColumnElement[bool]) -> Select[Any]:
    columns = images.c.project_id, images.c.state
    return select(*columns, func.count()).where(which).group_by(*columns)


async def _count(session: AsyncSession, statement: Select[Any]) -> _Counts:
    found: _Counts = defaultdict(Counter)
    for project_id, state, count in await session.execute(statement):
        found[project_id][state] = count
    return found
