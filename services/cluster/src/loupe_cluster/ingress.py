"""One gRPC address for all services, as the cluster's ingress gives: each call goes to the service of its package.

A stand-in for development, which a plant does not run: there the ingress controller or the Gateway API does this.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any

import grpc
import structlog
from pydantic_settings import BaseSettings, SettingsConfigDict

from loupe_kit import telemetry

_OPTIONS = (
    ("grpc.max_receive_message_length", 16 << 20),
    ("grpc.max_send_message_length", 16 << 20),
    ("grpc.so_reuseport", 0),
    # Of several replicas each takes its turn.
    ("grpc.lb_policy_name", "round_robin"),
)
# The way of a call is the ingress's word, never the caller's; the others belong to one connection.
_DROPPED = ("x-forwarded-for", "grpc-timeout", "te", "user-agent", "content-type")
_log = structlog.get_logger("loupe.ingress")


class IngressSettings(BaseSettings):
    """Where it listens and where the services are."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_INGRESS_")

    address: str = "127.0.0.1:7020"
    """Where it listens."""
    auth_target: str = "127.0.0.1:7021"
    """gRPC address of auth; health and reflection are answered from there too."""
    project_target: str = "127.0.0.1:7022"
    """gRPC address of project."""
    inference_target: str = "127.0.0.1:7023"
    """gRPC address of inference."""
    reduction_target: str = "127.0.0.1:7024"
    """gRPC address of reduction."""


class Router(grpc.GenericRpcHandler):
    """Passes every call on, unread.

    Args:
        channels: By package, such as `loupe.auth.v1`.
        default: For calls of no package.
    """

    def __init__(self, channels: dict[str, grpc.aio.Channel], default: grpc.aio.Channel) -> None:
        self._channels = channels
        self._default = default

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Returns what handles a call."""
        method = str(handler_call_details.method)
        package = method.strip("/").partition("/")[0].rpartition(".")[0]
        call: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = self._channels.get(
            package, self._default
        ).stream_stream(method)

        async def forward(
            requests: AsyncIterator[bytes], context: grpc.aio.ServicerContext[bytes, bytes]
        ) -> AsyncIterator[bytes]:
            # On the wire a unary call is a stream of one message.
            onward = call(requests, timeout=context.time_remaining(), metadata=_onward_metadata(context))
            try:
                async for answer in onward:
                    yield answer
                context.set_trailing_metadata(tuple(await onward.trailing_metadata()))
                context.set_code(await onward.code())
                context.set_details(await onward.details() or "")
            except grpc.aio.AioRpcError as error:
                await context.abort(error.code(), error.details() or "", tuple(error.trailing_metadata()))
            finally:
                onward.cancel()

        return grpc.stream_stream_rpc_method_handler(forward)


def _onward_metadata(context: grpc.aio.ServicerContext[Any, Any]) -> tuple[tuple[str, str | bytes], ...]:
    kept = tuple((key, value) for key, value in context.invocation_metadata() or () if key not in _DROPPED)
    peer = context.peer().removeprefix("ipv4:").rpartition(":")[0]
    return (*kept, ("x-forwarded-for", peer))


async def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = IngressSettings()
    telemetry.configure("ingress")
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    targets = {
        "loupe.auth.v1": settings.auth_target,
        "loupe.project.v1": settings.project_target,
        "loupe.inference.v1": settings.inference_target,
        "loupe.reduction.v1": settings.reduction_target,
    }
    channels = {package: grpc.aio.insecure_channel(target, _OPTIONS) for package, target in targets.items()}
    server = grpc.aio.server(handlers=(Router(channels, channels["loupe.auth.v1"]),), options=_OPTIONS)
    server.add_insecure_port(settings.address)
    await server.start()
    _log.info("listening", address=settings.address)
    await stopping.wait()
    await server.stop(10.0)
    for channel in channels.values():
        await channel.close()


if __name__ == "__main__":
    asyncio.run(main())
