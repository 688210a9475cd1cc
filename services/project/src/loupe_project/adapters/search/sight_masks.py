"""What a caller sees of a project as a mask of rows. Who sees what is decided by `adapters.sql.scope` alone."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.search import row_ids
from loupe_project.adapters.search.columns import Mask
from loupe_project.adapters.search.view import View
from loupe_project.adapters.sql.scope import granted_images, hidden_images, sight
from loupe_project.domain.project import ProjectRole
from loupe_project.domain.scope import Scope


async def visible(session: AsyncSession, scope: Scope, project_id: str, view: View, version: int) -> Mask | None:
    """Rows that exist for the caller: array (N,); do not write to it. None where the store has to say.

    Args:
        session: Open transaction.
        scope: Of the caller.
        project_id: Whose rows.
        view: The rows.
        version: State of the project that the transaction sees.
    """
    seen = await sight(session, scope, project_id)
    if seen.role is None:
        return view.none()
    if seen.sees_all:
        return view.alive
    if version != view.version:
        # Another call has read on: rights as they were say nothing of images that came since.
        return None
    is_guest = seen.role is ProjectRole.GUEST
    key = ("sight", scope.user_id, scope.department_id, is_guest)
    known = view.masks.get(key)
    if known is not None:
        return known
    which = granted_images if is_guest else hidden_images
    named = _rows(view, list(await session.scalars(which(scope, [project_id]))))
    found = view.alive & (named if is_guest else ~named)
    view.keep(key, found)
    return found


def _rows(view: View, image_ids: Sequence[str]) -> Mask:
    """Rows of these images, also those that have newer ones: no row may be missed that hides an image."""
    found = view.none()
    if image_ids:
        high, low = row_ids.halves(image_ids)
        highs, lows = view.ids.high.values[: view.size], view.ids.low.values[: view.size]
        wanted = set(zip(high.tolist(), low.tolist(), strict=True))
        near = np.flatnonzero(np.isin(highs, high))
        pairs = zip(highs[near].tolist(), lows[near].tolist(), strict=True)
        found[near] = np.fromiter((pair in wanted for pair in pairs), np.bool_, len(near))
    return found
