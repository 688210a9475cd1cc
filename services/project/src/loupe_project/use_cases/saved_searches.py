"""Searches under a name: making, changing, listing, deleting them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from loupe_kit import ids, paging
from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.errors import SavedSearchNotFound, TooManySavedSearches
from loupe_project.domain.project import Project
from loupe_project.domain.saved_search import (
    MAX_NAME,
    MAX_PER_CREATOR,
    DailyCount,
    SavedSearch,
    SearchVisibility,
)
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.search import Order
from loupe_project.domain.text import fold
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.search_images import read_query


@dataclass(frozen=True, slots=True)
class SearchWish:
    """What a saved search shall be; None leaves it as it is."""

    display_name: str | None = None
    query: str | None = None
    order: Order | None = None
    visibility: SearchVisibility | None = None


async def get_saved_search(store: Store, scope: Scope, project_id: str, search_id: str) -> tuple[Project, SavedSearch]:
    """One saved search, and its project.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        SavedSearchNotFound: If the saved search does not.
    """
    project = await access.viewer(store, scope, project_id)
    return project, await existing(store, scope, project_id, search_id)


async def list_saved_searches(
    store: Store, scope: Scope, project_id: str, page_size: int, page_token: str
) -> tuple[Project, list[SavedSearch], str]:
    """A page of saved searches by name, their project, and the token of the next page.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        PageTokenInvalid: If the token is not one of this list.
    """
    project = await access.viewer(store, scope, project_id)
    limit = paging.clamp_page_size(page_size)
    key = paging.filter_hash("saved searches", project_id, scope.principal)
    token = [str(part) for part in paging.decode_token(page_token, key)]
    after = (token[0], token[1]) if len(token) == 2 else None
    found = await store.saved_searches.list_by_name(scope, project_id, after=after, limit=limit + 1)
    if len(found) <= limit:
        return project, found, ""
    end = found[limit - 1]
    return project, found[:limit], paging.encode_token((fold(end.display_name, 200), end.id), key)


async def create_saved_search(
    store: Store, scope: Scope, project_id: str, wish: SearchWish, clock: Clock
) -> tuple[Project, SavedSearch]:
    """Save a search; whoever does so has seen what it finds now.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look and wants to share it.
        InvalidArgument: If the name is missing or too long.
        QueryInvalid: If the query cannot be read.
        TooManySavedSearches: If he has as many as there may be.
    """
    project, now = await access.viewer(store, scope, project_id, Right.EDIT), clock.now()
    search = SavedSearch(
        id=ids.new_id(),
        project_id=project_id,
        display_name="",
        query="",
        order=Order.NEWEST,
        visibility=SearchVisibility.PRIVATE,
        creator=scope.principal,
        create_time=now,
        update_time=now,
        look_time=now,
    )
    search = await _with_wish(store, scope, project, search, replace(wish, display_name=wish.display_name or ""), clock)
    if await store.saved_searches.count_of(project_id, scope.principal) >= MAX_PER_CREATOR:
        raise TooManySavedSearches(
            f"You have {MAX_PER_CREATOR} saved searches in this project, as many as there may be; delete one first.",
            limit=str(MAX_PER_CREATOR),
        )
    await store.saved_searches.add(search)
    await store.saved_searches.looked(search.id, scope.principal, now)
    return project, search


async def update_saved_search(
    store: Store, scope: Scope, project_id: str, search_id: str, wish: SearchWish, clock: Clock
) -> tuple[Project, SavedSearch]:
    """Change a saved search.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        SavedSearchNotFound: If the saved search does not.
        CreatorRequired: If it is somebody else's and the project too.
        EditRightRequired: If he may only look and wants to share it.
        InvalidArgument: If the name is empty or too long.
        QueryInvalid: If the query cannot be read.
    """
    project = await access.viewer(store, scope, project_id, Right.EDIT)
    before = await _changeable(store, scope, project, search_id)
    search = await _with_wish(store, scope, project, before, wish, clock)
    await store.saved_searches.save(search, forget_history=search.query != before.query)
    return project, search


async def delete_saved_search(store: Store, scope: Scope, project_id: str, search_id: str) -> None:
    """Delete a saved search.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        SavedSearchNotFound: If the saved search does not.
        CreatorRequired: If it is somebody else's and the project too.
    """
    project = await access.viewer(store, scope, project_id, Right.EDIT)
    await _changeable(store, scope, project, search_id)
    await store.saved_searches.delete(search_id)


async def list_counts(
    store: Store, scope: Scope, project_id: str, search_id: str, page_size: int, page_token: str
) -> tuple[Sequence[DailyCount], str]:
    """A page of the history, newest first, and the token of the next one.

    It was counted over all images; who does not see all of them would learn of the others, and is given none.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        SavedSearchNotFound: If the saved search does not.
        PageTokenInvalid: If the token is not one of this list.
    """
    await get_saved_search(store, scope, project_id, search_id)
    limit = paging.clamp_page_size(page_size)
    key = paging.filter_hash("saved search counts", search_id)
    token = "".join(str(part) for part in paging.decode_token(page_token, key))
    if not await store.images.sees_all(scope, project_id):
        return (), ""
    before = date.fromisoformat(token) if token else None
    found = await store.saved_searches.counts(search_id, before=before, limit=limit + 1)
    if len(found) <= limit:
        return found, ""
    return found[:limit], paging.encode_token((found[limit - 1].day.isoformat(),), key)


async def existing(store: Store, scope: Scope, project_id: str, search_id: str) -> SavedSearch:
    """A saved search that is there for the caller.

    Raises:
        SavedSearchNotFound: If it is not.
    """
    search = await store.saved_searches.get(scope, project_id, search_id)
    if search is None:
        raise SavedSearchNotFound(
            f"There is no saved search {search_id} for you in this project; ListSavedSearches names those there are.",
            saved_search=search_id,
        )
    return search


async def _changeable(store: Store, scope: Scope, project: Project, search_id: str) -> SavedSearch:
    search = await existing(store, scope, project.id, search_id)
    access.maker(scope, project, search.creator, search.name, "saved search")
    return search


async def _with_wish(
    store: Store, scope: Scope, project: Project, search: SavedSearch, wish: SearchWish, clock: Clock
) -> SavedSearch:
    if wish.display_name is not None:
        search = replace(search, display_name=_checked_name(wish.display_name))
    if wish.query is not None:
        read_query(wish.query, project, clock)
        search = replace(search, query=wish.query)
    if wish.order is not None:
        search = replace(search, order=wish.order)
    if wish.visibility is not None and wish.visibility is not search.visibility:
        if wish.visibility is SearchVisibility.SHARED:
            await access.editor(store, scope, project.id)
        search = replace(search, visibility=wish.visibility)
    return replace(search, update_time=clock.now())


def _checked_name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= MAX_NAME:
        raise InvalidArgument(
            f"The name of a saved search has 1 to {MAX_NAME} characters, not {len(name)}.",
            fields=[FieldViolation("saved_search.display_name", f"must have 1 to {MAX_NAME} characters")],
        )
    return name
