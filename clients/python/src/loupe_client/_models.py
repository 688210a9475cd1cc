"""Models of one's own: taken in, activated, deleted. For administrators, signed in as persons."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from loupe.inference.v1 import model_registration_pb2 as registration
from loupe.inference.v1 import model_service_pb2 as pb
from loupe.inference.v1 import model_service_pb2_grpc
from loupe_client._paging import pages
from loupe_client._transport import Transport
from loupe_client._types import ModelFile, ModelServer, ModelVersion, Preprocessing

_CHUNK_BYTES = 1 << 20
_REGISTER_SECONDS = 900.0


class ModelVersions:
    """Versions of models.

    Args:
        transport: To Loupe.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = model_service_pb2_grpc.ModelServiceStub(transport.channel)

    def list(self, model: str) -> Iterator[ModelVersion]:
        """Yields the versions of `models/{model}`, newest first."""
        request = pb.ListModelVersionsRequest(parent=model)
        for answer in pages(self._transport, self._stub.ListModelVersions, request):
            yield from map(_version, answer.model_versions)

    def register(
        self,
        file: ModelFile,
        model: str,
        display_name: str,
        task: Literal["CLASSIFICATION", "DETECTION"],
        *,
        description: str = "",
        licence: str = "",
    ) -> ModelVersion:
        """Takes in a file as a new version; returns when Loupe has converted and tried it, in seconds to minutes.

        Args:
            file: The network.
            model: `models/{model}`; made if it is not there.
            display_name: What people call it.
            task: What it answers.
            description: What it is good at.
            licence: SPDX identifier.
        """
        config = pb.RegisterModelVersionConfig(
            model=model,
            display_name=display_name,
            task=pb.Task.Value(f"TASK_{task}"),
            format=registration.ModelFormat.Value(f"MODEL_FORMAT_{file.format}"),
            labels=file.labels,
            preprocessing=_preprocessing(file.preprocessing) if file.preprocessing else None,
            description=description,
            licence=licence,
            size_bytes=file.path.stat().st_size,
            request_id=str(uuid4()),
        )

        def call(messages: Iterator[pb.RegisterModelVersionRequest], metadata: Any) -> Iterator[pb.ModelVersion]:
            yield self._stub.RegisterModelVersion(messages, timeout=_REGISTER_SECONDS, metadata=metadata)

        (answer,) = self._transport.stream(call, _messages(config, file.path))
        return _version(answer)

    def activate(self, name: str) -> ModelVersion:
        """Makes `models/{model}/versions/{version}` analyse new images; an older one rolls back."""
        request = pb.ActivateModelVersionRequest(name=name, request_id=str(uuid4()))
        return _version(self._transport.unary(self._stub.ActivateModelVersion, request))

    def servers(self) -> Iterator[ModelServer]:
        """Yields the servers that host models, by name; none where the inference service computes itself."""
        for answer in pages(self._transport, self._stub.ListModelServers, pb.ListModelServersRequest()):
            yield from map(_server, answer.model_servers)

    def delete(self, name: str) -> None:
        """Deletes a version that is neither active nor used."""
        request = pb.DeleteModelVersionRequest(name=name, request_id=str(uuid4()))
        self._transport.unary(self._stub.DeleteModelVersion, request)


def _messages(config: pb.RegisterModelVersionConfig, file: Path) -> Iterator[pb.RegisterModelVersionRequest]:
    yield pb.RegisterModelVersionRequest(config=config)
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK_BYTES):
            yield pb.RegisterModelVersionRequest(chunk=chunk)


def _preprocessing(how: Preprocessing) -> registration.Preprocessing:
    kind = registration.Preprocessing
    return kind(
        input_width=how.width,
        input_height=how.height,
        mean=how.mean,
        scale=how.scale,
        channel_order=kind.CHANNEL_ORDER_BGR if how.is_bgr else kind.CHANNEL_ORDER_RGB,
        resize=kind.RESIZE_FIT if how.keeps_aspect else kind.RESIZE_STRETCH,
    )


def _version(message: pb.ModelVersion) -> ModelVersion:
    return ModelVersion(
        message.name,
        message.is_active,
        message.feature_dimension,
        message.label_count,
        message.check.milliseconds_per_image,
        message.create_time.ToDatetime().isoformat(timespec="seconds") + "Z",
    )


def _server(message: pb.ModelServer) -> ModelServer:
    return ModelServer(
        message.display_name,
        message.pool,
        message.node,
        dict(message.accelerators),
        message.ready,
        tuple(one.model_version for one in message.hosted_versions if one.ready),
        message.fault,
    )
