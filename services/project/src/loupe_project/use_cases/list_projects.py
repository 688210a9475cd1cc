"""Projects that a caller may see, page by page."""

from dataclasses import dataclass
from datetime import datetime

from loupe_kit import paging
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.text import fold
from loupe_project.ports.store import Store


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """Some projects."""

    projects: list[Project]
    next_page_token: str
    """Empty on the last page."""


async def list_projects(store: Store, scope: Scope, text: str, page_size: int, page_token: str) -> ProjectPage:
    """A page of projects, newest first.

    Args:
        store: Open transaction.
        scope: Of the caller.
        text: Only projects whose name contains it; empty: all.
        page_size: 0 for 50, at most 1,000.
        page_token: Of the page before; empty for the first.

    Raises:
        PageTokenInvalid: If the token is of another list.
        PermissionDenied: If the caller is an API key that may not read.
    """
    scope.require(Right.READ)
    size = paging.clamp_page_size(page_size)
    key = paging.filter_hash("projects", fold(text))
    last = paging.decode_token(page_token, key)
    after = (datetime.fromisoformat(str(last[0])), str(last[1])) if last else None
    found = await store.projects.list_newest_first(scope, contains=fold(text), after=after, limit=size + 1)
    token = ""
    if len(found) > size:
        end = found[size - 1]
        token = paging.encode_token((end.create_time.isoformat(), end.id), key)
    return ProjectPage(found[:size], token)
