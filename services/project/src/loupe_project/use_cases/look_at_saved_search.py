"""What a saved search finds for somebody, and what of it is new to him."""

from datetime import datetime

from loupe_kit.clock import Clock
from loupe_project.domain import query as queries
from loupe_project.domain.project import Project
from loupe_project.domain.query import formatting, literals, syntax, tree
from loupe_project.domain.query.fields import FIELDS
from loupe_project.domain.saved_search import SavedSearch, SearchNumbers
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases.saved_searches import get_saved_search
from loupe_project.use_cases.search_images import context_of


async def numbers_of(store: Store, scope: Scope, project: Project, search: SavedSearch, clock: Clock) -> SearchNumbers:
    """What a saved search finds for the caller now.

    Raises:
        QueryInvalid: If its query can no longer be read.
    """
    context, parsed = context_of(project, clock), queries.parse(search.query)
    matches = await store.search.count(scope, project.id, queries.bind(parsed, context))
    if search.look_time is None:
        return SearchNumbers(matches, matches, search.query)
    both = _since(parsed, search.look_time)
    new = await store.search.count(scope, project.id, queries.bind(both, context)) if matches else 0
    return SearchNumbers(matches, new, formatting.text_of(both))


async def open_saved_search(
    store: Store, scope: Scope, project_id: str, search_id: str, clock: Clock
) -> tuple[SavedSearch, SearchNumbers]:
    """A saved search with its numbers; from now on the caller has seen what it finds.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        SavedSearchNotFound: If the saved search does not.
        QueryInvalid: If its query can no longer be read.
    """
    now = clock.now()
    project, search = await get_saved_search(store, scope, project_id, search_id)
    numbers = await numbers_of(store, scope, project, search, clock)
    await store.saved_searches.looked(search_id, scope.principal, now)
    return search, numbers


def _since(query: syntax.Syntax, look_time: datetime) -> syntax.Syntax:
    """The query for what changed after the last look; an upload is a change too."""
    moment = literals.write(literals.MomentValue(look_time), FIELDS[tree.CHANGED].kind)
    term = syntax.Term(tree.CHANGED, ">", (syntax.Value(str(moment)),))
    if isinstance(query, syntax.Nothing):
        return term
    children = query.children if isinstance(query, syntax.AllOf) else (query,)
    return syntax.AllOf((*children, term))
