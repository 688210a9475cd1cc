"""The gRPC server of a process: one address, any number of services, health, reflection, graceful stop."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from loupe_kit import rpc_policy
from loupe_kit.rpc_policy import Access, AccessTable
from loupe_kit.service import Registration, Service

__all__ = ["MAX_MESSAGE_BYTES", "GrpcServer", "Registration", "Service", "access_table"]

MAX_MESSAGE_BYTES = 16 << 20
"""Largest message in either direction."""

LIVE = "live"
"""Name that the health service answers SERVING for as long as the process answers at all."""

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

_INFRASTRUCTURE: AccessTable = {
    "/grpc.health.v1.Health/Check": Access.PUBLIC,
    "/grpc.health.v1.Health/List": Access.PUBLIC,
    "/grpc.health.v1.Health/Watch": Access.PUBLIC,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": Access.PUBLIC,
}

_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # Two processes must never share a port by accident.
    ("grpc.so_reuseport", 0),
    # Clients behind a firewall ping when idle; more than every 10 s is abuse.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    # Clients come back after five minutes and then find replicas that are new; running calls end in peace.
    ("grpc.max_connection_age_ms", 300_000),
)

_log = structlog.get_logger("loupe.server")


def access_table(registrations: Iterable[Registration]) -> dict[str, Access]:
    """Access of every RPC of a server, health and reflection included.

    Raises:
        rpc_policy.AccessTableError: If a served RPC has no row, or a row no RPC.
    """
    kept = list(registrations)
    for registration in kept:
        rpc_policy.check_complete(registration.access_table, _served_methods(registration))
    return rpc_policy.merge([_INFRASTRUCTURE, *(registration.access_table for registration in kept)])


class GrpcServer:
    """A `grpc.aio` server.

    Args:
        servicers: What it serves.
        interceptors: Outermost first; see `loupe_kit.interceptors.default_interceptors`.
        address: `host:port` (port 0: the system picks one) or `unix:/path`.
        max_concurrent_rpcs: Calls above this are refused with RESOURCE_EXHAUSTED.

    Raises:
        rpc_policy.AccessTableError: If a served RPC has no access row.
    """

    def __init__(
        self,
        servicers: Sequence[Registration],
        interceptors: Sequence[grpc.aio.ServerInterceptor],
        address: str,
        *,
        max_concurrent_rpcs: int | None = None,
    ) -> None:
        access_table(servicers)
        self._servicers = tuple(servicers)
        self._interceptors = tuple(interceptors)
        self._address = address
        self._max_concurrent_rpcs = max_concurrent_rpcs
        self._health = health.aio.HealthServicer()
        self._server: grpc.aio.Server | None = None
        self._port = 0

    @property
    def target(self) -> str:
        """Where clients reach the server; known after `start`."""
        if self._address.startswith("unix:"):
            return self._address
        return f"{self._address.rpartition(':')[0]}:{self._port}"

    async def start(self) -> int:
        """Listen; every service is NOT_SERVING until `set_serving`.

        Returns:
            The port, or 0 for a Unix socket.

        Raises:
            OSError: If the address cannot be had.
        """
        server = grpc.aio.server(
            interceptors=self._interceptors, options=_OPTIONS, maximum_concurrent_rpcs=self._max_concurrent_rpcs
        )
        for registration in self._servicers:
            registration.add_fn(registration.servicer, server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        reflection.enable_server_reflection(self._reflected_names(), server)
        port = self._bind(server)
        for name in ("", *self._names()):
            await self._health.set(name, _NOT_SERVING)
        await self._health.set(LIVE, _SERVING)
        await server.start()
        self._server = server
        self._port = 0 if self._address.startswith("unix:") else port
        _log.info("listening", address=self.target, services=list(self._names()))
        return self._port

    async def set_serving(self, service: str, serving: bool) -> None:
        """Tell the health service whether `service` (full name, "" for the whole server) answers now."""
        await self._health.set(service, _SERVING if serving else _NOT_SERVING)

    async def set_all_serving(self) -> None:
        """Every service, and the server as a whole, is SERVING."""
        for name in (*self._names(), ""):
            await self.set_serving(name, True)

    async def stop(self, grace: timedelta = timedelta(seconds=20)) -> None:
        """Turn NOT_SERVING for good, take no new calls, give running ones `grace`, then cancel them."""
        if self._server is None:
            return
        await self._health.enter_graceful_shutdown()
        server, self._server = self._server, None
        await server.stop(grace.total_seconds())

    async def wait_stopped(self) -> None:
        """Return when the server has stopped."""
        if self._server is not None:
            await self._server.wait_for_termination()

    def _names(self) -> tuple[str, ...]:
        return tuple(registration.full_service_name for registration in self._servicers)

    def _reflected_names(self) -> tuple[str, ...]:
        return (*self._names(), health.SERVICE_NAME, reflection.SERVICE_NAME)

    def _bind(self, server: grpc.aio.Server) -> int:
        try:
            return server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise OSError(f"Cannot listen on {self._address}; is it in use? Choose another address.") from error


class _MethodRecorder:
    """Stands in for a server to learn which methods a registration adds."""

    def __init__(self) -> None:
        self.methods: set[str] = set()

    def add_generic_rpc_handlers(self, handlers: Sequence[Any]) -> None:
        """The handlers come again, by name, in `add_registered_method_handlers`."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Note the names."""
        self.methods.update(f"/{service}/{name}" for name in handlers)


def _served_methods(registration: Registration) -> set[str]:
    recorder = _MethodRecorder()
    registration.add_fn(registration.servicer, recorder)
    return recorder.methods
