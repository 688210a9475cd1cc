"""Asking for a split: what can be known beforehand is checked before any work is promised."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from math import isclose, isfinite

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.analysis import MAX_NAME_CHARS
from loupe_project.domain.curation import MIN_IMAGES
from loupe_project.domain.errors import TooFewImages
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.project import Project
from loupe_project.domain.query import fields, tree
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.split import NewSplit, Part, Split, SplitFacts, default_name
from loupe_project.ports.store import Store
from loupe_project.use_cases import access, curation
from loupe_project.use_cases.create_curation import BALANCE_BY_TAG, BALANCE_FIELDS
from loupe_project.use_cases.search_for_split import search_needed
from loupe_project.use_cases.select_images import select_images, settled

_MAX_SEED = (1 << 63) - 1


async def create_split(store: Store, scope: Scope, project_id: str, new: NewSplit, now: datetime) -> Operation:
    """Write the split, the search for duplicates that it needs first, if any, and the operation that does both.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        InvalidArgument: If a parameter is out of its range, or the fractions do not make 1.
        ImageNotFound: If one of the ids is not an image of the project.
        SelectionNotFound: If the selection does not exist for the caller.
        SelectionNotReady: If it has no picks.
        TooFewImages: If there are fewer than ten images.
        DuplicatesUnknown: If nobody has searched for duplicates, and the caller is no editor.
        FeaturesMissing: If there is nothing yet to search for duplicates by.
    """
    project = await access.viewer(store, scope, project_id, Right.ANALYSE)
    _check(new)
    images = None if new.images is None else await settled(store, scope, project, new.images)
    split_id, operation_id = ids.new_id(), ids.new_id()
    split = Split(
        id=split_id,
        project_id=project_id,
        display_name=new.display_name.strip() or default_name(new.fractions),
        images=images,
        selection_id=new.selection_id,
        fractions=new.fractions,
        stratify_by=new.stratify_by,
        group_by=new.group_by,
        seed=new.seed,
        creator=scope.principal,
        operation_id=operation_id,
        create_time=now,
        update_time=now,
    )
    image_ids = await images_of(store, scope, project, split)
    search = await search_needed(store, scope, project, image_ids, operation_id, now)
    if search is not None:
        await store.curation.add_run(search)
        split = replace(split, facts=SplitFacts(duplicate_run_id=search.id))
    operation = Operation.asked(
        operation_id,
        OperationKind.CREATE_SPLIT,
        project_id=project_id,
        target=split.name,
        request=split_id.encode(),
        scope=scope,
        now=now,
    )
    await store.splits.add(split)
    await store.operations.add(operation)
    return operation


async def images_of(store: Store, scope: Scope, project: Project, split: Split) -> list[str]:
    """Ids of the images that a split shares out.

    Raises:
        ImageNotFound: If one of the ids is not an image of the project.
        SelectionNotFound: If the selection does not exist for the caller.
        SelectionNotReady: If it has no picks.
        TooFewImages: If there are fewer than ten.
    """
    if split.images is not None:
        found = await select_images(store, scope, project, split.images)
    else:
        selection = await curation.get_finished_selection(store, scope, project.id, split.selection_id)
        found = await store.curation.pick_ids(scope, selection)
    if len(found) < MIN_IMAGES:
        raise TooFewImages(
            f"{len(found)} images are too few to share out; take {MIN_IMAGES} or more.",
            count=str(len(found)),
            minimum=str(MIN_IMAGES),
        )
    return found


def value_field(name: str, path: str) -> tree.Field:
    """The field of this name, of which an image has one value.

    Raises:
        InvalidArgument: If there is none.
    """
    field = fields.find(name)
    if field is not None and (field.kind is tree.Kind.METADATA or field.name in BALANCE_FIELDS):
        return field
    raise _invalid(
        path,
        "must be a field with one value an image",
        f"Images cannot be told apart by {name[:100]!r}; take line, camera, lot or another inspection metadata, "
        f"meta.<key>, or {', '.join(BALANCE_FIELDS)}.",
    )


def _check(new: NewSplit) -> None:
    if len(new.display_name.strip()) > MAX_NAME_CHARS:
        raise _invalid(
            "split.display_name",
            f"must have at most {MAX_NAME_CHARS} characters",
            f"The name has {len(new.display_name.strip())} characters, {MAX_NAME_CHARS} are allowed.",
        )
    if not 0 <= new.seed <= _MAX_SEED:
        raise _invalid("split.seed", "must be 0 or more", f"The seed is {new.seed}; give 0 or more.")
    _check_fractions(new.fractions)
    if new.stratify_by:
        value_field(new.stratify_by, "split.stratify_by")
    if new.group_by and new.group_by != BALANCE_BY_TAG:
        value_field(new.group_by, "split.group_by")


def _check_fractions(fractions: Mapping[Part, float]) -> None:
    for part, share in fractions.items():
        if not (isfinite(share) and 0 <= share < 1):
            raise _invalid(
                f"split.{part.value}_fraction",
                "must lie in 0 to 1, below 1",
                f"{share:g} of the images cannot go to {part.value}; give shares such as 0.8, 0.1 and 0.1.",
            )
    total = sum(fractions.values())
    if not isclose(total, 1, abs_tol=1e-6):
        raise _invalid(
            "split.train_fraction",
            "must make 1 together with the others",
            f"The fractions make {total:.6g} together; they must make 1, as 0.8, 0.1 and 0.1 do.",
        )
    if not fractions[Part.TRAIN]:
        raise _invalid(
            "split.train_fraction", "must be above 0", "Nothing would be left to train on; give a fraction above 0."
        )


def _invalid(field: str, rule: str, message: str) -> InvalidArgument:
    return InvalidArgument(message, fields=[FieldViolation(field, rule)])
