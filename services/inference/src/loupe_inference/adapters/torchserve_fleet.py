"""The TorchServes behind this service, one by one: what each has, and registered versions on their way to them."""

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import grpc

from loupe_inference.adapters import torchserve_archive
from loupe_inference.adapters.torchserve_archive import Archived, Serving
from loupe_inference.adapters.torchserve_calls import TokenFile, TorchServeCalls
from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.model_server import HostedVersion, ModelServer
from loupe_inference.domain.registered import RegisteredVersion, to_manifest
from loupe_kit.errors import Unavailable
from loupe_kit.objects import ObjectNotFound, ObjectStore

_CALL_SECONDS = 10.0
_ADDRESS_LIFETIME = timedelta(hours=1)
_ALREADY = "already registered"

FindServers = Callable[[], Awaitable[Sequence[ModelServer]]]
"""Which servers there are now."""


class TorchServeFleet:
    """See `ModelServers`.

    A version reaches a server as an archive in the object store, which the server fetches itself: of all addresses
    that is the only one that its settings allow (`LOUPE_TORCHSERVE_ARCHIVES_URL`).

    Args:
        find: Which servers there are now.
        tokens: Of all servers.
        objects: Where the files of registered versions are, and where their archives go.
        scratch: Folder for archives on their way; made when it is needed.
        serving: How versions are run.
    """

    def __init__(
        self, find: FindServers, tokens: TokenFile, objects: ObjectStore, scratch: Path, serving: Serving
    ) -> None:
        self._find = find
        self._tokens = tokens
        self._objects = objects
        self._scratch = scratch
        self._serving = serving
        self._calls: dict[str, TorchServeCalls] = {}
        self._packing = asyncio.Lock()

    async def find(self) -> list[ModelServer]:
        """See the port."""
        servers = list(await self._find())
        for target in set(self._calls) - {server.target for server in servers}:
            await self._calls.pop(target).close()
        return servers

    async def hosted(self, server: ModelServer) -> list[HostedVersion]:
        """See the port."""
        try:
            return await self._to(server).hosted(_CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise Unavailable(f"{server.name} does not answer: {_what(error)}") from error

    async def load(self, server: ModelServer, version: RegisteredVersion) -> None:
        """See the port."""
        await self._pack(version)
        url = self._objects.address(version.archive_key, _ADDRESS_LIFETIME)
        try:
            await self._to(server).register(url, self._serving.load_seconds, self._serving.batch_requests)
        except grpc.aio.AioRpcError as error:
            # Another replica of this service was quicker.
            if _ALREADY not in (error.details() or ""):
                raise ModelNotReady(
                    f"{server.name} cannot load version {version.version} of model {version.model}: {_what(error)}",
                    model=version.model,
                ) from error

    async def unload(self, server: ModelServer, model: str, version: str) -> None:
        """See the port."""
        try:
            await self._to(server).unregister(model, version, _CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise Unavailable(f"{server.name} does not unload {model} {version}: {_what(error)}") from error

    async def close(self) -> None:
        """See the port."""
        for calls in self._calls.values():
            await calls.close()

    async def _pack(self, version: RegisteredVersion) -> None:
        """Have the archive of a version in the store."""
        async with self._packing:
            if await self._objects.exists(version.archive_key):
                return
            try:
                graph = await self._objects.read(version.file_key)
            except ObjectNotFound as error:
                raise ModelNotReady(
                    f"The file {version.file_key} of model {version.model} is gone; register the model again.",
                    model=version.model,
                ) from error
            await asyncio.to_thread(self._scratch.mkdir, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
                archive = Path(folder, "model.mar")
                await asyncio.to_thread(self._write, archive, version, graph)
                await self._objects.put_file(version.archive_key, archive)

    def _write(self, archive: Path, version: RegisteredVersion, graph: bytes) -> None:
        known = json.dumps(to_manifest(version), ensure_ascii=False).encode()
        torchserve_archive.write(
            archive,
            Archived(version.model, version.version, version.create_time),
            torchserve_archive.config(version.version, self._serving),
            {torchserve_archive.GRAPH: graph, torchserve_archive.REGISTERED: known},
            {"weightsSha256": version.prepared.sha256, "licence": version.config.licence},
        )

    def _to(self, server: ModelServer) -> TorchServeCalls:
        if server.target not in self._calls:
            self._calls[server.target] = TorchServeCalls(server.target, self._tokens)
        return self._calls[server.target]


def fixed(targets: Sequence[str], target: str) -> FindServers:
    """The servers at these addresses, of which the one at `target` hosts registered versions."""

    async def find() -> list[ModelServer]:
        return [ModelServer(each, each, takes_registered=each == target) for each in sorted(set(targets))]

    return find


def _what(error: grpc.aio.AioRpcError) -> str:
    return f"{error.code().name}, {(error.details() or '')[:300]}"
