"""A served project service with a project to upload to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.project.intake.harness import Client, served


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """A user of a served project service, with a project of his own."""
    async with served(tmp_path) as client:
        client.project = await client.create_project()
        yield client
