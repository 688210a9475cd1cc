"""A served project service with a project of twenty analysed images."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loupe.project.v1 import project_service_pb2
from loupe_kit.caller import Caller
from loupe_kit.testing import make_user
from tests.integration.project.results.harness import Bench, served


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A user's project of twenty images, two of which have no features."""
    async with served(tmp_path) as bench:
        await bench.create_project()
        await bench.add_images(20)
        yield bench


@pytest.fixture
async def viewer(bench: Bench) -> Caller:
    """Somebody whom the project is shared with to view."""
    somebody = make_user()
    member = project_service_pb2.ProjectMember(
        principal=f"users/{somebody.id}", role=project_service_pb2.PROJECT_ROLE_VIEWER
    )
    changed = project_service_pb2.Project(name=bench.project, members=[member])
    request = project_service_pb2.UpdateProjectRequest(project=changed)
    request.update_mask.paths.append("members")
    await bench.stub("Project").UpdateProject(request, metadata=bench.who)
    return somebody
