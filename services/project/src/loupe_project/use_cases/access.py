"""Rights on a project: every use case begins here. Permission comes before existence of anything within."""

from loupe_project.domain.errors import CreatorRequired, EditRightRequired, OwnerRequired, ProjectNotFound
from loupe_project.domain.project import Project, ProjectRole
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.store import Store


async def viewer(store: Store, scope: Scope, project_id: str, right: Right = Right.READ) -> Project:
    """The project, if the caller may look into it; as a guest he finds single images there.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Which.
        right: Scope that an API key needs.

    Raises:
        ProjectNotFound: If it does not exist for the caller.
        PermissionDenied: If the API key lacks the right.
    """
    scope.require(right)
    project = await store.projects.get(scope, project_id)
    if project is None:
        raise ProjectNotFound(
            f"There is no project {project_id}, or it is not shared with you; ask its owner to share it.",
            project=project_id,
        )
    return project


async def editor(store: Store, scope: Scope, project_id: str, right: Right = Right.EDIT) -> Project:
    """The project, if the caller may change what is in it.

    Raises:
        ProjectNotFound: If it does not exist for the caller.
        EditRightRequired: If he may only look.
        PermissionDenied: If the API key lacks the right.
    """
    project = await viewer(store, scope, project_id, right)
    if not project.caller_role.at_least(ProjectRole.EDITOR):
        raise EditRightRequired(
            "You may look at this project but not change it; ask its owner for edit rights.", project=project_id
        )
    return project


async def owner(store: Store, scope: Scope, project_id: str, right: Right = Right.EDIT) -> Project:
    """The project, if the caller owns it.

    Raises:
        ProjectNotFound: If it does not exist for the caller.
        OwnerRequired: If it is somebody else's.
        PermissionDenied: If the API key lacks the right to edit.
    """
    project = await viewer(store, scope, project_id, right)
    if project.caller_role is not ProjectRole.OWNER:
        raise OwnerRequired(
            f"Only the project's owner, users/{project.owner_id}, may do this; ask him.",
            project=project_id,
            owner=project.owner_id,
        )
    return project


def maker(scope: Scope, project: Project, creator: str, name: str, what: str) -> None:
    """Let whoever made something within the project pass, and the project's owner.

    Args:
        scope: Of the caller.
        project: What it is in, as the caller sees it.
        creator: Who made it, as resource name.
        name: Its own.
        what: What people call it, as in "split".

    Raises:
        CreatorRequired: For everybody else.
    """
    if creator != scope.principal and project.caller_role is not ProjectRole.OWNER:
        raise CreatorRequired(
            f"Only {creator}, who made this {what}, and the project's owner may change or delete it; ask them.",
            name=name,
        )
