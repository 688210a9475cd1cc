"""Changing what people know of an image: its metadata, and when it was taken."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from loupe_project.domain.image import ImageDetails, MetadataValue
from loupe_project.domain.scope import Scope
from loupe_project.domain.text import fold
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
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
    if changes.replaces_metadata or changes.keys:
        metadata = changes.metadata
        if not changes.replaces_metadata:
            before = await get_details(store, scope, project_id, image_id)
            metadata = _merged(before.metadata, changes)
        await store.images.put_metadata(project_id, {image_id: metadata}, now, replace=True)
    if changes.sets_capture_time:
        await store.images.set_capture_times(project_id, {image_id: changes.capture_time}, now)
    return await get_details(store, scope, project_id, image_id)


def _merged(before: Mapping[str, MetadataValue], changes: ImageChanges) -> dict[str, MetadataValue]:
    named = {fold(key) for key in changes.keys}
    kept = {key: value for key, value in before.items() if fold(key) not in named}
    given = {key: value for key, value in changes.metadata.items() if fold(key) in named}
    return {**kept, **given}
