"""From a selection, ids or query, to the ids of images that the caller may see."""

from loupe_project.domain.errors import ImageNotFound
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.domain.selection import Selection
from loupe_project.ports.store import Store
from loupe_project.use_cases import saved_searches


async def settled(store: Store, scope: Scope, project: Project, selection: Selection) -> Selection:
    """The selection with the query of its saved search as it is now, for what is kept and must not change with it.

    Raises:
        SavedSearchNotFound: If the saved search does not exist for the caller.
    """
    if not selection.saved_search_id:
        return selection
    search = await saved_searches.existing(store, scope, project.id, selection.saved_search_id)
    return Selection(query=search.query)


async def select_images(store: Store, scope: Scope, project: Project, selection: Selection) -> list[str]:
    """Ids of the images of a selection, each once: in the order given, or the newest first for a query.

    Raises:
        ImageNotFound: If one of the ids is not an image of the project.
        SavedSearchNotFound: If the saved search does not exist for the caller.
        QueryInvalid: If the query cannot be read.
    """
    selection = await settled(store, scope, project, selection)
    if selection.ids is None:
        return await store.search.ids(scope, project, selection.query)
    ids = list(dict.fromkeys(selection.ids))
    known = await store.images.existing(scope, project.id, ids)
    missing = next((one for one in ids if one not in known), None)
    if missing is not None:
        raise ImageNotFound(
            f"There is no image {missing} in this project; take it out of the selection.", image=missing
        )
    return ids
