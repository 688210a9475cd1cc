"""The life of a process with gRPC services: start, serve, watch readiness, stop on a signal."""

import asyncio
import gc
import signal
from collections.abc import Sequence
from datetime import timedelta

import structlog

from loupe_kit.authentication import Authenticator
from loupe_kit.interceptors import default_interceptors
from loupe_kit.server import GrpcServer, Service, access_table
from loupe_kit.telemetry import serve_metrics

READINESS_INTERVAL = timedelta(seconds=5)

_log = structlog.get_logger("loupe.serving")


def build_server(services: Sequence[Service], authenticator: Authenticator, address: str) -> GrpcServer:
    """One server with all registrations of `services` and the usual interceptors."""
    registrations = [registration for service in services for registration in service.registrations]
    return GrpcServer(registrations, default_interceptors(access_table(registrations), authenticator), address)


async def watch_readiness(
    server: GrpcServer, services: Sequence[Service], interval: timedelta = READINESS_INTERVAL
) -> None:
    """Keep the health service true to what the services say; runs until cancelled."""
    while True:
        await report_readiness(server, services)
        await asyncio.sleep(interval.total_seconds())


async def report_readiness(server: GrpcServer, services: Sequence[Service]) -> bool:
    """Ask every service once and tell the health service.

    Returns:
        Whether all are ready.
    """
    answers = [await _is_ready(service) for service in services]
    for service, is_ready in zip(services, answers, strict=True):
        for registration in service.registrations:
            await server.set_serving(registration.full_service_name, is_ready)
    await server.set_serving("", all(answers))
    return all(answers)


async def serve(
    service: Service, authenticator: Authenticator, address: str, *, grace: timedelta = timedelta(seconds=20)
) -> None:
    """Run a process with one service until SIGTERM or SIGINT.

    The stores open before the port does; SERVING comes when `readiness` says so. At the end the health
    service turns first, then running calls get `grace`, then the stores close.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    serve_metrics()
    server = build_server([service], authenticator, address)
    await service.start()
    watcher: asyncio.Task[None] | None = None
    try:
        await server.start()
        # What the start made stays for good; looking through it for garbage again and again is for nothing.
        gc.collect()
        gc.freeze()
        watcher = asyncio.create_task(watch_readiness(server, [service]))
        await stop.wait()
        _log.info("stopping", grace_seconds=grace.total_seconds())
    finally:
        if watcher is not None:
            watcher.cancel()
        await server.stop(grace)
        await service.stop()


async def _is_ready(service: Service) -> bool:
    try:
        return await service.readiness()
    except Exception:  # noqa: BLE001 - a store that does not answer is the very thing asked about
        _log.warning("not_ready", service=service.name, exc_info=True)
        return False
