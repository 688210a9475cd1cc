"""A page of the images that match a query, and how many match."""

from zoneinfo import ZoneInfo

from loupe_kit import paging
from loupe_kit.clock import Clock
from loupe_kit.errors import InvalidArgument
from loupe_project.domain import query as queries
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import Found, PageRequest
from loupe_project.ports.store import Store
from loupe_project.use_cases import access


def context_of(project: Project, clock: Clock) -> queries.Context:
    """What queries mean that are asked now, in the project's time zone."""
    return queries.Context(now=clock.now(), zone=ZoneInfo(project.time_zone))


def read_query(text: str, project: Project, clock: Clock) -> queries.Node:
    """The typed tree of a query that is asked now, in the project's time zone."""
    return queries.read(text, context_of(project, clock))


async def search_images(store: Store, scope: Scope, project_id: str, request: PageRequest, clock: Clock) -> Found:
    """Find images.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        QueryInvalid: If the query cannot be read.
        PageTokenInvalid: If the token is of another query or order.
        InvalidArgument: If a negative number shall be skipped.
    """
    if request.skip < 0:
        raise InvalidArgument(f"skip is {request.skip}; give 0 or more.", skip=str(request.skip))
    project = await access.viewer(store, scope, project_id)
    node = read_query(request.query, project, clock)
    key = paging.filter_hash("search", project_id, request.query, request.order.value)
    limit = paging.clamp_page_size(request.page_size)
    after = paging.decode_token(request.page_token, key)
    page = await store.search.page(
        scope, project_id, node, order=request.order, after=after, limit=limit, skip=request.skip
    )
    total = len(page.ids)
    if page.sort_key or after or request.skip:
        total = await store.search.count(scope, project_id, node)
    return Found(
        images=tuple(await store.images.details(scope, project_id, page.ids, request.facts)),
        project=project,
        next_page_token=paging.encode_token(page.sort_key, key) if page.sort_key else "",
        total=total,
    )
