"""How many of the images that match a query have which values."""

from collections.abc import Sequence
from dataclasses import replace

from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain import query as queries
from loupe_project.domain.project import Project
from loupe_project.domain.query import fields, formatting, parts, syntax, tree, values
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import (
    DEFAULT_FACET_VALUES,
    DEFAULT_FACETS,
    MAX_FACET_FIELDS,
    MAX_FACET_VALUES,
    Facet,
    FacetRequest,
    FacetValue,
)
from loupe_project.domain.text import fold
from loupe_project.ports.search import ImageSearch
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.search_images import context_of

COUNTABLE = frozenset({"label", "truth", "tag", "model", "is", "format", "batch", "by", "month"})
"""Fields with facets, beside metadata."""
_MAX_NAMED = 50
"""Values of the query that are counted one by one because they are not among the most frequent."""
_MAX_MONTHS = 1_000


async def get_facets(store: Store, scope: Scope, project_id: str, request: FacetRequest, clock: Clock) -> list[Facet]:
    """Facets in the order of the request, each without its own terms of the query.

    Values that the query names are always there, with the number of images that they would find.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        QueryInvalid: If the query cannot be read.
        InvalidArgument: If a field has no facet, there are too many fields, or the limit is negative.
    """
    project = await access.viewer(store, scope, project_id)
    asked = [countable(name) for name in _checked(request.fields)]
    counter = FacetCounter(store, scope, project, request.query, clock)
    limit, containing = _limit(request.value_limit), fold(request.value_filter)
    return [await counter.count(field, limit, containing) for field in asked]


class FacetCounter:
    """Counts values of fields among the images that match a query.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project: Whose images are counted.
        query: In the query language.
        clock: Says what relative times mean.
    """

    def __init__(self, store: Store, scope: Scope, project: Project, query: str, clock: Clock) -> None:
        self._search = store.search
        self._scope = scope
        self._project_id = project.id
        self._context = context_of(project, clock)
        self._query = queries.parse(query)
        queries.bind(self._query, self._context)

    async def count(self, field: tree.Field, limit: int, containing: str) -> Facet:
        """The facet of one field.

        Args:
            field: With values to count.
            limit: At most so many values, and those that the query names.
            containing: Folded text that values hold; empty for all.
        """
        node = queries.bind(parts.without(self._query, field.name), self._context)
        found = await facet_values(self._search, self._scope, self._project_id, node, field, limit + 1, containing)
        named = {_key(one.raw, field): one for one in parts.named(self._query, field.name)[:_MAX_NAMED]}
        listed = [_marked(value, named.pop(_key(value.value, field), None)) for value in found[:limit]]
        rest = [_marked(await self._value(node, field, one), one) for key, one in named.items() if containing in key]
        return Facet(field.name, (*listed, *rest), truncated=len(found) > limit)

    async def _value(self, node: queries.Node, field: tree.Field, named: parts.NamedValue) -> FacetValue:
        term = syntax.Term(formatting.field_text(field), ":", (syntax.Value(named.raw),))
        both = tree.And((node, queries.bind(term, self._context)))
        return FacetValue(named.raw, await self._search.count(self._scope, self._project_id, both))


async def facet_values(
    search: ImageSearch,
    scope: Scope,
    project_id: str,
    node: queries.Node,
    field: tree.Field,
    limit: int,
    containing: str,
) -> list[FacetValue]:
    """Values of a field among the images that match with their counts, most frequent first.

    Args:
        search: Finds images.
        scope: Of the caller.
        project_id: Whose images are counted.
        node: What they match.
        field: One that `countable` gave.
        limit: At most so many values.
        containing: Folded text that values hold; empty for all.
    """
    if field.kind is not tree.Kind.MONTH:
        return await search.facet(scope, project_id, node, field, limit, containing)
    tags = await search.facet(scope, project_id, node, fields.FIELDS["tag"], _MAX_MONTHS, fields.MONTH_TAG)
    months = [replace(one, value=one.value.removeprefix(fields.MONTH_TAG)) for one in tags if _is_month(one)]
    return [one for one in months if containing in one.value][:limit]


def countable(name: str) -> tree.Field:
    """The field of this name, if its values can be counted.

    Raises:
        InvalidArgument: If it cannot.
    """
    field = fields.find(name)
    if field is not None and is_countable(field):
        return field
    raise InvalidArgument(
        f"'{name}' has no facet; there are {', '.join(sorted(COUNTABLE))}, the inspection metadata and meta.<key>.",
        fields=[FieldViolation("fields", "must be a field with values to count")],
        field=name,
        suggestion=fields.nearest(name),
    )


def is_countable(field: tree.Field) -> bool:
    """Whether a field has values to count."""
    return field.kind is tree.Kind.METADATA or field.name in COUNTABLE


def _checked(names: Sequence[str]) -> Sequence[str]:
    if len(names) > MAX_FACET_FIELDS:
        raise InvalidArgument(
            f"{len(names)} facets are asked for, {MAX_FACET_FIELDS} are allowed; ask for the others in another call.",
            fields=[FieldViolation("fields", f"at most {MAX_FACET_FIELDS}")],
            limit=str(MAX_FACET_FIELDS),
        )
    return names or DEFAULT_FACETS


def _is_month(tag: FacetValue) -> bool:
    return tag.value.startswith(fields.MONTH_TAG)


def _key(raw: str, field: tree.Field) -> str:
    """By what values that are the same in a query are known."""
    text = fold(values.plain(raw))
    if field.kind is tree.Kind.STATE and text in fields.STATES:
        return fields.STATES[text].value
    return text.removeprefix("models/") if field.kind is tree.Kind.MODEL else text


def _marked(value: FacetValue, named: parts.NamedValue | None) -> FacetValue:
    return value if named is None else replace(value, is_in_query=True, is_excluded=named.is_excluded)


def _limit(asked: int) -> int:
    if asked < 0:
        raise InvalidArgument(
            f"value_limit is {asked}; give 0 for {DEFAULT_FACET_VALUES}, or a number up to {MAX_FACET_VALUES}.",
            fields=[FieldViolation("value_limit", "must not be negative")],
        )
    return min(asked or DEFAULT_FACET_VALUES, MAX_FACET_VALUES)
