"""A served project service with a project to upload to, and helpers that act as a client."""

import io
import itertools
import zipfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from google.longrunning import operations_pb2
from google.rpc import error_details_pb2, status_pb2
from numpy.typing import NDArray
from PIL import Image

from loupe.project.v1 import (
    image_service_pb2,
    image_service_pb2_grpc,
    operation_service_pb2,
    operation_service_pb2_grpc,
    project_service_pb2,
    project_service_pb2_grpc,
    upload_batch_service_pb2,
    upload_batch_service_pb2_grpc,
)
from loupe_kit.caller import Caller, CallerKind
from loupe_kit.ids import new_id
from loupe_kit.objects import ObjectStore
from loupe_kit.service import Service
from loupe_kit.testing import SERVICE_TOKEN_KEY, RunningServer, SigningKeys, running_server
from loupe_project.bootstrap import Overrides, Parts, bootstrap
from loupe_project.domain.intake.errors import FeatureDimensionMismatch
from loupe_project.ports.intake import Limits, StoredFeatures
from loupe_project.settings import ProjectSettings

pb = upload_batch_service_pb2
_CHUNK_BYTES = 100_000
_SEED = itertools.count(1)


def image_bytes(
    kind: str = "PNG", size: tuple[int, int] = (40, 30), seed: int | None = None, **options: object
) -> bytes:
    """Bytes of an image that no other call gives."""
    rng = np.random.default_rng(next(_SEED) if seed is None else 10_000 + seed)
    pixels = rng.integers(0, 255, size=(size[1], size[0], 3), dtype=np.uint8)
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind, **options)
    return target.getvalue()


