"""Ground truth of an image: giving labels, changing them, taking them away."""

import math
from collections.abc import Sequence
from datetime import datetime

from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.errors import BoxOutsideImage, LabelNotFound
from loupe_project.domain.image import Box, Image, Label, NewLabel
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.changes import begin_call
from loupe_project.use_cases.get_image import existing_image, get_image
from loupe_project.use_cases.label_changes import as_new, change_label, change_labels

_SLACK_PIXELS = 0.01
"""float32 coordinates of a box that ends at the edge may lie this much past it."""


async def list_labels(
    store: Store, scope: Scope, project_id: str, image_id: str, *, after: str, limit: int
) -> list[Label]:
    """Labels of an image, the oldest first, after the one with the id `after`.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        ImageNotFound: If there is no such image.
    """
    await get_image(store, scope, project_id, image_id)
    return await store.labels.list_oldest_first(image_id, after=after, limit=limit)


async def create_label(
    store: Store, scope: Scope, project_id: str, image_id: str, label: NewLabel, now: datetime
) -> Label:
    """Give an image a label; one without a box takes the place of the image's class.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        ImageNotFound: If there is no such image.
        BoxOutsideImage: If the box leaves the image.
    """
    await access.editor(store, scope, project_id)
    image = await existing_image(store, scope, project_id, image_id)
    if label.box is not None:
        check_box(image, label.box)
    change = await begin_call(store, scope, project_id, "CREATE_LABEL", now)
    await change_labels(store, change, [image_id], lambda _, existing: _with(existing, label), now)
    given = (await store.labels.of_images([image_id]))[image_id]
    if label.box is None:
        return next(one for one in given if one.box is None)
    return given[-1]


async def update_label(
    store: Store,
    scope: Scope,
    project_id: str,
    image_id: str,
    label_id: str,
    display_name: str | None,
    box: Box | None,
    now: datetime,
) -> Label:
    """Change the class or the box of a label.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Whose image.
        image_id: Whose label.
        label_id: Which.
        display_name: The new class; None: as it is.
        box: The new box; None: as it is.
        now: Time of it.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        ImageNotFound: If there is no such image.
        LabelNotFound: If the image has no such label.
        InvalidArgument: If a box is given to a label of the whole image.
        BoxOutsideImage: If the box leaves the image.
    """
    await access.editor(store, scope, project_id)
    image = await existing_image(store, scope, project_id, image_id)
    label = await _existing_label(store, image_id, label_id)
    if box is not None and label.box is None:
        raise InvalidArgument(
            "A label of the whole image gets no box; create a label with one.",
            fields=[FieldViolation("label.box", "must not be set")],
        )
    if box is not None:
        check_box(image, box)
    change = await begin_call(store, scope, project_id, "UPDATE_LABEL", now)
    wanted = NewLabel(label.display_name if display_name is None else display_name, box or label.box)
    return await change_label(store, change, label, wanted, now)


async def delete_label(
    store: Store, scope: Scope, project_id: str, image_id: str, label_id: str, now: datetime
) -> None:
    """Take a label away. An image without any is to be reviewed again.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        ImageNotFound: If there is no such image.
        LabelNotFound: If the image has no such label.
    """
    await access.editor(store, scope, project_id)
    await existing_image(store, scope, project_id, image_id)
    label = await _existing_label(store, image_id, label_id)
    change = await begin_call(store, scope, project_id, "DELETE_LABEL", now)
    await change_labels(
        store, change, [image_id], lambda _, existing: as_new([one for one in existing if one != label]), now
    )


def _with(existing: Sequence[Label], label: NewLabel) -> list[NewLabel]:
    """The labels of an image with one more; the class has one place."""
    stay = [one for one in existing if label.box is not None or one.box is not None]
    return [*as_new(stay), label]


async def _existing_label(store: Store, image_id: str, label_id: str) -> Label:
    for label in (await store.labels.of_images([image_id]))[image_id]:
        if label.id == label_id:
            return label
    raise LabelNotFound(f"The image has no label {label_id}; ListLabels names those it has.", label=label_id)


def check_box(image: Image, box: Box) -> None:
    """Let a box pass or raise.

    Raises:
        BoxOutsideImage: If it is empty, not finite, or leaves the image.
    """
    numbers = (box.x, box.y, box.width, box.height)
    fits = (
        all(math.isfinite(one) for one in numbers)
        and box.x >= 0
        and box.y >= 0
        and box.width > 0
        and box.height > 0
        and box.x + box.width <= image.width + _SLACK_PIXELS
        and box.y + box.height <= image.height + _SLACK_PIXELS
    )
    if not fits:
        raise BoxOutsideImage(
            f"The box must lie within the image of {image.width} × {image.height} pixels and have a size.",
            width=str(image.width),
            height=str(image.height),
        )
