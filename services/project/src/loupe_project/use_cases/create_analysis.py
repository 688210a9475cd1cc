"""Asking for a map: everything that can be known beforehand is checked before any work is promised."""

from datetime import datetime

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.analysis import (
    MAX_NAME_CHARS,
    MAX_NEIGHBORS,
    MAX_PERPLEXITY,
    MIN_IMAGES,
    MIN_NEIGHBORS,
    MIN_PERPLEXITY,
    UPLOADED,
    Analysis,
    Method,
    NewAnalysis,
    default_name,
    source_name,
)
from loupe_project.domain.errors import FeaturesMissing, TooFewImages
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.selection import Selection
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.select_images import select_images, settled


async def create_analysis(store: Store, scope: Scope, project_id: str, new: NewAnalysis, now: datetime) -> Operation:
    """Write the analysis and the operation that makes it.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        InvalidArgument: If a parameter is out of its range, or the feature source is none.
        ImageNotFound: If one of the ids is not an image of the project.
        TooFewImages: If fewer than ten images are selected.
        FeaturesMissing: If fewer than ten of them have features of the source.
    """
    project = await access.viewer(store, scope, project_id, Right.ANALYSE)
    _check(new)
    source = await feature_source(store, project, new.feature_source, "analysis.feature_source")
    selection = await settled(store, scope, project, new.selection)
    count = await _count_with_features(store, scope, project, selection, source)
    analysis_id, operation_id = ids.new_id(), ids.new_id()
    analysis = Analysis(
        id=analysis_id,
        project_id=project_id,
        display_name=new.display_name.strip() or default_name(new.recipe, count),
        recipe=new.recipe,
        source=source,
        visibility=new.visibility,
        selection=selection,
        creator=scope.principal,
        operation_id=operation_id,
        create_time=now,
        update_time=now,
        keeper=scope if new.kept_current else None,
    )
    operation = Operation.asked(
        operation_id,
        OperationKind.CREATE_ANALYSIS,
        project_id=project_id,
        target=analysis.name,
        request=analysis_id.encode(),
        scope=scope,
        now=now,
    )
    await store.analyses.add(analysis)
    await store.operations.add(operation)
    return operation


async def _count_with_features(
    store: Store, scope: Scope, project: Project, selection: Selection, source: FeatureSource
) -> int:
    image_ids = await select_images(store, scope, project, selection)
    if len(image_ids) < MIN_IMAGES:
        raise TooFewImages(
            f"{len(image_ids)} images are selected; a map needs at least {MIN_IMAGES}.",
            count=str(len(image_ids)),
            minimum=str(MIN_IMAGES),
        )
    count = await store.analyses.count_features(project.id, source, image_ids)
    if count < MIN_IMAGES:
        raise FeaturesMissing(
            f"{count} of the {len(image_ids)} images have features of {source_name(source)}, a map needs {MIN_IMAGES}; "
            "wait until they are analysed, or choose another feature source.",
            feature_source=source_name(source),
            count=str(count),
        )
    return count


async def feature_source(store: Store, project: Project, written: str, field: str) -> FeatureSource:
    """The source that a name stands for; of a model the version that most images have features of.

    Args:
        store: Open transaction.
        project: Whose model is the default.
        written: `models/…` or `featureSets/…`; empty: the project's model.
        field: Path of the field in the request.

    Raises:
        InvalidArgument: If it is neither.
    """
    kind, _, name = (written or f"models/{project.model}").partition("/")
    if kind == "featureSets" and name and "/" not in name:
        return FeatureSource(UPLOADED, name)
    if kind != "models" or not name or "/" in name:
        raise InvalidArgument(
            f"{written[:100]!r} is no feature source; write models/<model> or featureSets/<name>.",
            fields=[FieldViolation(field, "must be models/<model> or featureSets/<name>")],
        )
    versions = await store.analyses.feature_versions(project.id, name)
    if name == project.model and project.model_version in versions:
        return FeatureSource(name, project.model_version)
    return FeatureSource(name, versions[0] if versions else project.model_version)


def _check(new: NewAnalysis) -> None:
    recipe = new.recipe
    checked_name(new.display_name)
    _in_range("dimensions", recipe.dimensions, 2, 3)
    # Zero leaves the number of PaCMAP's partners to the number of images.
    by_count = recipe.method is Method.PACMAP and recipe.neighbors == 0
    _in_range("neighbors", MIN_NEIGHBORS if by_count else recipe.neighbors, MIN_NEIGHBORS, MAX_NEIGHBORS)
    _in_range("perplexity", recipe.perplexity, MIN_PERPLEXITY, MAX_PERPLEXITY)
    _in_range("seed", recipe.seed, 0, (1 << 63) - 1)


def checked_name(text: str) -> str:
    """A display name without blanks around it.

    Raises:
        InvalidArgument: If it is longer than 100 characters.
    """
    name = text.strip()
    if len(name) > MAX_NAME_CHARS:
        raise InvalidArgument(
            f"The name has {len(name)} characters, {MAX_NAME_CHARS} are allowed.",
            fields=[FieldViolation("analysis.display_name", f"must have at most {MAX_NAME_CHARS} characters")],
        )
    return name


def _in_range(field: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise InvalidArgument(
            f"{field} is {value:g}; it must lie in {low:g} to {high:g}.",
            fields=[FieldViolation(f"analysis.{field}", f"must lie in {low:g} to {high:g}")],
        )
