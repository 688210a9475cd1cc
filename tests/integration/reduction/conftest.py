"""The reduction service on a loopback port, with a made-up inference service beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from loupe.reduction.v1 import curation_service_pb2 as curation_pb
from loupe.reduction.v1 import curation_service_pb2_grpc as curation_grpc
from loupe.reduction.v1 import feature_source_pb2 as source_pb
from loupe.reduction.v1 import projection_pb2 as projection_pb
from loupe.reduction.v1 import reduction_service_pb2 as pb
from loupe.reduction.v1 import reduction_service_pb2_grpc as pb_grpc
from loupe_kit import ids
from loupe_kit.caller import Caller, CallerKind
from loupe_kit.channels import open_channel
from loupe_kit.testing import SigningKeys, running_server
from loupe_reduction.adapters.workers import ProcessWorkers
from loupe_reduction.bootstrap import bootstrap
from loupe_reduction.settings import ReductionSettings
from tests.integration.reduction.inference import FakeFeatureService

PROJECT = Caller(kind=CallerKind.SERVICE, id="project")
MODEL = source_pb.FeatureSource(model_features=source_pb.ModelFeatures(model="efficientnet-lite0", version="1"))


@dataclass
class Answer:
    """A whole answer of one call."""

    progress: list[source_pb.Progress] = field(default_factory=list)
    header: Any = None
    skipped: bytes = b""
    blocks: list[Any] = field(default_factory=list)
    early: list[Any] = field(default_factory=list)
    reducer: bytes = b""


@dataclass
class Stack:
    """Both services, and how to call the one under test."""

    channel: grpc.aio.Channel
    metadata: tuple[tuple[str, str], ...]
    features: FakeFeatureService
    data_dir: Path

    def fit_call(self, image_ids: Sequence[str], early_points: int = 0, **recipe: Any) -> Any:
        """Starts FitProjection and returns the running call."""
        chosen = projection_pb.Recipe(**{"method": projection_pb.METHOD_UMAP, "dimensions": 2, **recipe})
        spec = pb.FitSpec(project_id=ids.new_id(), source=MODEL, recipe=chosen, early_points=early_points)
        messages = [pb.FitProjectionRequest(spec=spec), *_blocks(pb.FitProjectionRequest, image_ids)]
        return pb_grpc.ReductionServiceStub(self.channel).FitProjection(iter(messages), metadata=self.metadata)

    async def fit(self, image_ids: Sequence[str], **recipe: Any) -> Answer:
        """Calls FitProjection and returns the whole answer."""
        return await collect(self.fit_call(image_ids, **recipe))

    async def place(self, image_ids: Sequence[str], reducer: bytes, piece: int = 50_000) -> Answer:
        """Calls PlaceImages and returns the whole answer."""
        spec = pb.PlaceSpec(project_id=ids.new_id(), source=MODEL)
        pieces = [reducer[start : start + piece] for start in range(0, len(reducer), piece)]
        messages = [
            pb.PlaceImagesRequest(spec=spec),
            *[pb.PlaceImagesRequest(reducer=one) for one in pieces],
            *_blocks(pb.PlaceImagesRequest, image_ids),
        ]
        return await collect(
            pb_grpc.ReductionServiceStub(self.channel).PlaceImages(iter(messages), metadata=self.metadata)
        )

    async def forget(self, reducer: bytes, places: bytes, piece: int = 50_000) -> bytes:
        """Calls ForgetPoints and returns the reducer that is left."""
        messages = [
            *[pb.ForgetPointsRequest(reducer=reducer[at : at + piece]) for at in range(0, len(reducer), piece)],
            *[pb.ForgetPointsRequest(places=places[at : at + piece]) for at in range(0, len(places), piece)],
        ]
        call = pb_grpc.ReductionServiceStub(self.channel).ForgetPoints(iter(messages), metadata=self.metadata)
        return b"".join([answer.reducer async for answer in call])

    async def curate(
        self, method: str, image_ids: Sequence[str], columns: dict[str, bytes] | None = None, **spec: Any
    ) -> Answer:
        """Calls a method of CurationService, with what is said of each image, and returns the whole answer."""
        names = {"ScoreOutliers": "OutlierSpec", "FindDuplicates": "DuplicateSpec", "SelectImages": "SelectSpec"}
        request = getattr(curation_pb, f"{method}Request")
        given = curation_pb.CurationInput(project_id=ids.new_id(), source=MODEL)
        first = request(spec=getattr(curation_pb, names[method])(input=given, **spec))
        stub = curation_grpc.CurationServiceStub(self.channel)
        said = [request(**{name: column}) for name, column in (columns or {}).items()]
        messages = iter([first, *_blocks(request, image_ids), *said])
        return await collect(getattr(stub, method)(messages, metadata=self.metadata))


def _blocks(request: Any, image_ids: Sequence[str]) -> list[Any]:
    return [request(image_ids=ids.pack_ids(image_ids[start : start + 70])) for start in range(0, len(image_ids), 70)]


async def collect(call: Any) -> Answer:
    """Reads a call to its end."""
    answer = Answer()
    async for response in call:
        kind = response.WhichOneof("content")
        if kind == "progress":
            assert answer.header is None
            answer.progress.append(response.progress)
        elif kind == "header":
            answer.header = response.header
        elif kind == "early":
            assert answer.header is None
            answer.early.append(response.early)
        elif kind == "reducer":
            answer.reducer += response.reducer
        elif kind == "skipped":
            answer.skipped += response.skipped.image_ids
        else:
            answer.blocks.append(getattr(response, kind))
    return answer


StartStack = Callable[..., Awaitable[Stack]]


@pytest.fixture
async def start_stack(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StartStack]:
    """Returns a function that starts both services; `target` names what the workers run instead of real work."""
    # One folder for all tests: the kernels are compiled once.
    kernels = tmp_path_factory.getbasetemp() / "kernels"
    async with AsyncExitStack() as stack:

        async def start(
            *,
            target: str | None = None,
            threads: int = 1,
            features: FakeFeatureService | None = None,
            **settings: Any,
        ) -> Stack:
            keys = SigningKeys()
            features = features or FakeFeatureService()
            inference = await stack.enter_async_context(running_server([features.registration()], keys=keys))
            channel = open_channel(inference.target, lambda: keys.service_tokens.issue("reduction"))
            await stack.enter_async_context(channel)
            # A process that compiles beside the tests takes their processor, and is none of the workers they count.
            settings.setdefault("warm_kernels", False)
            chosen = ReductionSettings(data_dir=tmp_path, kernel_cache=kernels, threads=threads, **settings)
            overrides: dict[str, Any] = {}
            if target is not None:
                workers = ProcessWorkers(
                    places=1, max_waiting=4, threads=1, nice=0, idle_s=60, cache_dir=kernels, target=target
                )
                stack.push_async_callback(workers.close)
                overrides["workers"] = workers
            service = bootstrap(chosen, inference_channel=channel, **overrides)
            await service.start()
            stack.push_async_callback(service.stop)
            server = await stack.enter_async_context(running_server(service.registrations, keys=keys))
            return Stack(server.channel, server.metadata(PROJECT), features, tmp_path)

        yield start


@pytest.fixture
async def stack(start_stack: StartStack) -> Stack:
    """Both services with default settings."""
    return await start_stack(worker_idle=timedelta(seconds=60))


@pytest.fixture
async def idle_stack(start_stack: StartStack) -> Stack:
    """Both services, with workers that start quickly and never finish: for calls that are refused before."""
    return await start_stack(target="tests.integration.reduction.worker_targets:stay")
