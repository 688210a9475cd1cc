"""Heads as people find them: asking for one, looking, listing, using, deleting."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.analysis import source_name
from loupe_project.domain.errors import (
    FeaturesMissing,
    HeadIsBeingTaught,
    HeadNotFound,
    HeadNotReady,
    TooFewLabels,
)
from loupe_project.domain.head import (
    ALL_LABELLED,
    HEAD_NAME,
    MAX_CLASSES,
    MIN_CLASSES,
    MIN_LABELS,
    MIN_LABELS_A_CLASS,
    Head,
    HeadState,
    NewHead,
    missing_labels,
    named_classes,
)
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.project import Project
from loupe_project.domain.query import fields
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.selection import Selection as Images
from loupe_project.domain.text import fold
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.create_analysis import feature_source
from loupe_project.use_cases.newest_first import read_page
from loupe_project.use_cases.select_images import select_images

_MAX_SEED = (1 << 63) - 1
_NAMED = 5
"""Classes that a message names; more would not fit."""


async def create_head(store: Store, scope: Scope, project_id: str, new: NewHead, now: datetime) -> Operation:
    """Write the next version of a head and the operation that teaches it.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look: what a head says is said to all.
        InvalidArgument: If name, seed or feature source break their rule.
        ImageNotFound: If one of the ids is not an image of the project.
        HeadIsBeingTaught: If the version before is not finished.
        TooFewLabels: If there are too few labels, or too few of a class.
        FeaturesMissing: If the source has features of too few of the labelled images.
    """
    project = await access.editor(store, scope, project_id, Right.ANALYSE)
    _check(new)
    source = await feature_source(store, project, new.feature_source, "head.feature_source")
    images = new.images or Images(ids=None, query=ALL_LABELLED)
    labels = await labels_of(store, scope, project, images)
    check_labels(labels)
    await _check_features(store, project, source, labels)
    before = await store.heads.newest(project_id, new.head_name)
    if before is not None and before.state is HeadState.RUNNING:
        raise HeadIsBeingTaught(
            f"Version {before.version} of {new.head_name} is being taught; wait for it, or delete it.", head=before.id
        )
    head = Head(
        id=ids.new_id(),
        project_id=project_id,
        head_name=new.head_name,
        version=1 if before is None else before.version + 1,
        images=images,
        source=source,
        seed=new.seed,
        creator=scope.principal,
        operation_id=ids.new_id(),
        create_time=now,
        update_time=now,
    )
    operation = _operation(head, OperationKind.CREATE_HEAD, head.operation_id, head.id.encode(), scope, now)
    await store.heads.add(head)
    await store.operations.add(operation)
    return operation


async def get_head(store: Store, scope: Scope, project_id: str, head_id: str, right: Right = Right.READ) -> Head:
    """One version of a head.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        HeadNotFound: If the head does not.
    """
    await access.viewer(store, scope, project_id, right)
    found = await store.heads.get(scope, project_id, head_id)
    if found is None:
        raise HeadNotFound(
            f"There is no head {head_id} for you in this project; ListHeads names those there are.", head=head_id
        )
    return found


async def list_heads(
    store: Store, scope: Scope, project_id: str, page_size: int, page_token: str
) -> tuple[list[Head], str]:
    """A page of versions, newest first, and the token of the next one.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        PageTokenInvalid: If the token is not one of this list.
    """
    await access.viewer(store, scope, project_id)
    return await read_page(store.heads.list_newest_first, scope, project_id, "heads", page_size, page_token)


async def use_head(
    store: Store, scope: Scope, project_id: str, head_id: str, now: datetime, *, as_verdict: bool
) -> Operation:
    """Write the operation that makes a version the one in use.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        HeadNotFound: If there is no such version.
        HeadNotReady: If it is not taught.
    """
    await access.editor(store, scope, project_id, Right.ANALYSE)
    head = await get_head(store, scope, project_id, head_id, Right.ANALYSE)
    if head.state is not HeadState.SUCCEEDED:
        raise HeadNotReady(
            f"This version is {head.state.value}; only one that SUCCEEDED can be used.", state=head.state.value
        )
    wish = f"{head.id} {int(as_verdict)}".encode()
    operation = _operation(head, OperationKind.USE_HEAD, ids.new_id(), wish, scope, now)
    await store.operations.add(operation)
    return operation


async def delete_head(store: Store, scope: Scope, project_id: str, head_id: str, now: datetime) -> Head:
    """Delete a version with its answers; one that is being taught is asked to stop. Gives back what it was.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        HeadNotFound: If there is no such version.
    """
    await access.editor(store, scope, project_id, Right.ANALYSE)
    head = await get_head(store, scope, project_id, head_id, Right.ANALYSE)
    await store.heads.delete(head, now)
    if head.state is HeadState.RUNNING:
        await store.operations.request_cancel(project_id, head.operation_id, now)
    return head


async def labels_of(store: Store, scope: Scope, project: Project, images: Images) -> dict[str, str]:
    """The class of each of the images that has one, by image id, each class in its usual spelling."""
    image_ids = await select_images(store, scope, project, images)
    found = await store.analyses.point_values(scope, project.id, fields.FIELDS["truth"], image_ids)
    written = {image_id: str(value) for image_id, value in found.items() if value is not None}
    names = named_classes([(fold(text), text) for text in written.values()])
    return {image_id: names[fold(written[image_id])] for image_id in image_ids if image_id in written}


def check_labels(labels: Mapping[str, str]) -> None:
    """Refuse what nothing could be learnt from.

    Raises:
        TooFewLabels: With what is missing.
    """
    counts = Counter(labels.values())
    if len(counts) < MIN_CLASSES:
        what = f"all of class {next(iter(counts))!r}" if counts else "so there is nothing to learn"
        raise _too_few(
            counts,
            f"{len(labels)} images are labelled, {what}; label {MIN_LABELS_A_CLASS} images each of {MIN_CLASSES} "
            "classes or more.",
        )
    if len(counts) > MAX_CLASSES:
        raise _too_few(
            counts,
            f"The labels are of {len(counts)} classes, a head tells {MAX_CLASSES} apart; are they serial numbers?",
        )
    missing = missing_labels(counts)
    if missing:
        told = ", ".join(f"{count} of {name!r}" for name, count in sorted(missing.items())[:_NAMED])
        more = f" and of {len(missing) - _NAMED} more classes" if len(missing) > _NAMED else ""
        raise _too_few(
            counts,
            f"Labels are missing: {told}{more}; each class needs {MIN_LABELS_A_CLASS}. Label them, or leave such "
            f'classes out with a selector, as in -truth:"{min(missing)}".',
            missing=told,
        )


def _too_few(counts: Counter[str], message: str, missing: str = "") -> TooFewLabels:
    return TooFewLabels(message, count=str(counts.total()), classes=str(len(counts)), missing=missing)


async def _check_features(store: Store, project: Project, source: FeatureSource, labels: Mapping[str, str]) -> None:
    count = await store.analyses.count_features(project.id, source, list(labels))
    if count >= MIN_LABELS:
        return
    others = [one for one in await store.analyses.feature_versions(project.id, source.model) if one != source.version]
    hint = f"; others may have those of version {', '.join(others[:_NAMED])}" if others else ""
    raise FeaturesMissing(
        f"{count} of the {len(labels)} labelled images have features of {source_name(source)}, version "
        f"{source.version}, {MIN_LABELS} are needed{hint}. Wait until they are analysed, analyse them again, or choose "
        "another feature source.",
        feature_source=source_name(source),
        count=str(count),
    )


def _operation(
    head: Head, kind: OperationKind, operation_id: str, wish: bytes, scope: Scope, now: datetime
) -> Operation:
    return Operation.asked(
        operation_id,
        kind,
        project_id=head.project_id,
        target=head.name,
        request=wish,
        scope=scope,
        now=now,
    )


def _check(new: NewHead) -> None:
    if not HEAD_NAME.fullmatch(new.head_name):
        raise InvalidArgument(
            f"{new.head_name[:100]!r} is no name of a head; write 1 to 40 of a-z, 0-9 and '-', a letter first.",
            fields=[FieldViolation("head.head_name", "must be 1 to 40 of a-z, 0-9 and -, beginning with a letter")],
        )
    if not 0 <= new.seed <= _MAX_SEED:
        raise InvalidArgument(
            f"The seed is {new.seed}; give 0 or more.", fields=[FieldViolation("head.seed", "must be 0 or more")]
        )
