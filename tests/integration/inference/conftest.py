"""The inference service on a real server, with a project service that only notes results."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Unpack

import grpc
import pytest

from loupe.inference.v1 import task_pb2
from loupe.project.v1 import result_service_pb2, result_service_pb2_grpc
from loupe_inference.bootstrap import Overrides, bootstrap
from loupe_inference.settings import InferenceSettings
from loupe_inference.use_cases.worker import WorkerLimits
from loupe_kit import ids
from loupe_kit.caller import Caller, CallerKind, current_caller
from loupe_kit.channels import open_channel
from loupe_kit.errors import Unavailable
from loupe_kit.objects import FolderObjectStore
from loupe_kit.queue import InProcessQueue
from loupe_kit.rpc_policy import Access
from loupe_kit.server import Registration, Service
from loupe_kit.testing import SERVICE_TOKEN_KEY, RunningServer, SigningKeys, running_server
from tests.integration.project.auth_fakes import FakeAuditLog

PROJECT_SERVICE = Caller(kind=CallerKind.SERVICE, id="project")


class ResultNotes(result_service_pb2_grpc.ResultServiceServicer):
    """Notes what is reported; refuses as many reports as it is told to."""

    def __init__(self) -> None:
        self.results: list[result_service_pb2.ImageResult] = []
        self.callers: set[str] = set()
        self.refusals = 0
        self.use = result_service_pb2.CountModelUseResponse()

    async def CountModelUse(
        self,
        request: result_service_pb2.CountModelUseRequest,
        context: grpc.aio.ServicerContext[
            result_service_pb2.CountModelUseRequest, result_service_pb2.CountModelUseResponse
        ],
    ) -> result_service_pb2.CountModelUseResponse:
        return self.use

    async def ReportResults(
        self,
        request: result_service_pb2.ReportResultsRequest,
        context: grpc.aio.ServicerContext[
            result_service_pb2.ReportResultsRequest, result_service_pb2.ReportResultsResponse
        ],
    ) -> result_service_pb2.ReportResultsResponse:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("Try again.")
        self.callers.add(current_caller().id)
        self.results.extend(request.results)
        return result_service_pb2.ReportResultsResponse(stored_count=len(request.results))


@dataclass(slots=True)
class Running:
    """A running inference service and what is around it."""

    server: RunningServer
    service: Service
    notes: ResultNotes
    objects: FolderObjectStore
    queue: InProcessQueue
    audit: FakeAuditLog
    project_id: str = field(default_factory=ids.new_id)

    async def order(self, data: bytes, *, model: str, attempt: int = 1) -> str:
        """Store an image and order its analysis; returns its id."""
        task = await self.prepare(data, model=model, attempt=attempt)
        await self.queue.publish(f"analysis.{model}", [task.SerializeToString()])
        return task.image_id

    async def prepare(self, data: bytes, *, model: str, attempt: int = 1) -> task_pb2.AnalysisTask:
        """Store an image; returns the order to analyse it."""
        image_id = ids.new_id()
        key = f"projects/{self.project_id}/images/{image_id}"
        await self.objects.put_bytes(key, data)
        return task_pb2.AnalysisTask(
            image_id=image_id,
            project_id=self.project_id,
            object_key=key,
            model=model,
            attempt=attempt,
            size_bytes=len(data),
        )

    async def results(self, count: int) -> dict[str, result_service_pb2.ImageResult]:
        """Wait for `count` results."""
        await until(lambda: len(self.notes.results) >= count)
        return {result.image_id: result for result in self.notes.results}


async def until(done: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - servers tell nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running_inference(
    tmp_path: Path,
    *,
    threads: int = 1,
    batch_images: int = 16,
    changes: Mapping[str, Any] | None = None,
    **overrides: Unpack[Overrides],
) -> AsyncIterator[Running]:
    keys = SigningKeys()
    notes = ResultNotes()
    registration = Registration(
        result_service_pb2_grpc.add_ResultServiceServicer_to_server,
        notes,
        "loupe.project.v1.ResultService",
        {
            "/loupe.project.v1.ResultService/ReportResults": Access.SERVICE,
            "/loupe.project.v1.ResultService/CountModelUse": Access.SERVICE,
        },
    )
    audit = FakeAuditLog()
    objects, queue = FolderObjectStore(tmp_path / "objects"), InProcessQueue(lease=timedelta(seconds=30))
    settings = InferenceSettings(
        data_dir=tmp_path,
        service_token_key=SERVICE_TOKEN_KEY,
        compute_threads=threads,
        nice=0,
        **(changes or {}),
    )
    parts: Overrides = {
        "objects": objects,
        "queue": queue,
        "limits": WorkerLimits(batch_images=batch_images, claim_wait=timedelta(milliseconds=50)),
        "audit_log": audit,
    }
    async with running_server([registration], keys=keys) as project:
        channel = open_channel(project.target, lambda: keys.service_tokens.issue("inference"))
        parts["project_channel"] = channel
        parts.update(overrides)
        service = bootstrap(settings, **parts)
        async with running_server(service.registrations, keys=keys) as server:
            await service.start()
            try:
                yield Running(server, service, notes, objects, queue, audit)
            finally:
                await service.stop()
                await channel.close()
                objects.close()


@pytest.fixture
def project_metadata() -> Callable[[Running], tuple[tuple[str, str], ...]]:
    """Metadata of calls from the project service."""
    return lambda running: running.server.metadata(PROJECT_SERVICE)
