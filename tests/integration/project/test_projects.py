"""Projects over the wire: who may do what, and what is answered."""

from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import project_service_pb2 as pb
from loupe_kit import ids
from loupe_kit.caller import Caller, CallerKind
from tests.integration.project.conftest import MODEL, Project, eventually, reason_of

SOMEBODY = f"users/{ids.new_id()}"


async def test_create_project__owner_gets_it_back(project: Project) -> None:
    made = await project.make_project(time_zone="Asia/Seoul")

    found = await project.projects.GetProject(pb.GetProjectRequest(name=made.name), metadata=project.by(project.ada))

    assert found == made
    assert (found.model_version, found.caller_role, found.owner) == (
        "1",
        pb.PROJECT_ROLE_OWNER,
        f"users/{project.ada.id}",
    )
    assert (found.time_zone, found.visibility, found.etag) == ("Asia/Seoul", pb.Project.VISIBILITY_PRIVATE, "1")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"model": "models/unknown"}, "MODEL_UNKNOWN"),
        ({"model": "unknown"}, "INVALID_ARGUMENT"),
        ({"display_name": "  "}, "INVALID_ARGUMENT"),
        ({"display_name": "x" * 101}, "INVALID_ARGUMENT"),
        ({"time_zone": "Mars/Base"}, "INVALID_ARGUMENT"),
        ({"time_zone": "../../etc/passwd"}, "INVALID_ARGUMENT"),
        ({"members": [pb.ProjectMember(principal="users/x", role=pb.PROJECT_ROLE_VIEWER)]}, "INVALID_ARGUMENT"),
        (
            {"members": [pb.ProjectMember(principal=f"users/{ids.new_id()}", role=pb.PROJECT_ROLE_OWNER)]},
            "INVALID_ARGUMENT",
        ),
    ],
)
async def test_create_project__bad_field(project: Project, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.make_project(**fields)

    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(refusal.value) == reason


async def test_create_project__same_request_id_gives_the_first_answer(project: Project) -> None:
    request = pb.CreateProjectRequest(
        project=pb.Project(display_name="Cells", model=f"models/{MODEL}"), request_id=ids.new_id()
    )

    first = await project.projects.CreateProject(request, metadata=project.by(project.ada))
    again = await project.projects.CreateProject(request, metadata=project.by(project.ada))

    assert again == first
    listed = await project.projects.ListProjects(pb.ListProjectsRequest(), metadata=project.by(project.ada))
    assert len(listed.projects) == 1


async def test_get_project__somebody_elses_does_not_exist(project: Project) -> None:
    made = await project.make_project()
    by = project.by(project.bob)

    for call in (
        project.projects.GetProject(pb.GetProjectRequest(name=made.name), metadata=by),
        project.projects.DeleteProject(pb.DeleteProjectRequest(name=made.name), metadata=by),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await call
        assert refusal.value.code() is grpc.StatusCode.NOT_FOUND
        assert reason_of(refusal.value) == "PROJECT_NOT_FOUND"


async def test_get_project__needs_an_identity(project: Project) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.projects.GetProject(pb.GetProjectRequest(name=f"projects/{ids.new_id()}"))

    assert refusal.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_update_project__viewer_may_not(project: Project) -> None:
    made = await project.make_project(visibility=pb.Project.VISIBILITY_ORGANISATION)

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await _update(project, project.bob, pb.Project(name=made.name, display_name="Mine"), "display_name")

    assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert reason_of(refusal.value) == "EDIT_RIGHT_REQUIRED"


async def test_update_project__editor_may_rename_but_not_share(project: Project) -> None:
    department = f"departments/{project.bob.department_id}"
    made = await project.make_project(members=[pb.ProjectMember(principal=department, role=pb.PROJECT_ROLE_EDITOR)])

    renamed = await _update(project, project.bob, pb.Project(name=made.name, display_name="Ours"), "display_name")
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await _update(project, project.bob, pb.Project(name=made.name), "members")

    assert (renamed.display_name, renamed.caller_role) == ("Ours", pb.PROJECT_ROLE_EDITOR)
    assert renamed.members == made.members
    assert reason_of(refusal.value) == "OWNER_REQUIRED"


async def test_update_project__stale_etag(project: Project) -> None:
    made = await project.make_project()
    await _update(project, project.ada, pb.Project(name=made.name, description="x"), "description")

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await _update(project, project.ada, pb.Project(name=made.name, description="y", etag=made.etag), "description")

    assert refusal.value.code() is grpc.StatusCode.ABORTED
    assert reason_of(refusal.value) == "ETAG_MISMATCH"


@pytest.mark.parametrize("paths", [[], ["name"], ["image_counts"], ["display_name", "nonsense"]])
async def test_update_project__bad_mask(project: Project, paths: list[str]) -> None:
    made = await project.make_project()

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await _update(project, project.ada, pb.Project(name=made.name), *paths)

    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_update_project__another_model_takes_over_what_waits(project: Project) -> None:
    made = await project.make_project()
    image = await project.add_image(made.name)
    await project.claim_tasks(1)

    changed = await _update(project, project.ada, pb.Project(name=made.name, model="models/yolo"), "model")

    assert (changed.model, changed.model_version) == ("models/yolo", "3")
    (task,) = await project.claim_tasks(1, "yolo")
    assert (task.image_id, task.attempt) == (image.rpartition("/")[2], 2)


async def test_update_project__handed_over_the_one_before_stays_as_editor(project: Project) -> None:
    made = await project.make_project()
    owner = f"users/{project.bob.id}"

    handed_over = await _update(project, project.ada, pb.Project(name=made.name, owner=owner), "owner")

    assert (handed_over.owner, handed_over.caller_role) == (owner, pb.PROJECT_ROLE_EDITOR)
    taken = await project.projects.GetProject(pb.GetProjectRequest(name=made.name), metadata=project.by(project.bob))
    assert taken.caller_role == pb.PROJECT_ROLE_OWNER


async def test_update_project__handed_over_for_good(project: Project) -> None:
    made = await project.make_project()
    owner = f"users/{project.bob.id}"

    handed_over = await _update(project, project.ada, pb.Project(name=made.name, owner=owner), "owner", "members")

    assert handed_over.owner == owner
    listed = await project.projects.ListProjects(pb.ListProjectsRequest(), metadata=project.by(project.ada))
    assert list(listed.projects) == []


async def test_list_projects__pages(project: Project) -> None:
    made = [await project.make_project(display_name=f"P{n}") for n in range(3)]
    await project.make_project(project.bob)

    first = await project.projects.ListProjects(pb.ListProjectsRequest(page_size=2), metadata=project.by(project.ada))
    rest = await project.projects.ListProjects(
        pb.ListProjectsRequest(page_size=2, page_token=first.next_page_token), metadata=project.by(project.ada)
    )

    assert [one.name for one in (*first.projects, *rest.projects)] == [one.name for one in reversed(made)]
    assert rest.next_page_token == ""


async def test_list_projects__token_of_another_filter(project: Project) -> None:
    for _ in range(2):
        await project.make_project()
    page = await project.projects.ListProjects(pb.ListProjectsRequest(page_size=1), metadata=project.by(project.ada))

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.projects.ListProjects(
            pb.ListProjectsRequest(page_token=page.next_page_token, filter="x"), metadata=project.by(project.ada)
        )

    assert reason_of(refusal.value) == "PAGE_TOKEN_INVALID"


async def test_delete_project__bytes_and_features_go_too(project: Project) -> None:
    made = await project.make_project()
    await project.add_image(made.name)
    project_id = made.name.rpartition("/")[2]

    await project.projects.DeleteProject(pb.DeleteProjectRequest(name=made.name), metadata=project.by(project.ada))

    async def is_gone() -> bool:
        return not [key async for key in project.parts.objects.list(f"projects/{project_id}/")]

    await eventually(is_gone)
    assert project.inference.deleted == [(project_id, [])]


async def test_service_caller__is_no_user_of_results_closed_to_people(project: Project) -> None:
    caller = Caller(kind=CallerKind.SERVICE, id="reduction")
    made = await project.make_project()

    found = await project.projects.GetProject(pb.GetProjectRequest(name=made.name), metadata=project.by(caller))

    assert found.name == made.name


async def _update(project: Project, caller: Caller, message: pb.Project, *paths: str) -> pb.Project:
    request = pb.UpdateProjectRequest(project=message, update_mask=FieldMask(paths=paths))
    changed: pb.Project = await project.projects.UpdateProject(request, metadata=project.by(caller))
    return changed
