"""Changing what people know of an image: its metadata, and when it was taken."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from loupe_project.domain.image import ImageDetails, MetadataValue
from loupe_project.domain.scope import Scope
from loupe_project.domain.text import fold
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.changes import begin_call
from loupe_project.use_cases.get_image import existing_image, get_details


@dataclass(frozen=True, slots=True)
class ImageChanges:
    """What changes. Metadata change as a whole, or in the keys named."""

    metadata: Mapping[str, MetadataValue]
    """Values that were sent."""
    replaces_metadata: bool = False
    """Whether `metadata` takes the place of all there is."""
    keys: Collection[str] = ()
    """Keys that change alone; those that `metadata` lacks are taken away."""
    sets_capture_time: bool = False
    capture_time: datetime | None = None


async def update_image(
    store: Store, scope: Scope, project_id: str, image_id: str, changes: ImageChanges, now: datetime
) -> ImageDetails:
    """Write the changes; automatic tags follow.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        ImageNotFound: If there is no such image.
    """
    await access.editor(store, scope, project_id)
    await existing_image(store, scope, project_id, image_id)
    change = await begin_call(store, scope, project_id, "UPDATE_IMAGE", now)
    wanted: dict[str, MetadataValue | None] = {}
    if changes.replaces_metadata:
        before = await get_details(store, scope, project_id, image_id)
        wanted = {**dict.fromkeys(_without(before.metadata, changes.metadata)), **changes.metadata}
    elif changes.keys:
        named = {fold(key): key for key in changes.keys}
        given = {key: value for key, value in changes.metadata.items() if fold(key) in named}
        wanted = {**dict.fromkeys(_without(named.values(), given)), **given}
    if wanted:
        await store.metadata.alter(change.id, project_id, {image_id: wanted}, now)
    if changes.sets_capture_time:
        await store.metadata.alter_capture_times(change.id, project_id, {image_id: changes.capture_time}, now)
    return await get_details(store, scope, project_id, image_id)


def _without(keys: Iterable[str], others: Iterable[str]) -> list[str]:
    """Keys that are not among the others, upper and lower case alike."""
    folded = {fold(key) for key in others}
    return [key for key in keys if fold(key) not in folded]
