"""The images before and after one in a search."""

from loupe_kit.clock import Clock
from loupe_project.domain.errors import ImageNotFound
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import Neighbours, Order
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.search_images import read_query


async def get_search_neighbors(
    store: Store, scope: Scope, project_id: str, image_id: str, query: str, order: Order, clock: Clock
) -> Neighbours:
    """Where an image stands in a search.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        ImageNotFound: If the image does not.
        QueryInvalid: If the query cannot be read.
    """
    project = await access.viewer(store, scope, project_id)
    if not await store.images.existing(scope, project_id, [image_id]):
        raise ImageNotFound(
            f"There is no image {image_id} in this project, or it is not shared with you.", image=image_id
        )
    node = read_query(query, project, clock)
    return Neighbours(
        position=await store.search.neighbours(scope, project_id, node, order, image_id),
        total=await store.search.count(scope, project_id, node),
    )
