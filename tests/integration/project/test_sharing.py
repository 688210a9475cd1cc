"""Rights over the wire: supervisors, guests, narrowed images, handing over, and what the audit is told."""

from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import image_pb2, operation_service_pb2, result_service_pb2
from loupe.project.v1 import image_service_pb2 as images
from loupe.project.v1 import project_service_pb2 as pb
from loupe.project.v1 import tag_service_pb2 as tags
from loupe_kit import ids
from loupe_kit.caller import Caller, CallerKind, Role
from loupe_kit.testing import make_user
from loupe_project.ports.access import Person
from tests.integration.project.conftest import INFERENCE, Project, eventually, reason_of

INHERITED, RESTRICTED = images.ImageAccess.MODE_INHERITED, images.ImageAccess.MODE_RESTRICTED


def by_ids(*names: str) -> image_pb2.ImageSelector:
    return image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=[one.rpartition("/")[2] for one in names]))


async def modify(project: Project, name: str, selector: image_pb2.ImageSelector, **wish: Any) -> Any:
    """Change access as the owner and wait for it; the response."""
    request = images.ModifyImageAccessRequest(parent=name, selector=selector, **wish)
    asked = await project.images.ModifyImageAccess(request, metadata=project.by(project.ada))
    done = await project.finished(asked.name)
    response = images.ModifyImageAccessResponse()
    assert done.response.Unpack(response), done.error
    return response


async def get_image(project: Project, name: str, caller: Caller) -> image_pb2.Image:
    request = images.GetImageRequest(name=name)
    found: image_pb2.Image = await project.images.GetImage(request, metadata=project.by(caller))
    return found


async def get_project(project: Project, name: str, caller: Caller) -> pb.Project:
    found: pb.Project = await project.projects.GetProject(pb.GetProjectRequest(name=name), metadata=project.by(caller))
    return found


