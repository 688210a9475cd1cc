"""Builds the gateway out of its settings."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import structlog
import uvicorn

from loupe_gateway.app import create_app
from loupe_gateway.clients import open_clients
from loupe_gateway.settings import GatewaySettings

_log = structlog.get_logger(__name__)


def listen(host: str, port: int, backlog: int) -> socket.socket:
    """A listening socket whose connections send at once.

    asyncio sets that only where a socket names its protocol, as those of `create_server` do not; and then the body of
    an answer waits up to 40 ms until the browser has acknowledged the head.

    Raises:
        OSError: the port is taken.
    """
    listening = socket.create_server((host, port), reuse_port=False, backlog=backlog)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class Gateway:
    """The gateway as a running part of a process."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._clients = open_clients(settings)
        config = uvicorn.Config(
            create_app(self._clients),
            host=settings.host,
            port=settings.port,
            lifespan="off",
            access_log=False,
            log_config=None,
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=5,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Listens.

        Returns:
            The port.

        Raises:
            OSError: the port is taken.
        """
        config = self._server.config
        # Bound here, because uvicorn ends the process when it cannot bind.
        listening = listen(config.host, config.port, config.backlog)
        self._task = asyncio.create_task(self._server.serve([listening]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn has a flag, no event
            await asyncio.sleep(0.01)
        port: int = listening.getsockname()[1]
        _log.info("gateway_listening", host=self._server.config.host, port=port)
        return port

    async def stop(self) -> None:
        """Finishes running requests, at most five seconds, and closes the channels."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        await self._clients.close()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process that holds the gateway has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures nothing."""
        yield


def bootstrap(settings: GatewaySettings) -> Gateway:
    """Returns the gateway, not yet listening."""
    return Gateway(settings)
