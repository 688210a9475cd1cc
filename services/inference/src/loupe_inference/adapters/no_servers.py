"""No servers of models: they run in a child process of this service."""

from collections.abc import Sequence

from loupe_inference.domain.model_server import HostedVersion, ModelServer
from loupe_inference.domain.registered import RegisteredVersion


class NoServers:
    """See `ModelServers`; there is none to ask for anything."""

    async def find(self) -> Sequence[ModelServer]:
        """See the port."""
        return ()

    async def hosted(self, _server: ModelServer) -> Sequence[HostedVersion]:
        """See the port."""
        return ()

    async def load(self, _server: ModelServer, _version: RegisteredVersion) -> None:
        """See the port."""

    async def unload(self, _server: ModelServer, _model: str, _version: str) -> None:
        """See the port."""

    async def close(self) -> None:
        """See the port."""
