"""A served project service with images that were analysed, and its neighbours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.longrunning import operations_pb2

from loupe.inference.v1 import prediction_pb2
from loupe.project.v1 import (
    analysis_service_pb2_grpc,
    curation_service_pb2_grpc,
    drift_service_pb2_grpc,
    export_service_pb2_grpc,
    image_pb2,
    image_service_pb2,
    image_service_pb2_grpc,
    operation_service_pb2,
    operation_service_pb2_grpc,
    project_service_pb2,
    project_service_pb2_grpc,
    saved_search_service_pb2_grpc,
    search_service_pb2_grpc,
    similar_service_pb2_grpc,
    split_service_pb2_grpc,
    tag_service_pb2_grpc,
    teach_service_pb2_grpc,
)
from loupe_kit.caller import Caller
from loupe_kit.ids import new_id
from loupe_kit.testing import SERVICE_TOKEN_KEY, RunningServer, SigningKeys, make_user, running_server
from loupe_project.bootstrap import Parts, bootstrap
from loupe_project.domain.image import Arrival, Box, MetadataValue, NewImage, NewLabel
from loupe_project.domain.job import FoundBox, Result
from loupe_project.domain.operation import OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.settings import ProjectSettings
from loupe_project.use_cases.keep_maps import MapKeeper
from tests.integration.project.auth_fakes import FakeAuditLog, FakeDirectory
from tests.integration.project.results.fakes import DIMENSION, FakeCuration, FakeReduction, served_neighbours

MODEL = "efficientnet-lite0"


class FakeCatalogue:
    async def active_version(self, model: str) -> str:
        return "1"

    async def check_version(self, model: str, version: str) -> None:
        """Knows every version."""


@dataclass
class Bench:
    """What a test of search, maps and exports needs."""

    server: RunningServer
    parts: Parts
    reduction: FakeReduction
    curation: FakeCuration
    caller: Caller
    handlers: dict[OperationKind, Any]
    """Who does long work; tests may replace them."""
    audit: FakeAuditLog
    keeper: MapKeeper
    project: str = ""
    image_ids: list[str] = field(default_factory=list)

    @property
    def who(self) -> Any:
        return self.server.metadata(self.caller)

    def stub(self, name: str) -> Any:
        modules = {
            "SavedSearch": saved_search_service_pb2_grpc,
            "Search": search_service_pb2_grpc,
            "Analysis": analysis_service_pb2_grpc,
            "Curation": curation_service_pb2_grpc,
            "Drift": drift_service_pb2_grpc,
            "Export": export_service_pb2_grpc,
            "Project": project_service_pb2_grpc,
            "Image": image_service_pb2_grpc,
            "Similar": similar_service_pb2_grpc,
            "Split": split_service_pb2_grpc,
            "Tag": tag_service_pb2_grpc,
            "Teach": teach_service_pb2_grpc,
            "Operation": operation_service_pb2_grpc,
        }
        return getattr(modules[name], f"{name}ServiceStub")(self.server.channel)

    async def wait(self, operation: str, who: Any = None) -> tuple[operations_pb2.Operation, list[str]]:
        """The operation when it is done, and the phases it went through."""
        last, phases = operations_pb2.Operation(), []
        request = operation_service_pb2.WatchOperationRequest(name=operation)
        async for last in self.stub("Operation").WatchOperation(request, metadata=who or self.who):
            metadata = operation_service_pb2.OperationMetadata()
            last.metadata.Unpack(metadata)
            phases.append(metadata.phase)
        return last, phases

    async def create_project(self) -> None:
        message = project_service_pb2.Project(display_name="Cells", model=f"models/{MODEL}")
        request = project_service_pb2.CreateProjectRequest(project=message)
        self.project = (await self.stub("Project").CreateProject(request, metadata=self.who)).name

    async def add_images(self, count: int, **more: Any) -> list[str]:
        """Images `cell-<n>.png`: stored, analysed with features, every other one labelled OK and predicted dent."""
        project_id = self.project.split("/")[1]
        start = len(self.image_ids)
        new = [self.new_image(project_id, start + number, **more) for number in range(count)]
        arrival = Arrival(project_id, f"users/{self.caller.id}", None, "http", datetime.now(UTC))
        for one in new:
            await self.parts.objects.put_bytes(one.object_key, f"bytes of {one.id}".encode())
        async with self.parts.stores() as store:
            project = await store.projects.get(Scope.of_loupe(), project_id)
            assert project is not None
            await store.images.add(project, arrival, new)
            await store.results.store([_result(project_id, n, one.id) for n, one in enumerate(new)], arrival.time)
            await store.commit()
        self.image_ids += [one.id for one in new]
        return [one.id for one in new]

    def new_image(
        self, project_id: str, number: int, metadata: dict[str, MetadataValue] | None = None, **more: Any
    ) -> NewImage:
        image_id = new_id()
        labels = (NewLabel("OK"), NewLabel("dent", Box(1, 2, 3, 4))) if number % 2 else ()
        given: dict[str, MetadataValue] = {"line": f"L{number % 3}", "temp": 60.5 + number, "hot": number % 2 == 0}
        return NewImage(
            id=image_id,
            file_name=more.get("file_name", f"line/cell-{number}.png"),
            sha256=image_id.replace("-", "") * 2,
            format="PNG",
            width=40,
            height=30,
            size_bytes=len(f"bytes of {image_id}"),
            object_key=f"projects/{project_id}/images/{image_id}",
            thumbnail_key=f"projects/{project_id}/thumbnails/{image_id}.jpg",
            capture_time=datetime(2026, 11, 20, 8, tzinfo=UTC),
            metadata=given if metadata is None else metadata,
            labels=labels,
            tags=("first look",) if number == 0 else (),
        )


def _result(project_id: str, number: int, image_id: str) -> Result:
    box = FoundBox("dent", 0.75, 1, 2, 10, 20)
    output = prediction_pb2.Prediction(model=MODEL, version="1")
    output.boxes.boxes.add(label="dent", confidence=0.75, x=1, y=2, width=10, height=20)
    return Result(
        project_id=project_id,
        image_id=image_id,
        model=MODEL,
        version="1",
        attempt=1,
        task="detection",
        label="dent",
        confidence=0.75,
        boxes=(box,),
        output=output.SerializeToString(),
        feature_dimension=DIMENSION if number % 7 != 6 else 0,
    )


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Bench]:
    keys, reduction, curation = SigningKeys(), FakeReduction(), FakeCuration()
    directory, audit = FakeDirectory(), FakeAuditLog()
    async with served_neighbours(reduction, curation, keys) as neighbours:
        settings = ProjectSettings(data_dir=folder, service_token_key=SERVICE_TOKEN_KEY)
        service = bootstrap(
            settings,
            catalogue=FakeCatalogue(),
            inference_channel=neighbours.channel,
            reduction_channel=neighbours.channel,
            directory=directory,
            audit_log=audit,
        )
        await service.start()
        try:
            async with running_server(service.registrations, keys=keys) as server:
                parts, handlers = service.resources["parts"], service.resources["handlers"]
                keeper = service.resources["keeper"]
                yield Bench(server, parts, reduction, curation, make_user(), handlers, audit, keeper)
        finally:
            await service.stop()


async def narrow(bench: Bench, *image_ids: str) -> None:
    """Keep images from everybody but the project's owner and editors."""
    selector = image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=image_ids))
    request = image_service_pb2.ModifyImageAccessRequest(
        parent=bench.project, selector=selector, mode=image_service_pb2.ImageAccess.MODE_RESTRICTED
    )
    asked = await bench.stub("Image").ModifyImageAccess(request, metadata=bench.who)
    done, _ = await bench.wait(asked.name)
    assert done.WhichOneof("result") == "response", done.error
