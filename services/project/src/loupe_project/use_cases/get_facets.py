"""How many of the images that match a query have which values."""

from collections.abc import Sequence

from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.query import facets, fields, tree
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import DEFAULT_FACET_VALUES, DEFAULT_FACETS, MAX_FACET_FIELDS, MAX_FACET_VALUES, Facet
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.search_images import read_query

_COUNTABLE = frozenset({"label", "truth", "tag", "model", "is", "format", "batch", "by"})


async def get_facets(
    store: Store, scope: Scope, project_id: str, query: str, names: Sequence[str], value_limit: int, clock: Clock
) -> list[Facet]:
    """Facets in the order of `names`, each without its own terms of the query.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        QueryInvalid: If the query cannot be read.
        InvalidArgument: If a field has no facet, there are too many fields, or the limit is negative.
    """
    project = await access.viewer(store, scope, project_id)
    asked = [_field(name) for name in _checked(names)]
    limit = _limit(value_limit)
    node = read_query(query, project, clock)
    found = []
    for field in asked:
        values = await store.search.facet(scope, project_id, facets.without(node, field), field, limit + 1)
        found.append(Facet(field.name, tuple(values[:limit]), truncated=len(values) > limit))
    return found


def _checked(names: Sequence[str]) -> Sequence[str]:
    if len(names) > MAX_FACET_FIELDS:
        raise InvalidArgument(
            f"{len(names)} facets are asked for, {MAX_FACET_FIELDS} are allowed; ask for the others in another call.",
            fields=[FieldViolation("fields", f"at most {MAX_FACET_FIELDS}")],
            limit=str(MAX_FACET_FIELDS),
        )
    return names or DEFAULT_FACETS


def _field(name: str) -> tree.Field:
    field = fields.find(name)
    if field is not None and (field.kind is tree.Kind.METADATA or field.name in _COUNTABLE):
        return field
    near = fields.nearest(name)
    raise InvalidArgument(
        f"'{name}' has no facet; there are {', '.join(sorted(_COUNTABLE))}, the inspection metadata and meta.<key>.",
        fields=[FieldViolation("fields", "must be a field with values to count")],
        field=name,
        suggestion=near,
    )


def _limit(asked: int) -> int:
    if asked < 0:
        raise InvalidArgument(
            f"value_limit is {asked}; give 0 for {DEFAULT_FACET_VALUES}, or a number up to {MAX_FACET_VALUES}.",
            fields=[FieldViolation("value_limit", "must not be negative")],
        )
    return min(asked or DEFAULT_FACET_VALUES, MAX_FACET_VALUES)
