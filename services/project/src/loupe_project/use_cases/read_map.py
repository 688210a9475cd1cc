"""What a finished map shows a caller: its points, and the values that colour them."""

from collections import Counter

import numpy as np

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_kit.objects import ObjectStore
from loupe_project.domain.analysis import MAX_VALUES, NO_VALUE, Analysis, PointValues
from loupe_project.domain.coordinates import Coordinates
from loupe_project.domain.query import fields, tree
from loupe_project.domain.scope import Scope
from loupe_project.ports.analyses import PointValue
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.analyses import get_finished

_AGREEMENT = tree.Field("agreement", tree.Kind.TEXT)
"""Whether prediction and ground truth are the same class; no field of queries, which have `is` for that."""
_TEXT_FIELDS = frozenset({"label", "truth", "agreement", "is", "tag", "format", "batch", "by", "model"})
_NUMBER_FIELDS = frozenset({"conf", "outlier", "width", "height", "size"})
_MATCH = "match"
_IDS_AT_ONCE = 5_000


async def read_coordinates(
    uow_factory: StoreFactory, objects: ObjectStore, scope: Scope, project_id: str, analysis_id: str
) -> Coordinates:
    """The points of a map; those of images that the caller may no longer see are blanked.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        AnalysisNotFound: If the analysis does not.
        AnalysisNotReady: If it is not finished.
    """
    async with uow_factory(read_only=True) as store:
        analysis = await get_finished(store, scope, project_id, analysis_id)
    coordinates = Coordinates.decode(await objects.read(analysis.object_key))
    async with uow_factory(read_only=True) as store:
        return await _without_hidden(store, scope, analysis, coordinates)


async def _without_hidden(store: Store, scope: Scope, analysis: Analysis, coordinates: Coordinates) -> Coordinates:
    image_ids = ids.unpack_ids(coordinates.ids.tobytes())
    seen: set[str] = set()
    for start in range(0, len(image_ids), _IDS_AT_ONCE):
        part = image_ids[start : start + _IDS_AT_ONCE]
        seen |= await store.images.existing(scope, analysis.project_id, part)
    return coordinates.hide(np.array([one not in seen for one in image_ids], dtype=np.bool_))


async def point_values(
    uow_factory: StoreFactory, objects: ObjectStore, scope: Scope, project_id: str, analysis_id: str, field_name: str
) -> PointValues:
    """The value of one field for each point of a map, in the order of the coordinates.

    Raises:
        InvalidArgument: If points cannot be coloured by the field.
        ProjectNotFound: If the project does not exist for the caller.
        AnalysisNotFound: If the analysis does not.
        AnalysisNotReady: If it is not finished.
    """
    field = _field(field_name)
    async with uow_factory(read_only=True) as store:
        analysis = await get_finished(store, scope, project_id, analysis_id)
    coordinates = Coordinates.decode(await objects.read(analysis.object_key))
    image_ids = ids.unpack_ids(coordinates.ids.tobytes())
    async with uow_factory(read_only=True) as store:
        found = await store.analyses.point_values(scope, project_id, field, image_ids)
    return _pack(field, [found.get(one) for one in image_ids])


async def point_matches(
    uow_factory: StoreFactory, objects: ObjectStore, scope: Scope, project_id: str, analysis_id: str, query: str
) -> PointValues:
    """Which points of a map a query finds: those have the one value `match`.

    Raises:
        QueryInvalid: If the query cannot be read.
        ProjectNotFound: If the project does not exist for the caller.
        AnalysisNotFound: If the analysis does not.
        AnalysisNotReady: If it is not finished.
    """
    async with uow_factory(read_only=True) as store:
        analysis = await get_finished(store, scope, project_id, analysis_id)
        project = await access.viewer(store, scope, project_id)
        matching = set(await store.search.ids(scope, project, query))
    coordinates = Coordinates.decode(await objects.read(analysis.object_key))
    found = [one in matching for one in ids.unpack_ids(coordinates.ids.tobytes())]
    return PointValues("", values=(_MATCH,), codes=np.where(found, 0, NO_VALUE).astype("<u4").tobytes())


def _field(name: str) -> tree.Field:
    field = _AGREEMENT if name == _AGREEMENT.name else fields.find(name)
    if field is not None and (field.kind is tree.Kind.METADATA or field.name in _TEXT_FIELDS | _NUMBER_FIELDS):
        return field
    raise InvalidArgument(
        f"Points cannot be coloured by '{name}'; there are {', '.join(sorted(_TEXT_FIELDS | _NUMBER_FIELDS))}, "
        "the inspection metadata and meta.<key>.",
        fields=[FieldViolation("field", "must be a field with one value an image")],
        field=name,
        suggestion=fields.nearest(name),
    )


def _pack(field: tree.Field, values: list[PointValue]) -> PointValues:
    given = [value for value in values if value is not None]
    are_numbers = bool(given) and all(isinstance(value, float) for value in given)
    if field.name in _NUMBER_FIELDS or are_numbers:
        numbers = np.array([value if isinstance(value, float) else np.nan for value in values], dtype="<f4")
        return PointValues(field.name, numbers=numbers.tobytes())
    texts = [None if value is None else _text(value) for value in values]
    common = [text for text, _ in Counter(text for text in texts if text is not None).most_common(MAX_VALUES)]
    code = {text: number for number, text in enumerate(common)}
    codes = np.array([NO_VALUE if text is None else code.get(text, NO_VALUE) for text in texts], dtype="<u4")
    return PointValues(field.name, values=tuple(common), codes=codes.tobytes())


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"
