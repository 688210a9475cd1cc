"""Channels to the services: one each, opened at start-up, closed at the end."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message

from loupe_gateway.settings import GatewaySettings
from loupe_kit.channels import CHANNEL_OPTIONS

Metadata = tuple[tuple[str, str], ...]

UNARY_DEADLINE_SECONDS = 60.0
"""How long a person waits for an answer before the gateway gives up."""


@dataclass(frozen=True, slots=True)
class Clients:
    """Calls any RPC of the contracts by its descriptor."""

    channels: Mapping[str, grpc.aio.Channel]
    """By proto package, `loupe.project.v1`."""

    def unary(
        self, method: MethodDescriptor, request: Message, metadata: Metadata
    ) -> grpc.aio.UnaryUnaryCall[Any, Any]:
        """Starts a unary call with the gateway's deadline."""
        call = self._channel(method).unary_unary(_path(method), *_codec(method))
        return call(request, timeout=UNARY_DEADLINE_SECONDS, metadata=metadata)

    def server_stream(
        self, method: MethodDescriptor, request: Message, metadata: Metadata
    ) -> grpc.aio.UnaryStreamCall[Any, Any]:
        """Starts a call that answers with a stream; it lasts until either side ends it."""
        return self._channel(method).unary_stream(_path(method), *_codec(method))(request, metadata=metadata)

    def client_stream(self, method: MethodDescriptor, metadata: Metadata) -> grpc.aio.StreamUnaryCall[Any, Any]:
        """Starts a call that takes a stream and answers once; `write` waits while the service is busy."""
        return self._channel(method).stream_unary(_path(method), *_codec(method))(metadata=metadata)

    def duplex(self, method: MethodDescriptor, metadata: Metadata) -> grpc.aio.StreamStreamCall[Any, Any]:
        """Starts a call with a stream each way; `write` waits while the service is busy."""
        return self._channel(method).stream_stream(_path(method), *_codec(method))(metadata=metadata)

    async def close(self) -> None:
        """Closes every channel."""
        for channel in set(self.channels.values()):
            await channel.close()

    def _channel(self, method: MethodDescriptor) -> grpc.aio.Channel:
        return self.channels[method.containing_service.file.package]


def open_clients(settings: GatewaySettings) -> Clients:
    """Opens one channel per address."""
    targets = {
        "loupe.auth.v1": settings.auth_target,
        "loupe.project.v1": settings.project_target,
        "loupe.inference.v1": settings.inference_target,
        "loupe.reduction.v1": settings.reduction_target,
    }
    # Plain channels: `call_metadata` says what a call carries, and an intercepted stream hides why it was refused.
    opened = {target: grpc.aio.insecure_channel(target, CHANNEL_OPTIONS) for target in set(targets.values())}
    return Clients({package: opened[target] for package, target in targets.items()})


async def messages(call: AsyncIterable[Any]) -> AsyncIterator[Message]:
    """Yields the answers of a stream; ends the call when the reader goes away."""
    try:
        async for message in call:
            yield message
    finally:
        if isinstance(call, grpc.aio.Call):
            call.cancel()


def _path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


def _codec(method: MethodDescriptor) -> tuple[Any, Any]:
    request = message_factory.GetMessageClass(method.input_type)
    response = message_factory.GetMessageClass(method.output_type)
    return request.SerializeToString, response.FromString
