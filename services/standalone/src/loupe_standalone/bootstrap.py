"""Puts the four services, one gRPC server and the gateway together, with embedded stores."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import structlog
from pydantic import SecretStr

import loupe_auth.bootstrap
import loupe_gateway.bootstrap
import loupe_inference.bootstrap
import loupe_project.bootstrap
import loupe_reduction.bootstrap
from loupe_auth.settings import AuthSettings
from loupe_gateway.settings import GatewaySettings
from loupe_inference.settings import InferenceSettings
from loupe_kit import serving
from loupe_kit.authentication import Authenticator
from loupe_kit.objects import FolderObjectStore
from loupe_kit.queue import InProcessQueue
from loupe_kit.server import Service
from loupe_project.settings import ProjectSettings
from loupe_reduction.settings import ReductionSettings
from loupe_standalone.data_folder import DataFolder
from loupe_standalone.settings import StandaloneSettings

_READINESS_INTERVAL_SECONDS = 0.1
_WATCH_INTERVAL = timedelta(seconds=5)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the process answers."""

    http: str
    """URL of the web page and REST."""
    grpc: str
    """`host:port` of gRPC."""


class Standalone:
    """The whole of Loupe as one process.

    Args:
        settings: Where to listen.
        folder: Where everything is kept.
    """

    def __init__(self, settings: StandaloneSettings, folder: DataFolder) -> None:
        self._settings = settings
        key = folder.service_token_key()
        # The services call each other at this address, so it is chosen before they are built.
        self._grpc_port = settings.grpc_port or _free_port(settings.grpc_host)
        self._target = f"127.0.0.1:{self._grpc_port}"
        self._services = _build_services(folder, key, self._target)
        authenticator: Authenticator = self._services[0].resources["authenticator"]
        address = f"{settings.grpc_host}:{self._grpc_port}"
        self._server = serving.build_server(self._services, authenticator, address)
        self._gateway = loupe_gateway.bootstrap.bootstrap(self._gateway_settings())
        self._watcher: asyncio.Task[None] | None = None

    async def start(self) -> Addresses:
        """Starts everything and returns once all services answer.

        Raises:
            OSError: an address is taken.
        """
        with _named("LOUPE_GRPC_PORT", f"{self._settings.grpc_host}:{self._grpc_port}"):
            await self._server.start()
        for service in self._services:
            await service.start()
        with _named("LOUPE_HTTP_PORT", f"{self._settings.http_host}:{self._settings.http_port}"):
            http_port = await self._gateway.start()
        while not await serving.report_readiness(self._server, self._services):  # noqa: ASYNC110 - asked, not told
            await asyncio.sleep(_READINESS_INTERVAL_SECONDS)
        self._watcher = asyncio.create_task(serving.watch_readiness(self._server, self._services, _WATCH_INTERVAL))
        return Addresses(
            http=f"http://{self._settings.http_host}:{http_port}",
            grpc=f"{self._settings.grpc_host}:{self._grpc_port}",
        )

    async def stop(self) -> None:
        """Finishes running calls and closes the stores; safe after half a start."""
        if self._watcher is not None:
            self._watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watcher
        await self._gateway.stop()
        await self._server.stop(timedelta(seconds=5))
        for service in reversed(self._services):
            await service.stop()

    def _gateway_settings(self) -> GatewaySettings:
        return GatewaySettings(
            host=self._settings.http_host,
            port=self._settings.http_port,
            auth_target=self._target,
            project_target=self._target,
            inference_target=self._target,
            reduction_target=self._target,
        )


@contextlib.contextmanager
def _named(setting: str, address: str) -> Iterator[None]:
    # Says which setting moves Loupe to another address.
    try:
        yield
    except OSError as error:
        raise OSError(f"It cannot listen on {address}, which something else uses. Set {setting}.") from error


def _build_services(folder: DataFolder, key: SecretStr, target: str) -> list[Service]:
    # What two services share in the cluster profile as servers, they share here as objects.
    objects, queue = FolderObjectStore(folder.path / "objects"), InProcessQueue()
    path = folder.path
    return [
        loupe_auth.bootstrap.bootstrap(AuthSettings(data_dir=path, service_token_key=key)),
        loupe_project.bootstrap.bootstrap(
            ProjectSettings(
                data_dir=path,
                service_token_key=key,
                auth_target=target,
                inference_target=target,
                reduction_target=target,
            ),
            objects=objects,
            queue=queue,
        ),
        loupe_inference.bootstrap.bootstrap(
            InferenceSettings(data_dir=path, service_token_key=key, auth_target=target, project_target=target),
            objects=objects,
            queue=queue,
        ),
        loupe_reduction.bootstrap.bootstrap(
            ReductionSettings(data_dir=path, service_token_key=key, inference_target=target)
        ),
    ]


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
