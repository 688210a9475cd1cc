"""Services that say little, behind a real gRPC server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import grpc
from google.api import httpbody_pb2
from google.longrunning import operations_pb2

from loupe.project.v1 import (
    image_service_pb2,
    image_service_pb2_grpc,
    label_service_pb2,
    label_service_pb2_grpc,
    operation_service_pb2,
    operation_service_pb2_grpc,
    project_service_pb2,
    project_service_pb2_grpc,
    upload_batch_service_pb2,
    upload_batch_service_pb2_grpc,
)
from loupe_kit import client_stream
from loupe_kit.caller import current_caller
from loupe_kit.errors import FieldViolation, InvalidArgument, NotFound, ResourceExhausted
from loupe_kit.rpc_policy import Access
from loupe_kit.server import Registration

Context = grpc.aio.ServicerContext[object, object]


class ProjectNotFound(NotFound):
    reason = "PROJECT_NOT_FOUND"


class Partial:
    """A servicer of which a test needs some methods only."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._not_called

    async def _not_called(self, request: object, context: Context) -> None:
        raise AssertionError("no test calls this")


class FakeProjects(Partial):
    """One project, and who asks for it."""

    async def GetProject(
        self, request: project_service_pb2.GetProjectRequest, context: Context
    ) -> project_service_pb2.Project:
        if request.name != "projects/p":
            raise ProjectNotFound("There is no such project; ListProjects names yours.", project=request.name)
        return project_service_pb2.Project(name=request.name, display_name="Line 3", owner=current_caller().id)

    async def CreateProject(
        self, request: project_service_pb2.CreateProjectRequest, context: Context
    ) -> project_service_pb2.Project:
        if not request.project.display_name:
            raise InvalidArgument("A project needs a name.", fields=[FieldViolation("project.display_name", "empty")])
        return request.project

    async def ListProjects(
        self, request: project_service_pb2.ListProjectsRequest, context: Context
    ) -> project_service_pb2.ListProjectsResponse:
        raise ResourceExhausted("Too many requests; wait.", retry_after=timedelta(seconds=7))

    async def DeleteProject(self, request: project_service_pb2.DeleteProjectRequest, context: Context) -> None:
        raise RuntimeError("a secret from inside")


class FakeOperations(Partial):
    """An operation that moves twice and is done, or breaks off."""

    def __init__(self) -> None:
        self.watched = asyncio.Event()
        self.left = asyncio.Event()

    async def WatchOperation(
        self, request: operation_service_pb2.WatchOperationRequest, context: Context
    ) -> AsyncIterator[operations_pb2.Operation]:
        if request.name.endswith("/gone"):
            raise NotFound("There is no such operation.")
        yield operations_pb2.Operation(name=request.name)
        if request.name.endswith("/breaks"):
            raise NotFound("It was deleted.")
        if request.name.endswith("/endless"):
            self.watched.set()
            try:
                await asyncio.sleep(60)
            finally:
                self.left.set()
        yield operations_pb2.Operation(name=request.name, done=True)


class FakeImages(Partial):
    """An image of three megabytes."""

    async def DownloadImage(
        self, request: image_service_pb2.DownloadImageRequest, context: Context
    ) -> AsyncIterator[httpbody_pb2.HttpBody]:
        await context.send_initial_metadata(
            grpc.aio.Metadata(("content-disposition", 'attachment; filename="a.png"'), ("file-size", "3000000"))
        )
        for _ in range(3):
            yield httpbody_pb2.HttpBody(content_type="image/png", data=b"x" * 1_000_000)


class FakeUploads(Partial):
    """Counts the bytes of each file; refuses a project called closed."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.began = asyncio.Event()
        self.broke_off = asyncio.Event()

    async def UploadFiles(
        self, request_iterator: AsyncIterator[upload_batch_service_pb2.UploadFilesRequest], context: Context
    ) -> AsyncIterator[upload_batch_service_pb2.UploadFilesResponse]:
        answer = upload_batch_service_pb2.UploadFilesResponse
        batch = upload_batch_service_pb2.UploadBatch(name="projects/p/uploadBatches/u")
        name = ""
        try:
            async for message in client_stream.whole(request_iterator):
                if message.header.parent == "projects/closed":
                    raise ProjectNotFound("There is no such project.")
                if message.HasField("file"):
                    self.began.set()
                    if name:
                        yield answer(file=upload_batch_service_pb2.UploadedFile(file_name=name))
                    name = message.file.file_name
                    self.sizes[name] = 0
                elif message.HasField("chunk"):
                    self.sizes[name] += len(message.chunk)
                else:
                    yield answer(begun=batch)
            yield answer(file=upload_batch_service_pb2.UploadedFile(file_name=name))
            yield answer(batch=batch)
        except (asyncio.CancelledError, GeneratorExit):
            # Cancelled while it waits for a message, or closed while an answer is on its way.
            self.broke_off.set()
            raise


class FakeLabels(Partial):
    """Remembers what an import says, and how many bytes it brings; refuses a project called closed."""

    def __init__(self) -> None:
        self.first = label_service_pb2.ImportLabelsRequest()
        self.size = 0
        self.largest = 0
        self.began = asyncio.Event()
        self.broke_off = asyncio.Event()

    async def ImportLabels(
        self, request_iterator: AsyncIterator[label_service_pb2.ImportLabelsRequest], context: Context
    ) -> operations_pb2.Operation:
        try:
            async for message in client_stream.whole(request_iterator):
                if message.parent:
                    self.first = message
                    self.began.set()
                if self.first.parent == "projects/closed":
                    raise ProjectNotFound("There is no such project.")
                self.size += len(message.content)
                self.largest = max(self.largest, len(message.content))
        except asyncio.CancelledError:
            self.broke_off.set()
            raise
        return operations_pb2.Operation(name="projects/p/operations/o", done=True)


class FakeServices:
    """All of them, ready to be served."""

    def __init__(self) -> None:
        self.operations = FakeOperations()
        self.uploads = FakeUploads()
        self.labels = FakeLabels()
        self._served: list[tuple[Callable[[Any, Any], None], object, Any]] = [
            (project_service_pb2_grpc.add_ProjectServiceServicer_to_server, FakeProjects(), project_service_pb2),
            (operation_service_pb2_grpc.add_OperationServiceServicer_to_server, self.operations, operation_service_pb2),
            (label_service_pb2_grpc.add_LabelServiceServicer_to_server, self.labels, label_service_pb2),
            (image_service_pb2_grpc.add_ImageServiceServicer_to_server, FakeImages(), image_service_pb2),
            (
                upload_batch_service_pb2_grpc.add_UploadBatchServiceServicer_to_server,
                self.uploads,
                upload_batch_service_pb2,
            ),
        ]

    def registrations(self) -> list[Registration]:
        found = []
        for add, servicer, module in self._served:
            (service,) = module.DESCRIPTOR.services_by_name.values()
            table = {f"/{service.full_name}/{method.name}": Access.USER for method in service.methods}
            found.append(Registration(add, servicer, service.full_name, table))
        return found
