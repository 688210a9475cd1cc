"""Tags of a project, page by page."""

from dataclasses import dataclass

from loupe_kit import paging
from loupe_project.domain.scope import Scope
from loupe_project.domain.tag import Tag
from loupe_project.domain.text import fold
from loupe_project.ports.store import Store
from loupe_project.use_cases import access


@dataclass(frozen=True, slots=True)
class TagPage:
    """Some tags."""

    tags: list[Tag]
    next_page_token: str
    """Empty on the last page."""


async def list_tags(store: Store, scope: Scope, project_id: str, text: str, page_size: int, page_token: str) -> TagPage:
    """A page of tags, most used first.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Whose tags.
        text: Only tags whose text contains it; empty: all.
        page_size: 0 for 50, at most 1,000.
        page_token: Of the page before; empty for the first.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        PageTokenInvalid: If the token is of another list.
    """
    await access.viewer(store, scope, project_id)
    size = paging.clamp_page_size(page_size)
    key = paging.filter_hash("tags", project_id, fold(text))
    last = paging.decode_token(page_token, key)
    after = (int(last[0]), str(last[1])) if last else None
    found = await store.tags.list_most_used_first(scope, project_id, contains=fold(text), after=after, limit=size + 1)
    token = ""
    if len(found) > size:
        end = found[size - 1]
        token = paging.encode_token((end.image_count, fold(end.display_name)), key)
    return TagPage(found[:size], token)
