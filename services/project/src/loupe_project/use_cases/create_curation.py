"""Asking for a selection or a search: what can be known beforehand is checked before any work is promised."""

from datetime import datetime

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.analysis import MAX_NAME_CHARS
from loupe_project.domain.curation import (
    MAX_COUNT,
    CurationRun,
    NewRun,
    NewSelection,
    RunKind,
    Selection,
    default_name,
)
from loupe_project.domain.errors import CountOutOfRange
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.query import fields, tree
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.create_analysis import feature_source
from loupe_project.use_cases.curation_work import count_usable
from loupe_project.use_cases.select_images import select_images, settled

BALANCE_FIELDS = ("batch", "label", "truth")
BALANCE_BY_TAG = "tag"
_MAX_SEED = (1 << 63) - 1


async def create_selection(store: Store, scope: Scope, project_id: str, new: NewSelection, now: datetime) -> Operation:
    """Write the selection and the operation that makes it.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        InvalidArgument: If a parameter is out of its range, or the feature source is none.
        ImageNotFound: If one of the ids is not an image of the project.
        TooFewImages: If fewer than ten images are selected.
        FeaturesMissing: If fewer than ten of them have features of the source.
        CountOutOfRange: If more are to be picked than have features.
    """
    project = await access.viewer(store, scope, project_id, Right.ANALYSE)
    _check(new)
    source = await feature_source(store, project, new.feature_source, "selection.feature_source")
    images = await settled(store, scope, project, new.images)
    image_ids = await select_images(store, scope, project, images)
    usable = await count_usable(store, project.id, source, image_ids)
    if new.count > usable:
        raise CountOutOfRange(
            f"{new.count:,} images cannot be picked from {usable:,} with features; ask for {usable:,} at most.",
            count=str(new.count),
            maximum=str(usable),
        )
    selection_id, operation_id = ids.new_id(), ids.new_id()
    selection = Selection(
        id=selection_id,
        project_id=project_id,
        display_name=new.display_name.strip() or default_name(new.strategy, new.count),
        images=images,
        count=new.count,
        strategy=new.strategy,
        source=source,
        seed=new.seed,
        balance_by=new.balance_by,
        creator=scope.principal,
        operation_id=operation_id,
        create_time=now,
        update_time=now,
    )
    operation = _operation(selection, OperationKind.CREATE_SELECTION, scope, now)
    await store.curation.add_selection(selection)
    await store.operations.add(operation)
    return operation


async def create_run(store: Store, scope: Scope, project_id: str, new: NewRun, now: datetime) -> Operation:
    """Write the run and the operation that does it.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look: what is found holds for all.
        InvalidArgument: If a parameter is out of its range, or the feature source is none.
        ImageNotFound: If one of the ids is not an image of the project.
        TooFewImages: If fewer than ten images are selected, or are in the reference.
        FeaturesMissing: If fewer than ten of them have features of the source.
    """
    project = await access.editor(store, scope, project_id, Right.ANALYSE)
    _check_seed(new.seed, "curation_run.seed")
    if new.reference is not None and new.kind is not RunKind.OUTLIERS:
        raise _invalid(
            "curation_run.reference", "belongs to KIND_OUTLIERS", "Duplicates need no reference; leave it out."
        )
    source = await feature_source(store, project, new.feature_source, "curation_run.feature_source")
    images = await settled(store, scope, project, new.images)
    reference = None if new.reference is None else await settled(store, scope, project, new.reference)
    for some in (images, reference):
        if some is not None:
            await count_usable(store, project.id, source, await select_images(store, scope, project, some))
    run_id, operation_id = ids.new_id(), ids.new_id()
    run = CurationRun(
        id=run_id,
        project_id=project_id,
        kind=new.kind,
        images=images,
        reference=reference,
        source=source,
        seed=new.seed,
        creator=scope.principal,
        operation_id=operation_id,
        create_time=now,
        update_time=now,
    )
    operation = _operation(run, OperationKind.CREATE_CURATION_RUN, scope, now)
    await store.curation.add_run(run)
    await store.operations.add(operation)
    return operation


def balance_field(name: str) -> tree.Field | None:
    """The field to balance by; None for tags, which are no single value.

    Raises:
        InvalidArgument: If it has not one value an image.
    """
    if name == BALANCE_BY_TAG:
        return None
    field = fields.find(name)
    if field is not None and (field.kind is tree.Kind.METADATA or field.name in BALANCE_FIELDS):
        return field
    raise _invalid(
        "selection.balance_by",
        "must be a field with one value an image, or tag",
        f"Picks cannot be balanced by {name[:100]!r}; take line, camera or another inspection metadata, meta.<key>, "
        f"{', '.join(BALANCE_FIELDS)} or tag.",
    )


def _operation(made: Selection | CurationRun, kind: OperationKind, scope: Scope, now: datetime) -> Operation:
    return Operation.asked(
        made.operation_id,
        kind,
        project_id=made.project_id,
        target=made.name,
        request=made.id.encode(),
        scope=scope,
        now=now,
    )


def _check(new: NewSelection) -> None:
    if len(new.display_name.strip()) > MAX_NAME_CHARS:
        raise _invalid(
            "selection.display_name",
            f"must have at most {MAX_NAME_CHARS} characters",
            f"The name has {len(new.display_name.strip())} characters, {MAX_NAME_CHARS} are allowed.",
        )
    if not 1 <= new.count <= MAX_COUNT:
        raise _invalid(
            "selection.count",
            f"must lie in 1 to {MAX_COUNT}",
            f"{new.count} images cannot be picked; ask for 1 to {MAX_COUNT:,}.",
        )
    _check_seed(new.seed, "selection.seed")
    if new.balance_by:
        balance_field(new.balance_by)


def _check_seed(seed: int, field: str) -> None:
    if not 0 <= seed <= _MAX_SEED:
        raise _invalid(field, "must be 0 or more", f"The seed is {seed}; give 0 or more.")


def _invalid(field: str, rule: str, message: str) -> InvalidArgument:
    return InvalidArgument(message, fields=[FieldViolation(field, rule)])
