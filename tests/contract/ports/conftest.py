"""What suites of several ports share: servers, one of each for a session."""

import uuid
from collections.abc import Iterator

import pytest

from tests.contract.ports import servers


@pytest.fixture(scope="session")
def mongodb_server() -> Iterator[str]:
    """URL of a MongoDB replica set."""
    with servers.mongodb() as url:
        yield url


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """`host:port` of an S3 server."""
    with servers.s3() as endpoint:
        yield endpoint


@pytest.fixture
def mongodb_url(mongodb_server: str) -> str:
    """URL of an empty database."""
    base, _, options = mongodb_server.partition("/?")
    return f"{base}/test_{uuid.uuid4().hex[:12]}?{options}"
