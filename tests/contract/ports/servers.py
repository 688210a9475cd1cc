"""Servers that contract suites need: those that run, or ones started here as `make up` starts them. Skips loudly."""

import os
import signal
import socket
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from loupe_cluster import checks, servers
from loupe_cluster.keys import Keys
from loupe_cluster.processes import Process, Program

REDIS_URL = os.environ.get("LOUPE_TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
KEYS = Keys("", "tester", "a secret of the tests")
_START_SECONDS = 90.0


@asynccontextmanager
async def redis_prefix() -> AsyncIterator[tuple[str, str]]:
    """URL of a Redis server and a prefix whose keys are gone afterwards."""
    if not checks.redis(REDIS_URL):
        pytest.skip(f"NO REDIS at {REDIS_URL}: set LOUPE_TEST_REDIS_URL to run this test")
    prefix = f"test:{uuid.uuid4().hex}:"
    yield REDIS_URL, prefix
    async with Redis.from_url(REDIS_URL) as client:
        async for key in client.scan_iter(f"{prefix}*"):
            await client.delete(key)


@contextmanager
def mongodb() -> Iterator[str]:
    """URL of a MongoDB replica set that is gone afterwards."""
    (port,) = _free_ports(1)
    with _running(lambda folder: servers.mongodb(folder, port)):
        yield f"mongodb://127.0.0.1:{port}/?replicaSet=loupe"


@contextmanager
def s3() -> Iterator[str]:
    """`host:port` of an S3 server that is gone afterwards; `KEYS` open it."""
    ports = _free_ports(4)
    with _running(lambda folder: servers.s3(folder, ports, KEYS)):
        yield f"127.0.0.1:{ports[0]}"


@contextmanager
def _running(make: Callable[[Path], Program]) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="loupe-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            program = make(folder / "data")
        except servers.ServerMissing as error:
            pytest.skip(f"NO SERVER: {error}")
        process = Process(program, folder / "server.log")
        process.start()
        try:
            _wait(process)
            yield
        finally:
            # Nothing of it is needed any more, and a clean stop may take long.
            os.kill(process.pid, signal.SIGKILL)
            process.wait_stopped()


def _wait(process: Process) -> None:
    end = time.monotonic() + _START_SECONDS
    while not process.program.is_ready():
        if time.monotonic() > end or not process.is_alive:
            pytest.fail(f"{process.program.name} did not start:\n{process.last_lines()}")
        time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    """Ports that are free, and so is the one 10,000 above each."""
    found: list[int] = []
    while len(found) < count:
        with socket.create_server(("127.0.0.1", 0)) as one:
            port = one.getsockname()[1] - 12_000
        try:
            with socket.create_server(("127.0.0.1", port)), socket.create_server(("127.0.0.1", port + 10_000)):
                found.append(port)
        except OSError:
            continue
    return found
