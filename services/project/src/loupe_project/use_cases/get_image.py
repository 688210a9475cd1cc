"""One image, and where its bytes are."""

from loupe_project.domain.errors import ImageNotFound
from loupe_project.domain.image import Image, ImageDetails
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access


async def get_details(store: Store, scope: Scope, project_id: str, image_id: str) -> ImageDetails:
    """Everything known of an image.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        ImageNotFound: If there is no such image in it.
    """
    await access.viewer(store, scope, project_id)
    found = await store.images.details(scope, project_id, [image_id])
    if not found:
        raise image_not_found(image_id)
    return found[0]


async def get_image(store: Store, scope: Scope, project_id: str, image_id: str) -> Image:
    """The row of an image.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        ImageNotFound: If there is no such image in it.
    """
    await access.viewer(store, scope, project_id)
    return await existing_image(store, scope, project_id, image_id)


async def existing_image(store: Store, scope: Scope, project_id: str, image_id: str) -> Image:
    """The row of an image of a project that the caller was let into.

    Raises:
        ImageNotFound: If there is no such image.
    """
    image = await store.images.get(scope, project_id, image_id)
    if image is None:
        raise image_not_found(image_id)
    return image


def image_not_found(image_id: str) -> ImageNotFound:
    """The fault of naming an image that is not there."""
    return ImageNotFound(f"There is no image {image_id} in this project; it may have been deleted.", image=image_id)
