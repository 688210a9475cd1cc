"""Servers of models in a dictionary."""

from __future__ import annotations

from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.model_server import HostedVersion, ModelServer
from loupe_inference.domain.registered import RegisteredVersion
from loupe_kit.errors import Unavailable


class FakeServers:
    """A `ModelServers`; `content` is what each server has, and may be changed as servers change."""

    def __init__(self, *servers: ModelServer) -> None:
        self.servers = list(servers)
        self.content: dict[str, list[HostedVersion]] = {server.name: [] for server in servers}
        self.silent: set[str] = set()
        """Names of servers that do not answer."""
        self.refused: set[str] = set()
        """Versions that no server can load, such as "line-3 2"."""
        self.loads: list[str] = []

    async def find(self) -> list[ModelServer]:
        return list(self.servers)

    async def hosted(self, server: ModelServer) -> list[HostedVersion]:
        if server.name in self.silent:
            raise Unavailable(f"{server.name} does not answer.")
        return list(self.content[server.name])

    async def load(self, server: ModelServer, version: RegisteredVersion) -> None:
        key = f"{version.model} {version.version}"
        self.loads.append(f"{server.name} {key}")
        if key in self.refused:
            raise ModelNotReady(f"{server.name} cannot load {key}.", model=version.model)
        self.content[server.name].append(HostedVersion(version.model, version.version, is_ready=True, is_fetched=True))

    async def unload(self, server: ModelServer, model: str, version: str) -> None:
        self.content[server.name] = [
            one for one in self.content[server.name] if (one.model, one.version) != (model, version)
        ]

    async def close(self) -> None:
        """Nothing is open."""
