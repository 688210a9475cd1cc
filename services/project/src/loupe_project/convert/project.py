"""Projects as messages."""

from loupe.project.v1 import project_service_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.convert.values import timestamp
from loupe_project.domain import names
from loupe_project.domain.image_access import Principal
from loupe_project.domain.project import ImageCounts, Member, PrincipalKind, Project, ProjectRole, Visibility

_VISIBILITIES = {
    Visibility.PRIVATE: pb.Project.VISIBILITY_PRIVATE,
    Visibility.ORGANISATION: pb.Project.VISIBILITY_ORGANISATION,
}
_ROLES = {
    ProjectRole.GUEST: pb.PROJECT_ROLE_GUEST,
    ProjectRole.VIEWER: pb.PROJECT_ROLE_VIEWER,
    ProjectRole.EDITOR: pb.PROJECT_ROLE_EDITOR,
    ProjectRole.OWNER: pb.PROJECT_ROLE_OWNER,
}
_COLLECTIONS = {PrincipalKind.USER: "users", PrincipalKind.DEPARTMENT: "departments"}


def to_message(project: Project, counts: ImageCounts) -> pb.Project:
    """A project as the caller for whom it was read sees it; a guest is not told what it is about and who else is in."""
    is_guest = project.caller_role is ProjectRole.GUEST
    return pb.Project(
        name=names.project(project.id),
        display_name=project.display_name,
        description="" if is_guest else project.description,
        model=f"models/{project.model}",
        model_version=project.model_version,
        visibility=_VISIBILITIES[project.visibility],
        members=[
            pb.ProjectMember(principal=f"{_COLLECTIONS[one.kind]}/{one.id}", role=_ROLES[one.role])
            for one in (() if is_guest else project.members)
        ],
        owner=f"users/{project.owner_id}",
        time_zone=project.time_zone,
        caller_role=_ROLES[project.caller_role],
        image_counts=counts_to_message(counts),
        create_time=timestamp(project.create_time),
        update_time=timestamp(project.update_time),
        etag=str(project.revision),
    )


def orphan_to_message(project: Project) -> pb.OrphanedProject:
    """What administrators are told of a project whose owner is gone."""
    return pb.OrphanedProject(
        name=names.project(project.id),
        display_name=project.display_name,
        owner=f"users/{project.owner_id}",
        create_time=timestamp(project.create_time),
    )


def counts_to_message(counts: ImageCounts) -> pb.ImageCounts:
    """Numbers of images by state."""
    return pb.ImageCounts(total=counts.total, pending=counts.pending, analysed=counts.analysed, failed=counts.failed)


def visibility_of(message: pb.Project) -> Visibility:
    """Not given is PRIVATE.

    Raises:
        InvalidArgument: If it is none of the values of the contract.
    """
    if message.visibility == pb.Project.VISIBILITY_UNSPECIFIED:
        return Visibility.PRIVATE
    found = next((ours for ours, theirs in _VISIBILITIES.items() if theirs == message.visibility), None)
    if found is None:
        raise InvalidArgument(
            "visibility must be VISIBILITY_PRIVATE or VISIBILITY_ORGANISATION.",
            fields=[FieldViolation("project.visibility", "unknown value")],
        )
    return found


def members_of(message: pb.Project) -> tuple[Member, ...]:
    """Members, each principal once.

    Raises:
        InvalidArgument: If one is no user or department, has no such role, or comes twice.
    """
    members: dict[tuple[PrincipalKind, str], Member] = {}
    for number, one in enumerate(message.members):
        member = _member_of(one, f"project.members[{number}]")
        if (member.kind, member.id) in members:
            raise InvalidArgument(
                f"{one.principal} is a member twice; name it once.",
                fields=[FieldViolation(f"project.members[{number}].principal", "comes twice")],
            )
        members[member.kind, member.id] = member
    return tuple(members.values())


def _member_of(message: pb.ProjectMember, field: str) -> Member:
    roles = {pb.PROJECT_ROLE_VIEWER: ProjectRole.VIEWER, pb.PROJECT_ROLE_EDITOR: ProjectRole.EDITOR}
    role = roles.get(message.role)
    if role is None:
        raise InvalidArgument(
            f"A member's role is VIEWER or EDITOR; {message.principal[:100]!r} has another.",
            fields=[FieldViolation(f"{field}.role", "must be PROJECT_ROLE_VIEWER or PROJECT_ROLE_EDITOR")],
        )
    principal = principal_of(message.principal, f"{field}.principal")
    return Member(principal.kind, principal.id, role)


def principal_of(name: str, field: str) -> Principal:
    """A user or department by resource name.

    Raises:
        InvalidArgument: If it is neither's.
    """
    if name.startswith("departments/"):
        kind, pattern = PrincipalKind.DEPARTMENT, "departments/{department}"
    else:
        kind, pattern = PrincipalKind.USER, "users/{user}"
    (principal_id,) = names.split(pattern, name, field)
    return Principal(kind, names.checked_id(principal_id, field))


def principal_name(principal: Principal) -> str:
    """Resource name of a user or department."""
    return f"{_COLLECTIONS[principal.kind]}/{principal.id}"
