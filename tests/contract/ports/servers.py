"""Servers that contract suites need: those that run, or ones started here as `make up` starts them. Skips loudly."""

import json
import os
import signal
import socket
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from loupe_cluster import checks, servers
from loupe_cluster.keys import Keys
from loupe_cluster.processes import Process, Program
from loupe_inference.adapters.torchserve import TorchServeBackend
from loupe_inference.adapters.torchserve_calls import TokenFile, connect

REDIS_URL = os.environ.get("LOUPE_TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
KEYS = Keys("", "tester", "a secret of the tests")
_START_SECONDS = 90.0
_LOAD_SECONDS = 400.0


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


@dataclass(frozen=True, slots=True)
class TorchServe:
    """A running TorchServe."""

    target: str
    key_file: Path
    process: Process

    def tokens(self) -> TokenFile:
        return TokenFile(self.key_file)

    def backend(self, time_limit: timedelta = timedelta(seconds=120)) -> TorchServeBackend:
        """Of a service that uses it."""
        (server,) = connect({self.target}, self.tokens()).values()
        return TorchServeBackend(server, {}, time_limit=time_limit, request_bytes=64 << 20)


@contextmanager
def torchserve(models: Sequence[str], **variables: str) -> Iterator[TorchServe]:
    """A TorchServe with these models, which is gone afterwards; variables are its settings."""
    port = _consecutive_ports(5)
    environment = os.environ | {
        "LOUPE_TORCHSERVE_PORT": str(port),
        "LOUPE_TORCHSERVE_MODELS": json.dumps(models),
        "LOUPE_TORCHSERVE_DEVICE": "cpu",
        "LOUPE_TORCHSERVE_NICE": "0",
        **variables,
    }
    with tempfile.TemporaryDirectory(prefix="loupe-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)

        def make(_folder: Path) -> Program:
            return servers.torchserve(folder, port, environment | {"LOUPE_DATA_DIR": name})

        with _running(make, _LOAD_SECONDS) as process:
            yield TorchServe(f"127.0.0.1:{port}", folder / "key_file.json", process)


@contextmanager
def _running(make: Callable[[Path], Program], seconds: float = _START_SECONDS) -> Iterator[Process]:
    with tempfile.TemporaryDirectory(prefix="loupe-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            program = make(folder / "data")
        except servers.ServerMissing as error:
            pytest.skip(f"NO SERVER: {error}")
        process = Process(program, folder / "server.log")
        process.start()
        try:
            _wait(process, seconds)
            yield process
        finally:
            # Nothing of it is needed any more, and a clean stop may take long.
            if process.is_alive:
                os.kill(process.pid, signal.SIGKILL)
            process.wait_stopped()


def _wait(process: Process, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not process.program.is_ready():
        if time.monotonic() > end or not process.is_alive:
            pytest.fail(f"{process.program.name} did not start:\n{process.last_lines()}")
        time.sleep(0.1)


def _consecutive_ports(count: int) -> int:
    """The first of some ports that are free and follow each other."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as one:
            first = int(one.getsockname()[1]) - 12_000
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first


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
