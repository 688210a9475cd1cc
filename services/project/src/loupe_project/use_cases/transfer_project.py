"""Giving projects to other owners, also those whose owner is gone."""

from dataclasses import replace
from datetime import datetime

from loupe_kit import paging
from loupe_project.domain import audit, names
from loupe_project.domain.errors import AdministratorRequired, EtagMismatch, OwnerRequired
from loupe_project.domain.project import PrincipalKind, Project, ProjectRole
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.access import Directory
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.update_project import after_handover


async def transfer_project(
    store: Store,
    directory: Directory,
    scope: Scope,
    project_id: str,
    owner_id: str,
    now: datetime,
    *,
    is_administrator: bool,
) -> Project:
    """Give a project to somebody; the owner before stays as editor, unless his account is gone.

    Args:
        store: Open transaction.
        directory: Whose accounts there are.
        scope: Of the caller.
        project_id: Which.
        owner_id: Whose it shall be; somebody who has an account.
        now: Time of the change.
        is_administrator: Whether the caller may take projects whose owner is gone.

    Returns:
        The project as the caller sees it; without members where he does not.

    Raises:
        ProjectNotFound: If it does not exist for the caller, and is not orphaned or he is no administrator.
        OwnerRequired: If it is somebody else's who is still there.
    """
    project, is_orphaned = await _transferable(store, directory, scope, project_id, is_administrator=is_administrator)
    members = [one for one in project.members if (one.kind, one.id) != (PrincipalKind.USER, owner_id)]
    kept = tuple(members) if is_orphaned or owner_id == project.owner_id else after_handover(project, owner_id)
    changed = replace(project, owner_id=owner_id, members=kept, revision=project.revision + 1, update_time=now)
    if not await store.projects.save(changed, revision=project.revision):
        raise EtagMismatch("Somebody changed the project meanwhile; try again.", name=names.project(project_id))
    await store.audit.add(
        audit.event(
            scope,
            audit.Action.TRANSFER_PROJECT,
            names.project(project_id),
            now,
            before=f"users/{project.owner_id}",
            after=f"users/{owner_id}",
            orphaned="true" if is_orphaned else "",
        )
    )
    return await store.projects.get(scope, project_id) or replace(
        changed, description="", members=(), caller_role=ProjectRole.GUEST
    )


async def _transferable(
    store: Store, directory: Directory, scope: Scope, project_id: str, *, is_administrator: bool
) -> tuple[Project, bool]:
    """The project, and whether it is orphaned."""
    scope.require(Right.EDIT)
    seen = await store.projects.get(scope, project_id)
    if seen is not None and seen.caller_role is ProjectRole.OWNER:
        return seen, False
    if is_administrator:
        project = await store.projects.get(Scope.of_loupe(), project_id)
        if project is not None and await _is_gone(directory, project.owner_id):
            return project, True
    project = await access.viewer(store, scope, project_id, Right.EDIT)
    raise OwnerRequired(
        f"Only the project's owner, users/{project.owner_id}, may give it away; ask him.",
        project=project_id,
        owner=project.owner_id,
    )


async def list_orphaned(
    store: Store, directory: Directory, page_size: int, page_token: str, *, is_administrator: bool
) -> tuple[list[Project], str]:
    """A page of projects whose owner is gone, newest first, and the token of the next one.

    Raises:
        AdministratorRequired: If the caller is none.
        PageTokenInvalid: If the token is not one of this list.
        LoupeError: If auth does not answer.
    """
    if not is_administrator:
        raise AdministratorRequired("Only administrators look after projects without an owner; ask one of them.")
    limit = paging.clamp_page_size(page_size)
    key = paging.filter_hash("orphaned")
    last = paging.decode_token(page_token, key)
    after = (datetime.fromisoformat(str(last[0])), str(last[1])) if last else None
    gone = [one for one in await store.projects.owners() if await _is_gone(directory, one)]
    found = await store.projects.list_by_owners(gone, after=after, limit=limit + 1) if gone else []
    if len(found) <= limit:
        return found, ""
    end = found[limit - 1]
    return found[:limit], paging.encode_token((end.create_time.isoformat(), end.id), key)


async def _is_gone(directory: Directory, user_id: str) -> bool:
    person = await directory.person(user_id)
    return person is None or not person.is_active
