"""A running project service: a real server with all interceptors, SQLite, a folder, a fake of inference."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from loupe.inference.v1 import (
    feature_service_pb2,
    feature_service_pb2_grpc,
    model_service_pb2,
    model_service_pb2_grpc,
    task_pb2,
)
from loupe.project.v1 import (
    evaluation_service_pb2_grpc,
    image_service_pb2_grpc,
    label_service_pb2_grpc,
    operation_service_pb2,
    operation_service_pb2_grpc,
    project_service_pb2,
    project_service_pb2_grpc,
    result_service_pb2_grpc,
    review_service_pb2_grpc,
    tag_service_pb2_grpc,
    trash_service_pb2_grpc,
)
from loupe_kit import ids
from loupe_kit.caller import Caller, CallerKind, Role
from loupe_kit.errors import NotFound
from loupe_kit.objects import FolderObjectStore
from loupe_kit.queue import InProcessQueue
from loupe_kit.rpc_policy import Access
from loupe_kit.server import Registration
from loupe_kit.status import from_rpc_error
from loupe_kit.testing import SERVICE_TOKEN_KEY, RunningServer, SigningKeys, bearer, make_user, running_server
from loupe_project.bootstrap import Parts, bootstrap
from loupe_project.domain.image import Arrival, NewImage
from loupe_project.domain.scope import Scope
from loupe_project.ports.access import Person
from loupe_project.settings import ProjectSettings
from tests.integration.project.auth_fakes import FakeAuditLog, FakeDirectory, FakeKeys

Metadata = tuple[tuple[str, str], ...]
MODEL = "efficientnet-lite0"
INFERENCE = Caller(kind=CallerKind.SERVICE, id="inference")


class FakeInference(model_service_pb2_grpc.ModelServiceServicer, feature_service_pb2_grpc.FeatureServiceServicer):
    """Knows two models, and remembers whose features were deleted."""

    def __init__(self) -> None:
        self.deleted: list[tuple[str, list[str]]] = []
        self.copied: list[tuple[str, str, list[str], list[str], str]] = []

    async def GetModel(self, request: model_service_pb2.GetModelRequest, context: Any) -> model_service_pb2.Model:
        if request.name not in (f"models/{MODEL}", "models/yolo"):
            raise NotFound("no such model")
        return model_service_pb2.Model(name=request.name, active_version="3" if "yolo" in request.name else "1")

    async def GetModelVersion(
        self, request: model_service_pb2.GetModelVersionRequest, context: Any
    ) -> model_service_pb2.ModelVersion:
        if request.name != "models/yolo/versions/2":
            raise NotFound("no such version")
        return model_service_pb2.ModelVersion(name=request.name)

    async def CopyFeatures(
        self, request: feature_service_pb2.CopyFeaturesRequest, context: Any
    ) -> feature_service_pb2.CopyFeaturesResponse:
        sources, targets = ids.unpack_ids(request.source_image_ids), ids.unpack_ids(request.target_image_ids)
        self.copied.append((request.model, request.version, sources, targets, request.target_project_id))
        return feature_service_pb2.CopyFeaturesResponse(copied_count=len(sources))

    async def DeleteFeatures(
        self, request: feature_service_pb2.DeleteFeaturesRequest, context: Any
    ) -> feature_service_pb2.DeleteFeaturesResponse:
        self.deleted.append((request.project_id, ids.unpack_ids(request.image_ids)))
        return feature_service_pb2.DeleteFeaturesResponse()


@dataclass
class Project:
    """The running service, its stubs, and what is behind it."""

    server: RunningServer
    parts: Parts
    inference: FakeInference
    directory: FakeDirectory
    audit: FakeAuditLog
    keys: FakeKeys
    ada: Caller = field(default_factory=lambda: make_user(display_name="Ada", department_id=ids.new_id()))
    bob: Caller = field(default_factory=lambda: make_user(display_name="Bob", department_id=ids.new_id()))

    def __post_init__(self) -> None:
        channel = self.server.channel
        for one in (self.ada, self.bob):
            self.employ(one)
        self.projects = project_service_pb2_grpc.ProjectServiceStub(channel)
        self.images = image_service_pb2_grpc.ImageServiceStub(channel)
        self.trash = trash_service_pb2_grpc.TrashServiceStub(channel)
        self.tags = tag_service_pb2_grpc.TagServiceStub(channel)
        self.labels = label_service_pb2_grpc.LabelServiceStub(channel)
        self.evaluation = evaluation_service_pb2_grpc.EvaluationServiceStub(channel)
        self.reviews = review_service_pb2_grpc.ReviewServiceStub(channel)
        self.results = result_service_pb2_grpc.ResultServiceStub(channel)
        self.operations = operation_service_pb2_grpc.OperationServiceStub(channel)

    def employ(self, caller: Caller) -> Caller:
        """Let the directory say of somebody what his token says."""
        is_supervisor = caller.role is Role.SUPERVISOR
        self.directory.people[caller.id] = Person(caller.department_id, is_supervisor, is_active=True)
        return caller

    def by(self, caller: Caller) -> Metadata:
        """Metadata of a call by somebody."""
        if caller.kind is CallerKind.API_KEY:
            return bearer(self.keys.text_of(caller))
        return self.server.metadata(caller)

    async def make_project(self, owner: Caller | None = None, **fields: Any) -> project_service_pb2.Project:
        """A project, of Ada unless somebody else is named."""
        project = project_service_pb2.Project(**{"display_name": "Cells", "model": f"models/{MODEL}", **fields})
        made: project_service_pb2.Project = await self.projects.CreateProject(
            project_service_pb2.CreateProjectRequest(project=project), metadata=self.by(owner or self.ada)
        )
        return made

    async def add_image(self, project_name: str, data: bytes = b"bytes", **fields: Any) -> str:
        """An image as intake adds it; gives its resource name."""
        project_id, image_id = project_name.rpartition("/")[2], ids.new_id()
        image = NewImage(
            **{
                "id": image_id,
                "file_name": "cell.png",
                "sha256": hashlib.sha256(image_id.encode()).hexdigest(),
                "format": "PNG",
                "width": 300,
                "height": 200,
                "size_bytes": len(data),
                "object_key": f"projects/{project_id}/images/{image_id}",
                "thumbnail_key": f"projects/{project_id}/thumbnails/{image_id}.jpg",
                **fields,
            }
        )
        await self.parts.objects.put_bytes(image.object_key, data)
        await self.parts.objects.put_bytes(image.thumbnail_key, b"small")
        async with self.parts.stores() as store:
            project = await store.projects.get(Scope.of_loupe(), project_id)
            assert project is not None
            arrival = Arrival(project_id, f"users/{self.ada.id}", None, "grpc", self.parts.clock.now())
            await store.images.add(project, arrival, [image])
            await store.commit()
        self.parts.jobs.ring()
        return f"projects/{project_id}/images/{image_id}"

    async def claim_tasks(self, count: int, model: str = MODEL) -> list[task_pb2.AnalysisTask]:
        """So many tasks from the queue; fails when they do not come."""
        tasks: list[task_pb2.AnalysisTask] = []
        while len(tasks) < count:
            found = await self.parts.queue.claim(f"analysis.{model}", "test", count, timedelta(seconds=5))
            assert found, f"{len(tasks)} of {count} tasks came"
            await self.parts.queue.ack(f"analysis.{model}", [one.id for one in found])
            tasks += [task_pb2.AnalysisTask.FromString(one.payload) for one in found]
        return tasks

    async def finished(self, name: str, caller: Caller | None = None) -> Any:
        """The operation when it is done."""
        request = operation_service_pb2.WatchOperationRequest(name=name)
        async for operation in self.operations.WatchOperation(
            request, metadata=self.by(caller or self.ada), timeout=60
        ):
            if operation.done:
                return operation
        raise AssertionError("the stream ended before the operation")


async def eventually(question: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    """Return as soon as the answer is yes; fail when it stays no."""
    async with asyncio.timeout(seconds):
        while not await question():  # noqa: ASYNC110 - what is asked about knows no event
            await asyncio.sleep(0.02)


def reason_of(error: grpc.aio.AioRpcError) -> str:
    """Reason of a refusal."""
    return from_rpc_error(error).reason


def _registrations(inference: FakeInference) -> list[Registration]:
    names = (
        "StreamFeatures",
        "StreamObjectFeatures",
        "PutFeatures",
        "DeleteFeatures",
        "CopyFeatures",
        "CountFeatures",
        "FindMissingFeatures",
        "ListFeatureSets",
    )
    models = [method.name for method in model_service_pb2.DESCRIPTOR.services_by_name["ModelService"].methods]
    return [
        Registration(
            model_service_pb2_grpc.add_ModelServiceServicer_to_server,
            inference,
            "loupe.inference.v1.ModelService",
            {f"/loupe.inference.v1.ModelService/{one}": Access.PUBLIC for one in models},
        ),
        Registration(
            feature_service_pb2_grpc.add_FeatureServiceServicer_to_server,
            inference,
            "loupe.inference.v1.FeatureService",
            {f"/loupe.inference.v1.FeatureService/{one}": Access.PUBLIC for one in names},
        ),
    ]


@pytest.fixture
async def project(tmp_path: Path) -> AsyncIterator[Project]:
    directory, audit = FakeDirectory(), FakeAuditLog()
    inference = FakeInference()  # type: ignore[abstract] # the other RPCs are not called
    async with AsyncExitStack() as stack:
        behind = await stack.enter_async_context(running_server(_registrations(inference)))
        service = bootstrap(
            ProjectSettings(data_dir=tmp_path, service_token_key=SERVICE_TOKEN_KEY),
            objects=FolderObjectStore(tmp_path / "objects"),
            queue=InProcessQueue(),
            inference_channel=behind.channel,
            directory=directory,
            audit_log=audit,
        )
        await service.start()
        stack.push_async_callback(service.stop)
        signing, keys = SigningKeys(), FakeKeys()
        server = await stack.enter_async_context(
            running_server(service.registrations, keys=signing, authenticator=signing.authenticator(keys))
        )
        yield Project(server, service.resources["parts"], inference, directory, audit, keys)
