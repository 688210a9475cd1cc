"""Ground truth of an image: giving labels, taking them away."""

import math
from datetime import datetime

from loupe_project.domain.errors import BoxOutsideImage, LabelNotFound
from loupe_project.domain.image import Box, Image, Label, NewLabel
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.get_image import existing_image, get_image

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
    given = await store.labels.put(project_id, {image_id: [label]}, scope.principal, now)
    return given[image_id][0]


async def delete_label(
    store: Store, scope: Scope, project_id: str, image_id: str, label_id: str, now: datetime
) -> None:
    """Take a label away.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        ImageNotFound: If there is no such image.
        LabelNotFound: If the image has no such label.
    """
    await access.editor(store, scope, project_id)
    await existing_image(store, scope, project_id, image_id)
    if not await store.labels.delete(image_id, label_id, now):
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
