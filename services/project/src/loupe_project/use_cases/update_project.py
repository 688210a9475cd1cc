"""Changing a project: what it is called, which model it uses, who may enter."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from loupe_project.domain import audit, names, project_rules
from loupe_project.domain.errors import EtagMismatch
from loupe_project.domain.job import ModelChoice
from loupe_project.domain.project import Member, PrincipalKind, Project, ProjectRole, Visibility
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access

OWNER_FIELDS = frozenset({"visibility", "members", "owner"})
"""What only the owner may change."""

Changes = dict[str, str | Visibility | tuple[Member, ...]]
"""New values by field of the contract; "model" and "model_version" are ids."""

_FIELDS = {"owner": "owner_id"}


async def update_project(
    store: Store, scope: Scope, project_id: str, changes: Changes, etag: str, now: datetime
) -> Project:
    """Write the changes. The one who hands a project over stays as editor unless he names the members himself.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Which.
        changes: What changes.
        etag: Of the project that the caller saw; empty: whatever it is now.
        now: Time of the change.

    Raises:
        ProjectNotFound: If it does not exist for the caller.
        EditRightRequired: If he may only look.
        OwnerRequired: If a change is the owner's.
        EtagMismatch: If somebody else changed it meanwhile.
        InvalidArgument: If a field breaks its rule.
    """
    project = await access.editor(store, scope, project_id)
    if OWNER_FIELDS & changes.keys():
        await access.owner(store, scope, project_id)
    if etag and etag != str(project.revision):
        raise _mismatch(project_id)
    changed = replace(project, **_checked(changes), revision=project.revision + 1, update_time=now)
    if changed.owner_id != project.owner_id and "members" not in changes:
        changed = replace(changed, members=after_handover(project, changed.owner_id))
    if not await store.projects.save(changed, revision=project.revision):
        raise _mismatch(project_id)
    await _tell_audit(store, scope, project, changed, now)
    before = ModelChoice(project.model, project.model_version)
    if ModelChoice(changed.model, changed.model_version) != before:
        await store.jobs.change_model(changed, before, now)
    # Who hands a project over without staying a member sees it here for the last time.
    return await store.projects.get(scope, project_id) or changed


def after_handover(project: Project, owner_id: str) -> tuple[Member, ...]:
    """The members when a project gets another owner: the one before stays as editor."""
    parties = {(PrincipalKind.USER, owner_id), (PrincipalKind.USER, project.owner_id)}
    others = [one for one in project.members if (one.kind, one.id) not in parties]
    return project_rules.members((*others, Member(PrincipalKind.USER, project.owner_id, ProjectRole.EDITOR)))


async def _tell_audit(store: Store, scope: Scope, before: Project, after: Project, now: datetime) -> None:
    target = names.project(before.id)
    if before.owner_id != after.owner_id:
        owners = {"before": f"users/{before.owner_id}", "after": f"users/{after.owner_id}"}
        await store.audit.add(audit.event(scope, audit.Action.TRANSFER_PROJECT, target, now, **owners))
    if (before.visibility, before.members) == (after.visibility, after.members):
        return
    old, new = ({f"{one.kind}:{one.id}:{one.role}" for one in side.members} for side in (before, after))
    changed = {
        "visibility": "" if before.visibility is after.visibility else f"{before.visibility} to {after.visibility}",
        "added": " ".join(sorted(new - old)),
        "removed": " ".join(sorted(old - new)),
    }
    await store.audit.add(audit.event(scope, audit.Action.SHARE_PROJECT, target, now, **changed))


def _checked(changes: Changes) -> dict[str, Any]:
    rules: dict[str, Callable[[Any], Any]] = {
        "display_name": project_rules.display_name,
        "description": project_rules.description,
        "time_zone": project_rules.time_zone,
        "members": project_rules.members,
    }
    checked: dict[str, Any] = {}
    for field, value in changes.items():
        rule = rules.get(field)
        checked[_FIELDS.get(field, field)] = rule(value) if rule else value
    return checked


def _mismatch(project_id: str) -> EtagMismatch:
    return EtagMismatch(
        "Somebody changed the project meanwhile; read it again and repeat your change.", name=f"projects/{project_id}"
    )
