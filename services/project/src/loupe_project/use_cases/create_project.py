"""A new project, owned by the one who makes it."""

from dataclasses import dataclass
from datetime import datetime

from loupe_kit import ids
from loupe_kit.errors import PermissionDenied
from loupe_project.domain import audit, names, project_rules
from loupe_project.domain.project import Member, Project, ProjectRole, Visibility
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.store import Store


@dataclass(frozen=True, slots=True)
class ProjectDraft:
    """What somebody wants a project to be."""

    display_name: str
    description: str
    model: str
    """Id of the model."""
    model_version: str
    """Id of its version that answers now."""
    visibility: Visibility
    members: tuple[Member, ...]
    time_zone: str
    """Empty: UTC."""


def check_may_create(scope: Scope) -> None:
    """Let the caller pass or raise.

    Raises:
        PermissionDenied: If the caller is an API key without the right, or one for certain projects only, or
            one of Loupe's own services, for which nobody would answer.
    """
    scope.require(Right.EDIT)
    if not scope.user_id:
        raise PermissionDenied("A project belongs to a person; Loupe's own services make none.")
    if scope.key_projects is not None:
        raise PermissionDenied("This API key is for certain projects only; make a project with another key or by hand.")


async def create_project(store: Store, scope: Scope, draft: ProjectDraft, now: datetime) -> Project:
    """Write a project.

    Raises:
        InvalidArgument: If a field breaks its rule.
    """
    project = Project(
        id=ids.new_id(),
        display_name=project_rules.display_name(draft.display_name),
        description=project_rules.description(draft.description),
        model=draft.model,
        model_version=draft.model_version,
        visibility=draft.visibility,
        owner_id=scope.user_id,
        time_zone=project_rules.time_zone(draft.time_zone),
        revision=1,
        create_time=now,
        update_time=now,
        members=project_rules.members(draft.members),
        caller_role=ProjectRole.OWNER,
    )
    await store.projects.add(project)
    shared = " ".join(sorted(f"{one.kind}:{one.id}:{one.role}" for one in project.members))
    await store.audit.add(
        audit.event(
            scope,
            audit.Action.CREATE_PROJECT,
            names.project(project.id),
            now,
            visibility=project.visibility,
            added=shared,
        )
    )
    return project
