"""What tests of several folders share: one served Loupe, filled with people and a project."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from loupe_client.demo.server import StandaloneProcess
from tests.access import building
from tests.access.world import SETTINGS, World


@pytest.fixture(scope="session")
def shared_standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneProcess]:
    """A standalone in a process of its own, one for the session (one for each worker); its log ends in the report."""
    process = StandaloneProcess(tmp_path_factory.mktemp("standalone"), SETTINGS)
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="session")
def world(shared_standalone: StandaloneProcess) -> World:
    """People of every kind, their keys, and a project with one of everything, in the shared standalone."""
    return asyncio.run(building.build(shared_standalone))