def zip_bytes(entries: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return target.getvalue()


def reason_of(status: status_pb2.Status) -> str:
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return info.reason


def metadata_of(status: status_pb2.Status) -> dict[str, str]:
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return dict(info.metadata)


class FakeFeatures:
    """Keeps vectors as inference does: the first of a set fixes its length."""

    def __init__(self) -> None:
        self.vectors: dict[tuple[str, str], NDArray[np.float32]] = {}
        self.dimensions: dict[str, int] = {}

    async def put(
        self, project_id: str, feature_set: str, image_ids: Sequence[str], values: NDArray[np.float32]
    ) -> StoredFeatures:
        dimension = self.dimensions.setdefault(feature_set, values.shape[1])
        if dimension != values.shape[1]:
            error = FeatureDimensionMismatch("wrong length", expected=str(dimension), given=str(values.shape[1]))
            return StoredFeatures([], dimension, dict.fromkeys(image_ids, error))
        self.vectors.update({(feature_set, one): vector for one, vector in zip(image_ids, values, strict=True)})
        return StoredFeatures(list(image_ids), dimension, {})


class FakeCatalogue:
    async def active_version(self, model: str) -> str:
        return "1"

    async def check_version(self, model: str, version: str) -> None:
        """Knows every version."""


class FakeRemover:
    async def remove(self, project_id: str, image_ids: Sequence[str]) -> None:
        return None


@dataclass
class Client:
    """Calls the service as one user."""

    server: RunningServer
    service: Service
    features: FakeFeatures
    folder: Path
    project: str = ""
    caller: Caller = field(default_factory=lambda: Caller(CallerKind.USER, new_id(), "Kim"))

    @property
    def parts(self) -> Parts:
        parts: Parts = self.service.resources["parts"]
        return parts

    @property
    def limits(self) -> Limits:
        """What uploads may bring; a test may lower it."""
        (uploads,) = (
            one.servicer
            for one in self.service.registrations
            if one.full_service_name == "loupe.project.v1.UploadBatchService"
        )
        limits: Limits = uploads._uploads.tools.limits  # type: ignore[attr-defined]
        return limits

    @property
    def project_id(self) -> str:
        return self.project.split("/")[1]

    @property
    def who(self) -> tuple[tuple[str, str], ...]:
        return self.server.metadata(self.caller)

    @property
    def uploads(self) -> "upload_batch_service_pb2_grpc.UploadBatchServiceAsyncStub":
        return upload_batch_service_pb2_grpc.UploadBatchServiceStub(self.server.channel)

    @property
    def operations(self) -> "operation_service_pb2_grpc.OperationServiceAsyncStub":
        return operation_service_pb2_grpc.OperationServiceStub(self.server.channel)

    @property
    def images(self) -> "image_service_pb2_grpc.ImageServiceAsyncStub":
        return image_service_pb2_grpc.ImageServiceStub(self.server.channel)

    async def create_project(self, name: str = "Cells") -> str:
        stub = project_service_pb2_grpc.ProjectServiceStub(self.server.channel)
        made = await stub.CreateProject(
            project_service_pb2.CreateProjectRequest(
                project=project_service_pb2.Project(display_name=name, model="models/efficientnet-lite0")
            ),
            metadata=self.who,
        )
        return str(made.name)

    async def upload(
        self, *files: tuple[str, bytes] | pb.UploadFile | tuple[pb.UploadFile, bytes], **header: str
    ) -> tuple[dict[str, pb.UploadedFile], pb.UploadBatch]:
        """Send files in one stream; answers by file name, and the batch at the end."""
        call = self.uploads.UploadFiles(messages(self.project, files, **header), metadata=self.who)
        answers: dict[str, pb.UploadedFile] = {}
        batch = pb.UploadBatch()
        async for response in call:
            if response.HasField("file"):
                answers[response.file.file_name] = response.file
            elif response.HasField("batch"):
                batch = response.batch
        return answers, batch

    async def upload_zip(self, data: bytes, name: str = "cells.zip") -> tuple[operations_pb2.Operation, pb.UploadBatch]:
        """Send an archive and wait until it is unpacked."""
        answers, batch = await self.upload((name, data))
        assert not answers[name].HasField("failure"), answers[name]
        done = await self.wait(answers[name].operation)
        batch = await self.uploads.GetUploadBatch(pb.GetUploadBatchRequest(name=batch.name), metadata=self.who)
        return done, batch

    async def wait(self, operation: str) -> operations_pb2.Operation:
        request = operation_service_pb2.WatchOperationRequest(name=operation)
        *_, last = [one async for one in self.operations.WatchOperation(request, metadata=self.who)]
        assert last.done
        return last

    async def notices(self, batch: pb.UploadBatch) -> dict[tuple[str, int], str]:
        """Reasons of all notices by file name and row."""
        found = await self.uploads.ListUploadNotices(
            pb.ListUploadNoticesRequest(parent=batch.name, page_size=1000), metadata=self.who
        )
        return {(one.file_name, one.row): reason_of(one.status) for one in found.notices}

    async def image(self, name: str):  # type: ignore[no-untyped-def]
        return await self.images.GetImage(image_service_pb2.GetImageRequest(name=name), metadata=self.who)

    async def thumbnail(self, name: str) -> bytes:
        call = self.images.DownloadThumbnail(image_service_pb2.DownloadThumbnailRequest(name=name), metadata=self.who)
        return b"".join([piece.data async for piece in call])

    async def image_files(self) -> dict[str, str]:
        """Ids of all images of the project by file name, straight from the store."""
        from sqlalchemy import select

        from loupe_project.adapters.sql.tables import images

        async with self.parts.stores(read_only=True) as store:
            rows = await store.session.execute(  # type: ignore[attr-defined]
                select(images.c.file_name, images.c.id).where(images.c.project_id == self.project_id)
            )
            return {row.file_name: row.id for row in rows}

    async def object_keys(self) -> list[str]:
        return [key async for key in self.parts.objects.list(f"projects/{self.project_id}/")]


def messages(project: str, files: Iterable[object], **header: str) -> Iterator[pb.UploadFilesRequest]:
    yield pb.UploadFilesRequest(header=pb.UploadHeader(parent=project, **header))
    for item in files:
        name, data = item if isinstance(item, tuple) else (item, b"")
        begin = name if isinstance(name, pb.UploadFile) else pb.UploadFile(file_name=name)
        yield pb.UploadFilesRequest(file=begin)
        for start in range(0, len(data), _CHUNK_BYTES):
            yield pb.UploadFilesRequest(chunk=data[start : start + _CHUNK_BYTES])


@asynccontextmanager
async def served(
    folder: Path, features: FakeFeatures | None = None, objects: ObjectStore | None = None
) -> AsyncIterator[Client]:
    """The service on its data folder; stopped cleanly at the end."""
    features = features or FakeFeatures()
    settings = ProjectSettings(data_dir=folder, service_token_key=SERVICE_TOKEN_KEY)
    from loupe_kit.channels import open_channel

    async with open_channel("127.0.0.1:1") as nowhere:
        overrides: Overrides = {
            "catalogue": FakeCatalogue(),
            "features": FakeRemover(),
            "feature_sink": features,
            "inference_channel": nowhere,
        }
        if objects is not None:
            overrides["objects"] = objects
        service = bootstrap(settings, **overrides)
        await service.start()
        try:
            async with running_server(service.registrations, keys=KEYS) as server:
                yield Client(server, service, features, folder)
        finally:
            await service.stop()


KEYS = SigningKeys()
