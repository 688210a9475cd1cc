"""The end of a project and of everything in it."""

from datetime import datetime

from loupe_project.domain import audit, names
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access


async def delete_project(store: Store, scope: Scope, project_id: str, now: datetime) -> None:
    """Delete a project. Its objects and features follow in the background.

    Raises:
        ProjectNotFound: If it does not exist for the caller.
        OwnerRequired: If it is somebody else's.
    """
    project = await access.owner(store, scope, project_id)
    await store.projects.delete(project_id, now)
    target = names.project(project_id)
    told = audit.event(scope, audit.Action.DELETE_PROJECT, target, now, display_name=project.display_name)
    await store.audit.add(told)
