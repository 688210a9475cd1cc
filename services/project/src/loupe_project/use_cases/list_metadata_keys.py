"""Metadata keys of a project, page by page."""

from dataclasses import dataclass

from loupe_kit import paging
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import MetadataKey
from loupe_project.domain.text import fold
from loupe_project.ports.store import Store
from loupe_project.use_cases import access

MAX_LISTED = 10_000
"""Keys that are listed at all; of more than that, those of most images."""


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Some keys."""

    keys: list[MetadataKey]
    next_page_token: str
    """Empty on the last page."""


async def list_metadata_keys(
    store: Store, scope: Scope, project_id: str, prefix: str, page_size: int, page_token: str
) -> KeyPage:
    """A page of keys in the order of their folded text.

    Args:
        store: Open transaction.
        scope: Of the caller; only images that exist for him count.
        project_id: Whose keys.
        prefix: Only keys that begin with it, upper and lower case alike; empty: all.
        page_size: 0 for 50, at most 1,000.
        page_token: Of the page before; empty for the first.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        PageTokenInvalid: If the token is of another list.
    """
    await access.viewer(store, scope, project_id)
    size = paging.clamp_page_size(page_size)
    token_key = paging.filter_hash("metadataKeys", project_id, fold(prefix))
    last = paging.decode_token(page_token, token_key)
    found = await store.search.keys(scope, project_id, fold(prefix), MAX_LISTED)
    keys = sorted((one for one in found if not last or one.key > str(last[0])), key=lambda one: one.key)
    if len(keys) <= size:
        return KeyPage(keys, "")
    return KeyPage(keys[:size], paging.encode_token((keys[size - 1].key,), token_key))
