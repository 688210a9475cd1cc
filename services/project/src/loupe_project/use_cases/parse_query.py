"""Reading a query for somebody who is writing it."""

from dataclasses import dataclass

from loupe_kit.clock import Clock
from loupe_project.domain import query as queries
from loupe_project.domain.query import parts, syntax
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.search_images import context_of


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """A query that was read, or what is wrong with it."""

    syntax: syntax.Syntax
    parts: tuple[parts.Part, ...]
    fault: queries.QueryInvalid | queries.QueryTooComplex | None = None


async def parse_query(store: Store, scope: Scope, project_id: str, query: str, clock: Clock) -> ReadQuery:
    """Read a query of a project.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
    """
    project = await access.viewer(store, scope, project_id)
    try:
        parsed = queries.parse(query)
        queries.bind(parsed, context_of(project, clock))
    except (queries.QueryInvalid, queries.QueryTooComplex) as fault:
        return ReadQuery(syntax.Nothing(), (), fault)
    return ReadQuery(parsed, tuple(parts.top(parsed)))
