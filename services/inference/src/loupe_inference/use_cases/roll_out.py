"""Have every registered version on every server that hosts such, before anybody is sent there."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.model_server import HostedVersion, ModelServer, ServerState
from loupe_inference.domain.registered import RegisteredVersion
from loupe_inference.ports import ModelServers
from loupe_inference.use_cases.keep_catalogue import CatalogueKeeper
from loupe_kit.errors import LoupeError

_Key = tuple[str, str]

_log = structlog.get_logger("loupe.inference.roll_out")


class RollOut:
    """Compares what servers have with what is registered, and makes them equal.

    Each replica of this service does so; loading what is there, or unloading what is not, changes nothing. A server
    that was started anew has lost its registered versions and gets them again.

    Args:
        servers: Those that host models; none where models run in a child process.
        keeper: Reads what is registered.
        catalogue: What is registered.
        pause: Between two looks.
        retry: Before a version that a server could not load is tried there again.
    """

    def __init__(
        self,
        servers: ModelServers,
        keeper: CatalogueKeeper,
        catalogue: Catalogue,
        pause: timedelta = timedelta(seconds=5),
        retry: timedelta = timedelta(minutes=1),
    ) -> None:
        self._servers = servers
        self._keeper = keeper
        self._catalogue = catalogue
        self._pause = pause
        self._retry = retry
        self._faults: dict[tuple[str, _Key], tuple[float, str]] = {}
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Level until cancelled."""
        while True:
            await self.level()
            await asyncio.sleep(self._pause.total_seconds())

    async def level(self) -> None:
        """Load what is missing and unload what was deleted, on all servers at the same time.

        What does not answer is left for the next time, and said in the log.
        """
        async with self._turn:
            try:
                found = await self._servers.find()
            except LoupeError as error:
                _log.warning("roll_out_waits", why=error.message)
                return
            servers = [server for server in found if server.takes_registered]
            self._forget({server.name for server in servers})
            hosted = await asyncio.gather(*map(self._hosted, servers))
            try:
                # Read after the servers: what another replica has just registered and loaded is in it.
                await self._keeper.refresh()
            except LoupeError as error:
                _log.warning("roll_out_waits", why=error.message)
                return
            answered = [(server, has) for server, has in zip(servers, hosted, strict=True) if has is not None]
            await asyncio.gather(*(self._level(server, has) for server, has in answered))

    async def require(self, model: str, version: str) -> None:
        """Make sure that a version is loaded on every server that hosts registered ones.

        Raises:
            ModelNotReady: If one of them does not have it, with the reason.
            LoupeError: If it cannot be asked which servers there are.
        """
        # Whoever asks now does not want to wait for the next try.
        self._faults = {key: fault for key, fault in self._faults.items() if key[1] != (model, version)}
        await self.level()
        lacking = [
            f"{state.server.name} ({state.fault or 'it is being loaded'})"
            for state in await self.states()
            if state.server.takes_registered and not _has(state, (model, version))
        ]
        if lacking:
            raise ModelNotReady(
                f"Version {version} of model {model} is not on every server yet: {'; '.join(lacking)}. Try again when "
                "they have it.",
                model=model,
            )

    async def states(self) -> list[ServerState]:
        """All servers with what they have.

        Raises:
            LoupeError: If it cannot be asked which servers there are.
        """
        return list(await asyncio.gather(*(self._state(server) for server in await self._servers.find())))

    async def _state(self, server: ModelServer) -> ServerState:
        try:
            versions = await self._servers.hosted(server)
        except LoupeError as error:
            return ServerState(server, (), error.message)
        faults = [text for (name, _), (_, text) in self._faults.items() if name == server.name]
        return ServerState(server, tuple(versions), "; ".join(faults))

    async def _hosted(self, server: ModelServer) -> Sequence[HostedVersion] | None:
        """What a server has; None if it does not answer."""
        try:
            return await self._servers.hosted(server)
        except LoupeError as error:
            _log.warning("server_waits", server=server.name, why=error.message)
            return None

    async def _level(self, server: ModelServer, hosted: Sequence[HostedVersion]) -> None:
        wanted = self._catalogue.all_registered()
        try:
            for gone in (one for one in hosted if one.is_fetched and (one.model, one.version) not in wanted):
                await self._servers.unload(server, gone.model, gone.version)
                _log.info("model_unloaded", server=server.name, model=gone.model, version=gone.version)
            await self._load_missing(server, hosted, wanted)
        except LoupeError as error:
            _log.warning("server_waits", server=server.name, why=error.message)

    async def _load_missing(
        self, server: ModelServer, hosted: Sequence[HostedVersion], wanted: Mapping[_Key, RegisteredVersion]
    ) -> None:
        there = {(one.model, one.version) for one in hosted}
        for key in there:
            self._faults.pop((server.name, key), None)
        for key, version in wanted.items():
            failed_at, _ = self._faults.get((server.name, key), (-self._retry.total_seconds(), ""))
            if key in there or time.monotonic() - failed_at < self._retry.total_seconds():
                continue
            try:
                await self._servers.load(server, version)
            except ModelNotReady as error:
                self._faults[server.name, key] = (time.monotonic(), error.message)
                _log.error("model_not_loaded", server=server.name, model=key[0], version=key[1], why=error.message)
            else:
                self._faults.pop((server.name, key), None)
                _log.info("model_loaded", server=server.name, model=key[0], version=key[1])

    def _forget(self, names: set[str]) -> None:
        """Faults of servers that are gone, and of versions that were deleted."""
        wanted = self._catalogue.all_registered()
        self._faults = {key: fault for key, fault in self._faults.items() if key[0] in names and key[1] in wanted}


def _has(state: ServerState, key: _Key) -> bool:
    return any((one.model, one.version) == key and one.is_ready for one in state.versions)