async def refusal_of(call: Any) -> tuple[str, str]:
    """Status and reason of a call that is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    return refusal.value.code().name, reason_of(refusal.value)


async def shared_with_bob(project: Project, role: Any = pb.PROJECT_ROLE_VIEWER) -> str:
    member = pb.ProjectMember(principal=f"users/{project.bob.id}", role=role)
    return (await project.make_project(members=[member], description="secret recipe")).name


async def test_narrowed_image__is_gone_for_viewers_and_there_for_readers(project: Project) -> None:
    name = await shared_with_bob(project)
    open_one, narrowed = await project.add_image(name), await project.add_image(name)

    changed = await modify(project, name, by_ids(narrowed), mode=RESTRICTED)

    assert (changed.image_count, changed.added_count) == (1, 0)
    assert await refusal_of(get_image(project, narrowed, project.bob)) == ("NOT_FOUND", "IMAGE_NOT_FOUND")
    assert (await get_image(project, open_one, project.bob)).name == open_one
    assert (await get_project(project, name, project.bob)).image_counts.total == 1
    await modify(project, name, by_ids(narrowed), add_readers=[f"departments/{project.bob.department_id}"])
    assert (await get_image(project, narrowed, project.bob)).name == narrowed
    access = await project.images.GetImageAccess(
        images.GetImageAccessRequest(name=f"{narrowed}/access"), metadata=project.by(project.ada)
    )
    assert (access.mode, list(access.readers)) == (RESTRICTED, [f"departments/{project.bob.department_id}"])
    back = await modify(project, name, by_ids(narrowed), mode=INHERITED, clear_readers=True)
    assert back.removed_count == 1
    assert (await get_image(project, narrowed, project.bob)).name == narrowed


async def test_shared_image__makes_the_project_exist_with_it_alone(project: Project) -> None:
    name = (await project.make_project(description="secret recipe")).name
    shared, _other = await project.add_image(name), await project.add_image(name)
    assert await refusal_of(get_project(project, name, project.bob)) == ("NOT_FOUND", "PROJECT_NOT_FOUND")

    await modify(project, name, by_ids(shared), add_readers=[f"users/{project.bob.id}"])

    seen = await get_project(project, name, project.bob)
    assert (seen.caller_role, seen.image_counts.total) == (pb.PROJECT_ROLE_GUEST, 1)
    assert (seen.description, list(seen.members)) == ("", [])
    listed = await project.projects.ListProjects(pb.ListProjectsRequest(), metadata=project.by(project.bob))
    assert [(one.name, one.image_counts.total) for one in listed.projects] == [(name, 1)]
    assert await refusal_of(get_image(project, _other, project.bob)) == ("NOT_FOUND", "IMAGE_NOT_FOUND")
    delete = images.DeleteImagesRequest(parent=name, selector=by_ids(shared))
    refused = await refusal_of(project.images.DeleteImages(delete, metadata=project.by(project.bob)))
    assert refused == ("PERMISSION_DENIED", "EDIT_RIGHT_REQUIRED")


async def test_modify_image_access__by_query_for_many_at_once(project: Project) -> None:
    name = await shared_with_bob(project)
    for number in range(7):
        await project.add_image(name, metadata={"line": "L1" if number % 2 else "L2"})

    changed = await modify(
        project,
        name,
        image_pb2.ImageSelector(query="line:L1"),
        mode=RESTRICTED,
        add_readers=[f"users/{ids.new_id()}", f"departments/{ids.new_id()}"],
    )

    assert (changed.image_count, changed.added_count) == (3, 6)
    assert (await get_project(project, name, project.bob)).image_counts.total == 4
    listed = await project.tags.ListTags(tags.ListTagsRequest(parent=name), metadata=project.by(project.bob))
    lines = {one.display_name: one.image_count for one in listed.tags if one.display_name.startswith("line:")}
    assert lines == {"line:L2": 4}


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({}, "INVALID_ARGUMENT"),
        ({"mode": 7}, "INVALID_ARGUMENT"),
        ({"add_readers": ["projects/x"]}, "INVALID_ARGUMENT"),
        ({"add_readers": [f"users/{ids.new_id()}" for _ in range(101)]}, "INVALID_ARGUMENT"),
    ],
)
async def test_modify_image_access__bad_wish(project: Project, wish: dict[str, Any], reason: str) -> None:
    name = (await project.make_project()).name
    request = images.ModifyImageAccessRequest(parent=name, selector=image_pb2.ImageSelector(query=""), **wish)

    refused = await refusal_of(project.images.ModifyImageAccess(request, metadata=project.by(project.ada)))

    assert refused == ("INVALID_ARGUMENT", reason)


async def test_modify_image_access__readers_must_exist(project: Project) -> None:
    name, gone = (await project.make_project()).name, ids.new_id()
    project.directory.people[gone] = None
    request = images.ModifyImageAccessRequest(
        parent=name, selector=image_pb2.ImageSelector(query=""), add_readers=[f"users/{gone}"]
    )

    refused = await refusal_of(project.images.ModifyImageAccess(request, metadata=project.by(project.ada)))

    assert refused == ("INVALID_ARGUMENT", "PRINCIPAL_UNKNOWN")


async def test_image_access__is_the_owners_matter(project: Project) -> None:
    name = await shared_with_bob(project, pb.PROJECT_ROLE_EDITOR)
    image = await project.add_image(name)
    stranger = project.employ(make_user())
    modify_it = images.ModifyImageAccessRequest(parent=name, selector=by_ids(image), mode=RESTRICTED)
    look = images.GetImageAccessRequest(name=f"{image}/access")

    for caller, refused in (
        (project.bob, ("PERMISSION_DENIED", "OWNER_REQUIRED")),
        (stranger, ("NOT_FOUND", "PROJECT_NOT_FOUND")),
    ):
        assert await refusal_of(project.images.ModifyImageAccess(modify_it, metadata=project.by(caller))) == refused
        assert await refusal_of(project.images.GetImageAccess(look, metadata=project.by(caller))) == refused


async def test_supervisor__views_projects_of_the_department_until_it_ends(project: Project) -> None:
    name = (await project.make_project()).name
    image = await project.add_image(name)
    boss = project.employ(make_user(department_id=project.ada.department_id, role=Role.SUPERVISOR))
    elsewhere = project.employ(make_user(department_id=ids.new_id(), role=Role.SUPERVISOR))

    assert (await get_project(project, name, boss)).caller_role == pb.PROJECT_ROLE_VIEWER
    assert (await get_image(project, image, boss)).name == image
    update = pb.UpdateProjectRequest(
        project=pb.Project(name=name, display_name="Mine"), update_mask=FieldMask(paths=["display_name"])
    )
    refused = await refusal_of(project.projects.UpdateProject(update, metadata=project.by(boss)))
    assert refused == ("PERMISSION_DENIED", "EDIT_RIGHT_REQUIRED")
    assert await refusal_of(get_project(project, name, elsewhere)) == ("NOT_FOUND", "PROJECT_NOT_FOUND")
    # Ada moves to another department.
    project.directory.people[project.ada.id] = Person(ids.new_id(), is_supervisor=False, is_active=True)
    assert await refusal_of(get_project(project, name, boss)) == ("NOT_FOUND", "PROJECT_NOT_FOUND")


async def test_supervisors_key__has_no_office(project: Project) -> None:
    name = (await project.make_project()).name
    key = Caller(
        kind=CallerKind.API_KEY,
        id=ids.new_id(),
        department_id=project.ada.department_id,
        role=Role.SUPERVISOR,
        scopes=frozenset({"read", "edit"}),
        key_id=ids.new_id(),
    )

    assert await refusal_of(get_project(project, name, key)) == ("NOT_FOUND", "PROJECT_NOT_FOUND")


async def test_administrator__sees_nothing_that_is_not_shared(project: Project) -> None:
    name = (await project.make_project()).name
    admin = project.employ(make_user(role=Role.ADMINISTRATOR))
    transfer = pb.TransferProjectRequest(name=name, owner=f"users/{admin.id}")

    assert await refusal_of(get_project(project, name, admin)) == ("NOT_FOUND", "PROJECT_NOT_FOUND")
    refused = await refusal_of(project.projects.TransferProject(transfer, metadata=project.by(admin)))
    assert refused == ("NOT_FOUND", "PROJECT_NOT_FOUND")
    orphans = await project.projects.ListOrphanedProjects(pb.ListOrphanedProjectsRequest(), metadata=project.by(admin))
    assert list(orphans.projects) == []


async def test_orphaned_project__administrator_gives_it_to_somebody(project: Project) -> None:
    name = (await project.make_project()).name
    admin = project.employ(make_user(role=Role.ADMINISTRATOR))
    project.directory.people[project.ada.id] = Person(None, is_supervisor=False, is_active=False)

    orphans = await project.projects.ListOrphanedProjects(pb.ListOrphanedProjectsRequest(), metadata=project.by(admin))
    assert [(one.name, one.owner) for one in orphans.projects] == [(name, f"users/{project.ada.id}")]
    given = await project.projects.TransferProject(
        pb.TransferProjectRequest(name=name, owner=f"users/{project.bob.id}"), metadata=project.by(admin)
    )

    assert (given.owner, given.caller_role, list(given.members)) == (
        f"users/{project.bob.id}",
        pb.PROJECT_ROLE_GUEST,
        [],
    )
    assert (await get_project(project, name, project.bob)).caller_role == pb.PROJECT_ROLE_OWNER
    assert await refusal_of(get_project(project, name, admin)) == ("NOT_FOUND", "PROJECT_NOT_FOUND")


async def test_list_orphaned_projects__for_administrators_alone(project: Project) -> None:
    key = Caller(
        kind=CallerKind.API_KEY, id=ids.new_id(), role=Role.ADMINISTRATOR, scopes=frozenset({"read"}), key_id="k"
    )

    for caller in (project.ada, project.employ(make_user(role=Role.SUPERVISOR)), key):
        call = project.projects.ListOrphanedProjects(pb.ListOrphanedProjectsRequest(), metadata=project.by(caller))
        assert await refusal_of(call) == ("PERMISSION_DENIED", "ADMINISTRATOR_REQUIRED")


async def test_transfer_project__owner_stays_as_editor(project: Project) -> None:
    name = await shared_with_bob(project)

    given = await project.projects.TransferProject(
        pb.TransferProjectRequest(name=name, owner=f"users/{project.bob.id}"), metadata=project.by(project.ada)
    )

    assert (given.owner, given.caller_role) == (f"users/{project.bob.id}", pb.PROJECT_ROLE_EDITOR)
    again = pb.TransferProjectRequest(name=name, owner=f"users/{project.ada.id}")
    refused = await refusal_of(project.projects.TransferProject(again, metadata=project.by(project.ada)))
    assert refused == ("PERMISSION_DENIED", "OWNER_REQUIRED")


async def test_transfer_project__new_owner_must_have_an_account(project: Project) -> None:
    name = (await project.make_project()).name
    project.directory.people[project.bob.id] = Person(None, is_supervisor=False, is_active=False)

    transfer = pb.TransferProjectRequest(name=name, owner=f"users/{project.bob.id}")
    refused = await refusal_of(project.projects.TransferProject(transfer, metadata=project.by(project.ada)))

    assert refused == ("INVALID_ARGUMENT", "PRINCIPAL_UNKNOWN")


async def test_result_service__refuses_people_and_keys(project: Project) -> None:
    key = Caller(kind=CallerKind.API_KEY, id=ids.new_id(), scopes=frozenset({"read", "upload", "edit"}), key_id="k")
    request = result_service_pb2.ReportResultsRequest()

    for caller in (project.ada, key):
        refused = await refusal_of(project.results.ReportResults(request, metadata=project.by(caller)))
        assert refused[0] == "PERMISSION_DENIED"
    await project.results.ReportResults(request, metadata=project.by(INFERENCE))


async def test_audit__is_told_once_of_what_was_done(project: Project) -> None:
    name = await shared_with_bob(project)
    image = await project.add_image(name)
    metadata = (*project.by(project.ada), ("x-request-id", "call-of-the-audit"), ("x-forwarded-for", "10.1.2.3"))
    asked = await project.images.ModifyImageAccess(
        images.ModifyImageAccessRequest(parent=name, selector=by_ids(image), mode=RESTRICTED, request_id=ids.new_id()),
        metadata=metadata,
    )
    await project.finished(asked.name)
    await project.projects.TransferProject(
        pb.TransferProjectRequest(name=name, owner=f"users/{project.bob.id}"), metadata=project.by(project.ada)
    )
    await project.projects.DeleteProject(pb.DeleteProjectRequest(name=name), metadata=project.by(project.bob))

    async def all_told() -> bool:
        return len(project.audit.events) == 4

    await eventually(all_told)
    (narrowed,) = project.audit.told("image.set_access")
    assert (narrowed.actor, narrowed.target) == (f"users/{project.ada.id}", image)
    assert (narrowed.details["mode"], narrowed.details["images"]) == ("RESTRICTED", "1")
    origin = narrowed.origin
    assert (origin.display_name, origin.client_address, origin.call_id) == ("Ada", "10.1.2.3", "call-of-the-audit")
    (given,) = project.audit.told("project.transfer")
    assert given.details == {"before": f"users/{project.ada.id}", "after": f"users/{project.bob.id}"}
    (deleted,) = project.audit.told("project.delete")
    assert (deleted.actor, deleted.target) == (f"users/{project.bob.id}", name)
    assert f"USER:{project.bob.id}:VIEWER" in project.audit.told("project.create")[0].details["added"]


async def test_audit__is_not_told_of_what_was_refused(project: Project) -> None:
    name = await shared_with_bob(project)
    update = pb.UpdateProjectRequest(
        project=pb.Project(name=name, visibility=pb.Project.VISIBILITY_ORGANISATION, etag="99"),
        update_mask=FieldMask(paths=["visibility"]),
    )

    assert (await refusal_of(project.projects.UpdateProject(update, metadata=project.by(project.ada))))[0] == "ABORTED"

    async with project.parts.stores(read_only=True) as store:
        assert [one.action for one in await store.audit.oldest(9) if one.action != "project.create"] == []
    assert project.audit.told("project.share") == []


async def test_operations__of_guests_are_their_own(project: Project) -> None:
    name = (await project.make_project()).name
    image = await project.add_image(name)
    await modify(project, name, by_ids(image), add_readers=[f"users/{project.bob.id}"])

    found = await project.operations.ListOperations(
        operation_service_pb2.ListOperationsRequest(parent=name), metadata=project.by(project.bob)
    )

    assert list(found.operations) == []
