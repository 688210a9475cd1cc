"""What a finished map shows a caller: its points, and the values that colour them."""

from collections import Counter

import numpy as np

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_kit.objects import ObjectNotFound, ObjectStore
from loupe_project.domain import keys
from loupe_project.domain.analysis import MAX_VALUES, NO_VALUE, Analysis, AnalysisState, PointValues
from loupe_project.domain.coordinates import Coordinates
from loupe_project.domain.errors import AnalysisNotReady
from loupe_project.domain.query import fields, tree
from loupe_project.domain.scope import Scope
from loupe_project.ports.analyses import PointValue
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.analyses import check_finished, get_analysis
from loupe_project.use_cases.map_points import read_points

_AGREEMENT = tree.Field("agreement", tree.Kind.TEXT)
"""Whether prediction and ground truth are the same class; no field of queries, which have `is` for that."""
_PLACED = tree.Field("placed", tree.Kind.TEXT)
"""Whether a point was placed after the map was made; no field of queries, for it is of one map."""
_LATER = "later"
_TEXT_FIELDS = frozenset({"label", "truth", "agreement", "placed", "is", "tag", "format", "batch", "by", "model"})
_NUMBER_FIELDS = frozenset({"conf", "outlier", "brightness", "contrast", "sharpness", "width", "height", "size"})
_MATCH = "match"


async def read_coordinates(
    uow_factory: StoreFactory,
    objects: ObjectStore,
    scope: Scope,
    project_id: str,
    analysis_id: str,
    *,
    early: bool = False,
) -> Coordinates:
    """The points of a map; those of images that the caller may no longer see are blanked.

    Args:
        uow_factory: Makes transactions.
        objects: Where coordinates are.
        scope: Of the caller.
        project_id: Project of the map.
        analysis_id: The map.
        early: Of a map that is being made, the points of its newest early picture.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        AnalysisNotFound: If the analysis does not.
        AnalysisNotReady: If it is not finished.
    """
    analysis, coordinates = await _points(uow_factory, objects, scope, project_id, analysis_id, early)
    async with uow_factory(read_only=True) as store:
        return await _without_hidden(store, scope, analysis, coordinates)


async def _points(
    uow_factory: StoreFactory, objects: ObjectStore, scope: Scope, project_id: str, analysis_id: str, early: bool
) -> tuple[Analysis, Coordinates]:
    async with uow_factory(read_only=True) as store:
        analysis = await get_analysis(store, scope, project_id, analysis_id)
    if early and analysis.state is AnalysisState.RUNNING:
        try:
            return analysis, Coordinates.decode(await objects.read(keys.early_picture(project_id, analysis_id)))
        except ObjectNotFound as error:
            raise AnalysisNotReady(
                "There is no early picture of this map yet; ask again in a second or two.", state=analysis.state.value
            ) from error
    check_finished(analysis)
    return analysis, await read_points(uow_factory, objects, analysis)


async def _without_hidden(store: Store, scope: Scope, analysis: Analysis, coordinates: Coordinates) -> Coordinates:
    image_ids = ids.unpack_ids(coordinates.ids.tobytes())
    seen = await store.images.existing(scope, analysis.project_id, image_ids)
    return coordinates.hide(np.array([one not in seen for one in image_ids], dtype=np.bool_))


async def point_values(
    uow_factory: StoreFactory,
    objects: ObjectStore,
    scope: Scope,
    project_id: str,
    analysis_id: str,
    field_name: str,
    *,
    early: bool = False,
) -> PointValues:
    """The value of one field for each point of a map, in the order of the coordinates; see `read_coordinates`.

    Raises:
        InvalidArgument: If points cannot be coloured by the field.
        ProjectNotFound: If the project does not exist for the caller.
        AnalysisNotFound: If the analysis does not.
        AnalysisNotReady: If it is not finished.
    """
    field = _field(field_name)
    _, coordinates = await _points(uow_factory, objects, scope, project_id, analysis_id, early)
    if field is _PLACED:
        return _when_placed(coordinates)
    image_ids = ids.unpack_ids(coordinates.ids.tobytes())
    async with uow_factory(read_only=True) as store:
        found = await store.analyses.point_values(scope, project_id, field, image_ids)
    return _pack(field, [found.get(one) for one in image_ids])


def _when_placed(coordinates: Coordinates) -> PointValues:
    codes = np.full(len(coordinates), NO_VALUE, "<u4")
    codes[len(coordinates) - coordinates.placed_count :] = 0
    return PointValues(_PLACED.name, values=(_LATER,), codes=codes.tobytes())


async def point_matches(
    uow_factory: StoreFactory,
    objects: ObjectStore,
    scope: Scope,
    project_id: str,
    analysis_id: str,
    query: str,
    *,
    early: bool = False,
) -> PointValues:
    """Which points of a map a query finds: those have the one value `match`; see `read_coordinates`.

    Raises:
        QueryInvalid: If the query cannot be read.
        ProjectNotFound: If the project does not exist for the caller.
        AnalysisNotFound: If the analysis does not.
        AnalysisNotReady: If it is not finished.
    """
    _, coordinates = await _points(uow_factory, objects, scope, project_id, analysis_id, early)
    async with uow_factory(read_only=True) as store:
        project = await access.viewer(store, scope, project_id)
        matching = set(await store.search.ids(scope, project, query))
    found = [one in matching for one in ids.unpack_ids(coordinates.ids.tobytes())]
    return PointValues("", values=(_MATCH,), codes=np.where(found, 0, NO_VALUE).astype("<u4").tobytes())


def _field(name: str) -> tree.Field:
    field = next((own for own in (_AGREEMENT, _PLACED) if own.name == name), None) or fields.find(name)
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
