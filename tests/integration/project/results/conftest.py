"""A served project service with a project of twenty analysed images."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.project.results.harness import Bench, served


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A user's project of twenty images, two of which have no features."""
    async with served(tmp_path) as bench:
        await bench.create_project()
        await bench.add_images(20)
        yield bench
