"""Pages of what is listed newest first, by ids, which begin with the time at which they were made."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol, TypeVar

from loupe_kit import paging
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store, StoreFactory


class Listed(Protocol):
    """An analysis, a selection, a split and the like."""

    @property
    def id(self) -> str:
        """A UUIDv7."""
        ...


T = TypeVar("T", bound=Listed)
_PAGE = 100


class NewestFirst(Protocol[T]):
    """How repositories list."""

    async def __call__(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[T]:
        """The newest first, older than the one with the id `before` unless it is empty."""
        ...


async def read_page(
    read: NewestFirst[T], scope: Scope, project_id: str, name: str, page_size: int, page_token: str
) -> tuple[list[T], str]:
    """A page, and the token of the next one.

    Args:
        read: Lists.
        scope: Of the caller.
        project_id: Whose things are listed.
        name: Of the list; a token holds for one list.
        page_size: As the caller gave it.
        page_token: As the caller gave it.

    Raises:
        InvalidArgument: If the page size is negative.
        PageTokenInvalid: If the token is not one of this list.
    """
    limit = paging.clamp_page_size(page_size)
    key = paging.filter_hash(name, project_id, scope.principal)
    before = "".join(str(part) for part in paging.decode_token(page_token, key))
    found = await read(scope, project_id, before=before, limit=limit + 1)
    token = paging.encode_token((found[limit - 1].id,), key) if len(found) > limit else ""
    return found[:limit], token


async def read_all(stores: StoreFactory, lists: Callable[[Store], NewestFirst[T]], project_id: str) -> AsyncIterator[T]:
    """Gives all of a project, for Loupe's own work; between pages no transaction is open.

    Args:
        stores: Makes transactions.
        lists: What lists them in one.
        project_id: Whose.
    """
    before = ""
    while True:
        async with stores(read_only=True) as store:
            page = await lists(store)(Scope.of_loupe(), project_id, before=before, limit=_PAGE)
        for one in page:
            yield one
        if len(page) < _PAGE:
            return
        before = page[-1].id
