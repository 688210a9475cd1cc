"""What was changed of an image, page by page."""

from dataclasses import dataclass
from datetime import datetime

from loupe_kit import paging
from loupe_project.domain.history import Fact, HistoryLine, HistoryPlace
from loupe_project.domain.project import ProjectRole
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.get_image import existing_image


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some lines."""

    lines: list[HistoryLine]
    next_page_token: str
    """Empty on the last page."""


async def list_image_history(
    store: Store, scope: Scope, project_id: str, image_id: str, page_size: int, page_token: str
) -> HistoryPage:
    """A page of the history of an image, newest first.

    Args:
        store: Open transaction.
        scope: Of the caller; only the project's owner learns who was given access.
        project_id: Where the image is.
        image_id: Which.
        page_size: 0 for 50, at most 1,000.
        page_token: Of the page before; empty for the first.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        ImageNotFound: If the image does not.
        PageTokenInvalid: If the token is of another list.
    """
    project = await access.viewer(store, scope, project_id)
    await existing_image(store, scope, project_id, image_id)
    size = paging.clamp_page_size(page_size)
    key = paging.filter_hash("history", image_id)
    facts = set(Fact)
    if project.caller_role is not ProjectRole.OWNER:
        facts.discard(Fact.ACCESS)
    after = _place(paging.decode_token(page_token, key))
    lines = await store.history.list_newest_first(image_id, facts, after=after, limit=size + 1)
    if len(lines) <= size:
        return HistoryPage(lines, "")
    time, *rest = lines[size - 1].place
    return HistoryPage(lines[:size], paging.encode_token((time.isoformat(), *rest), key))


def _place(token: tuple[str | int, ...]) -> HistoryPlace | None:
    if not token:
        return None
    time, change_id, fact, subject = map(str, token)
    return datetime.fromisoformat(time), change_id, fact, subject
