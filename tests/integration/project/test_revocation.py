"""A right that ends, ends within five seconds for what is running: streams, uploads, long work, exports."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc import status_pb2

from loupe.project.v1 import image_pb2, operation_service_pb2, upload_batch_service_pb2, upload_batch_service_pb2_grpc
from loupe.project.v1 import image_service_pb2 as images
from loupe.project.v1 import project_service_pb2 as pb
from loupe_kit import ids
from loupe_kit.caller import Caller, CallerKind
from loupe_project.ports.access import Person
from tests.integration.project.conftest import Project, reason_of
from tests.integration.project.test_sharing import by_ids, modify, shared_with_bob

PROMISED_SECONDS = 5.0
LARGE = bytes(16 << 20)
"""More than the buffers between a server and a client who does not read."""


async def unshare(project: Project, name: str) -> None:
    request = pb.UpdateProjectRequest(project=pb.Project(name=name), update_mask=FieldMask(paths=["members"]))
    await project.projects.UpdateProject(request, metadata=project.by(project.ada))


async def drained(stream: Any) -> None:
    async for _ in stream:
        pass


async def end_of(stream: Any) -> grpc.aio.AioRpcError:
    """How a stream is ended; it must be within the time promised."""
    begun = time.monotonic()
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await asyncio.wait_for(drained(stream), PROMISED_SECONDS + 2)
    assert time.monotonic() - begun < PROMISED_SECONDS
    return ended.value


async def endless_operation(project: Project, name: str, caller: Caller) -> str:
    """An operation that waits for an analysis that nobody makes."""
    request = images.AnalyseImagesRequest(parent=name, selector=image_pb2.ImageSelector(query=""))
    asked = await project.images.AnalyseImages(request, metadata=project.by(caller))
    operation: str = asked.name
    return operation


def watch(project: Project, operation: str, caller: Caller) -> Any:
    request = operation_service_pb2.WatchOperationRequest(name=operation)
    return project.operations.WatchOperation(request, metadata=project.by(caller))


async def test_operation_and_its_watcher__end_when_the_project_is_unshared(project: Project) -> None:
    name = await shared_with_bob(project, pb.PROJECT_ROLE_EDITOR)
    await project.add_image(name)
    operation = await endless_operation(project, name, project.bob)
    stream = watch(project, operation, project.bob)
    await stream.read()

    await unshare(project, name)

    assert reason_of(await end_of(stream)) == "PROJECT_NOT_FOUND"
    error = await error_of(project, operation)
    assert (error.code, "no project" in error.message) == (grpc.StatusCode.NOT_FOUND.value[0], True)


async def test_operation__ends_when_its_creator_may_only_look(project: Project) -> None:
    name = await shared_with_bob(project, pb.PROJECT_ROLE_EDITOR)
    await project.add_image(name)
    operation = await endless_operation(project, name, project.bob)
    viewer = pb.ProjectMember(principal=f"users/{project.bob.id}", role=pb.PROJECT_ROLE_VIEWER)
    request = pb.UpdateProjectRequest(
        project=pb.Project(name=name, members=[viewer]), update_mask=FieldMask(paths=["members"])
    )

    await project.projects.UpdateProject(request, metadata=project.by(project.ada))

    error = await error_of(project, operation)
    assert error.code == grpc.StatusCode.PERMISSION_DENIED.value[0]


@pytest.mark.parametrize("now", [Person(None, is_supervisor=False, is_active=True), None])
async def test_watcher__ends_when_the_person_leaves_the_department_or_the_plant(
    project: Project, now: Person | None
) -> None:
    member = pb.ProjectMember(principal=f"departments/{project.bob.department_id}", role=pb.PROJECT_ROLE_EDITOR)
    name = (await project.make_project(members=[member])).name
    await project.add_image(name)
    operation = await endless_operation(project, name, project.bob)
    stream = watch(project, operation, project.bob)
    await stream.read()

    project.directory.people[project.bob.id] = now

    assert (await end_of(stream)).code() is grpc.StatusCode.NOT_FOUND
    assert (await error_of(project, operation)).code == grpc.StatusCode.NOT_FOUND.value[0]


async def error_of(project: Project, operation: str) -> Any:
    """Why an operation ended, soon."""
    _, project_id, _, operation_id = operation.split("/")
    async with asyncio.timeout(PROMISED_SECONDS):
        while True:
            async with project.parts.stores(read_only=True) as store:
                found = await store.operations.get(project_id, operation_id)
            if found.is_done:
                break
            await asyncio.sleep(0.1)
    return status_pb2.Status.FromString(found.error)


async def test_download__ends_when_the_image_is_narrowed(project: Project) -> None:
    name = await shared_with_bob(project)
    image = await project.add_image(name, data=LARGE)
    stream = project.images.DownloadImage(images.DownloadImageRequest(name=image), metadata=project.by(project.bob))
    await stream.read()

    await modify(project, name, by_ids(image), mode=images.ImageAccess.MODE_RESTRICTED)
    await asyncio.sleep(2.5)

    assert reason_of(await end_of(stream)) == "IMAGE_NOT_FOUND"


async def test_download__goes_on_for_somebody_who_keeps_the_right(project: Project) -> None:
    name = await shared_with_bob(project)
    image = await project.add_image(name, data=LARGE)
    stream = project.images.DownloadImage(images.DownloadImageRequest(name=image), metadata=project.by(project.bob))
    first: Any = await stream.read()
    await asyncio.sleep(2.5)

    size = len(first.data) + sum([len(piece.data) async for piece in stream])

    assert size == len(LARGE)


async def test_upload__ends_when_the_project_is_unshared(project: Project) -> None:
    name = await shared_with_bob(project, pb.PROJECT_ROLE_EDITOR)
    stub = upload_batch_service_pb2_grpc.UploadBatchServiceStub(project.server.channel)
    request = upload_batch_service_pb2.UploadFilesRequest

    async def messages() -> AsyncIterator[upload_batch_service_pb2.UploadFilesRequest]:
        yield request(header=upload_batch_service_pb2.UploadHeader(parent=name))
        yield request(file=upload_batch_service_pb2.UploadFile(file_name="a.png"))
        while True:
            yield request(chunk=b"pixels")
            await asyncio.sleep(0.1)

    stream = stub.UploadFiles(messages(), metadata=project.by(project.bob))
    begun = await stream.read()
    assert begun is not grpc.aio.EOF

    await unshare(project, name)

    assert reason_of(await end_of(stream)) == "PROJECT_NOT_FOUND"


async def test_watch_upload_batch__ends_when_the_project_is_unshared(project: Project) -> None:
    name = await shared_with_bob(project, pb.PROJECT_ROLE_EDITOR)
    stub = upload_batch_service_pb2_grpc.UploadBatchServiceStub(project.server.channel)
    request = upload_batch_service_pb2.UploadFilesRequest
    uploading = stub.UploadFiles(metadata=project.by(project.ada))
    await uploading.write(request(header=upload_batch_service_pb2.UploadHeader(parent=name)))
    begun: Any = await uploading.read()
    watched = upload_batch_service_pb2.WatchUploadBatchRequest(name=begun.begun.name)
    stream = stub.WatchUploadBatch(watched, metadata=project.by(project.bob))
    await stream.read()

    await unshare(project, name)

    assert reason_of(await end_of(stream)) == "PROJECT_NOT_FOUND"
    await uploading.done_writing()
    await drained(uploading)


def key_of(owner: Caller, project_name: str, *scopes: str) -> Caller:
    return Caller(
        kind=CallerKind.API_KEY,
        id=owner.id,
        department_id=owner.department_id,
        scopes=frozenset(scopes),
        key_projects=frozenset({project_name.rpartition("/")[2]}),
        key_id=ids.new_id(),
    )


async def test_key__watches_within_its_project_and_its_scopes(project: Project) -> None:
    name, other = await shared_with_bob(project, pb.PROJECT_ROLE_EDITOR), (await project.make_project()).name
    await project.add_image(name)
    key = key_of(project.ada, name, "read", "analyse")
    operation = await endless_operation(project, name, key)
    stream = watch(project, operation, key)
    assert (await stream.read()).name == operation

    elsewhere, without = key_of(project.ada, other, "read"), key_of(project.ada, name, "upload")
    assert (await end_of(watch(project, operation, elsewhere))).code() is grpc.StatusCode.NOT_FOUND
    assert (await end_of(watch(project, operation, without))).code() is grpc.StatusCode.PERMISSION_DENIED
    project.keys.revoke(key)
    assert (await end_of(stream)).code() is grpc.StatusCode.UNAUTHENTICATED


async def test_key__ends_with_its_owners_right(project: Project) -> None:
    name = await shared_with_bob(project, pb.PROJECT_ROLE_EDITOR)
    await project.add_image(name)
    key = key_of(project.bob, name, "read", "analyse")
    operation = await endless_operation(project, name, key)
    stream = watch(project, operation, key)
    await stream.read()

    await unshare(project, name)

    assert reason_of(await end_of(stream)) == "PROJECT_NOT_FOUND"
    assert (await error_of(project, operation)).code == grpc.StatusCode.NOT_FOUND.value[0]


async def test_operation__ends_when_its_key_is_revoked(project: Project) -> None:
    name = (await project.make_project()).name
    await project.add_image(name)
    key = key_of(project.ada, name, "read", "analyse")
    operation = await endless_operation(project, name, key)

    project.directory.revoked_keys.add(str(key.key_id))

    assert (await error_of(project, operation)).code == grpc.StatusCode.NOT_FOUND.value[0]
