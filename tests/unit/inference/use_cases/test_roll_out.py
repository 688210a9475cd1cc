"""What servers have follows what is registered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.model_server import HostedVersion, ModelServer
from loupe_inference.domain.registered import RegisteredVersion
from loupe_inference.use_cases.keep_catalogue import CatalogueKeeper
from loupe_inference.use_cases.roll_out import RollOut
from tests.unit.inference.fake_registry import InMemoryModelRegistry
from tests.unit.inference.fake_servers import FakeServers
from tests.unit.inference.fakes import model_spec
from tests.unit.inference.registered import audit_event, registered_version

A, B = ModelServer("pod-a", "10.0.0.1:7070"), ModelServer("pod-b", "10.0.0.2:7070")
OTHER = ModelServer("pod-c", "10.0.0.3:7070", takes_registered=False)
OWN = HostedVersion("efficientnet-lite0", "1", is_ready=True)


class World:
    """Two servers for registered versions, one for others."""

    def __init__(self, retry: timedelta = timedelta(0)) -> None:
        self.registry = InMemoryModelRegistry()
        catalogue = Catalogue([model_spec("tiny")])
        self.servers = FakeServers(A, B, OTHER)
        for server in self.servers.content:
            self.servers.content[server].append(OWN)
        keeper = CatalogueKeeper(self.registry, catalogue)
        self.roll_out = RollOut(self.servers, keeper, catalogue, retry=retry)

    async def register(self, number: int = 1) -> RegisteredVersion:
        version = registered_version(number)
        await self.registry.add(version, None, audit_event(version))
        return version

    def there(self, server: ModelServer) -> list[str]:
        return [f"{one.model} {one.version}" for one in self.servers.content[server.name] if one != OWN]


async def test_level__loads_on_all_servers_that_take_such() -> None:
    world = World()
    await world.register(1)
    await world.register(2)

    await world.roll_out.level()
    await world.roll_out.level()

    assert world.there(A) == world.there(B) == ["line-3 1", "line-3 2"]
    assert world.there(OTHER) == []
    assert len(world.servers.loads) == 4


async def test_level__unloads_what_was_deleted_and_nothing_that_comes_with_loupe() -> None:
    world = World()
    await world.register(1)
    await world.register(2)
    await world.roll_out.level()
    await world.registry.delete("line-3", 2, None, audit_event())

    await world.roll_out.level()

    assert world.there(A) == ["line-3 1"]
    assert OWN in world.servers.content[A.name]


async def test_level__a_server_that_started_anew_gets_its_versions_again() -> None:
    world = World()
    await world.register()
    await world.roll_out.level()
    world.servers.content[B.name] = [OWN]

    await world.roll_out.level()

    assert world.there(B) == ["line-3 1"]


async def test_level__a_silent_server_keeps_none_of_the_others_waiting() -> None:
    world = World()
    await world.register()
    world.servers.silent = {A.name}

    await world.roll_out.level()

    assert world.there(B) == ["line-3 1"]
    states = {state.server.name: state.fault for state in await world.roll_out.states()}
    assert states == {"pod-a": "pod-a does not answer.", "pod-b": "", "pod-c": ""}


async def test_require__names_the_server_that_cannot_load_it_and_why() -> None:
    world = World(retry=timedelta(hours=1))
    await world.register()
    world.servers.refused = {"line-3 1"}

    with pytest.raises(ModelNotReady, match=r"pod-a \(pod-a cannot load line-3 1"):
        await world.roll_out.require("line-3", "1")
    # The background waits before it tries again; who asks does not.
    tries = len(world.servers.loads)
    await world.roll_out.level()
    assert len(world.servers.loads) == tries
    world.servers.refused = set()
    await world.roll_out.require("line-3", "1")

    assert world.there(A) == ["line-3 1"]
    assert all(not state.fault for state in await world.roll_out.states())
