"""How the numbers and times of the images that match a query lie."""

from collections.abc import Sequence

from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain import query as queries
from loupe_project.domain.query import fields, parts, tree
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import DEFAULT_BINS, MAX_BINS, MAX_HISTOGRAM_FIELDS, Histogram
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.search_images import context_of

_MEASURED = (
    "conf", "outlier", "brightness", "contrast", "sharpness", "width", "height", "size", "at", "uploaded",
)  # fmt: skip


async def get_histograms(
    store: Store, scope: Scope, project_id: str, query: str, names: Sequence[str], bins: int, clock: Clock
) -> list[tuple[str, Histogram]]:
    """Histograms with the names of their fields, in the order of `names`, each without its own terms of the query.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        QueryInvalid: If the query cannot be read.
        InvalidArgument: If a field has no numbers or times, there are none or too many fields, or too many bins.
    """
    project = await access.viewer(store, scope, project_id)
    asked = [_field(name) for name in _checked(names)]
    width = _bins(bins)
    context, parsed = context_of(project, clock), queries.parse(query)
    queries.bind(parsed, context)
    found = []
    for field in asked:
        node = queries.bind(parts.without(parsed, field.name), context)
        found.append((field.name, await store.search.histogram(scope, project_id, node, field, width)))
    return found


def _checked(names: Sequence[str]) -> Sequence[str]:
    if 1 <= len(names) <= MAX_HISTOGRAM_FIELDS:
        return names
    raise InvalidArgument(
        f"{len(names)} histograms are asked for; name 1 to {MAX_HISTOGRAM_FIELDS} fields.",
        fields=[FieldViolation("fields", f"must be 1 to {MAX_HISTOGRAM_FIELDS}")],
        limit=str(MAX_HISTOGRAM_FIELDS),
    )


def _field(name: str) -> tree.Field:
    field = fields.find(name)
    if field is not None and (field.kind is tree.Kind.METADATA or field.name in _MEASURED):
        return field
    raise InvalidArgument(
        f"'{name}' has no histogram; there are {', '.join(_MEASURED)}, the inspection metadata and meta.<key>.",
        fields=[FieldViolation("fields", "must be a field with numbers or times")],
        field=name,
        suggestion=fields.nearest_of(name, _MEASURED),
    )


def _bins(asked: int) -> int:
    if 0 <= asked <= MAX_BINS:
        return asked or DEFAULT_BINS
    raise InvalidArgument(
        f"{asked} bins are asked for; give 1 to {MAX_BINS}, or 0 for {DEFAULT_BINS}.",
        fields=[FieldViolation("bins", f"must be 0 to {MAX_BINS}")],
    )
