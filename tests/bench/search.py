"""Forty queries, their facets and a tag on everything, over the RPCs of a project of a million images; MongoDB beside.

Keys for each store: `p50_ms`, `p95_ms` of first page and exact count, by query (median of its repeats);
`facets_p50_ms`, `facets_p95_ms` of the eight default facets; `build_seconds` until the first search has an index and
`restart_seconds` the same after a restart; `memory_mib` of the whole process, client included; `bulk_tag_seconds` of
one tag on all images, as an operation. `vs_baseline`: MongoDB's p95 for the same first pages and counts ÷ ours, in the
same run; null where no MongoDB can be started, said loudly on stderr. `disagreements`: queries that MongoDB counts
otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import structlog

from loupe.project.v1 import (
    image_pb2,
    operation_service_pb2,
    operation_service_pb2_grpc,
    tag_service_pb2,
    tag_service_pb2_grpc,
)
from loupe.project.v1 import search_service_pb2 as pb
from loupe.project.v1 import search_service_pb2_grpc as pb_grpc
from loupe_cluster import checks, servers
from loupe_kit.objects import FolderObjectStore
from loupe_kit.queue import InProcessQueue
from loupe_kit.sql import upgrade
from loupe_kit.testing import SERVICE_TOKEN_KEY, RunningServer, make_user, running_server
from loupe_project.bootstrap import bootstrap
from loupe_project.settings import ProjectSettings
from tests.bench import _search_data as data
from tests.bench._search_queries import INDEXES, QUERIES
from tests.integration.project.auth_fakes import FakeAuditLog, FakeDirectory

PARENT = f"projects/{data.PROJECT}"
MARIADB = "mariadb://root@127.0.0.1:3306"
REPEATS = 5
PAGE = 50
_MIB = 1 << 20


class Service:
    """A running project service with the images in it, and its stubs."""

    def __init__(self, server: RunningServer, indexes: Any) -> None:
        self._server = server
        self._search = pb_grpc.SearchServiceStub(server.channel)
        self._tags = tag_service_pb2_grpc.TagServiceStub(server.channel)
        self._operations = operation_service_pb2_grpc.OperationServiceStub(server.channel)
        self._indexes = indexes

    @property
    def _metadata(self) -> Any:
        # Tokens live for minutes, a million images for longer.
        return self._server.metadata(make_user(data.OWNER))

    async def page(self, query: str) -> int:
        """Asks for the first page; how many images match."""
        request = pb.SearchImagesRequest(parent=PARENT, query=query, page_size=PAGE)
        found = await self._search.SearchImages(request, metadata=self._metadata, timeout=600)
        return int(found.total_size)

    async def facets(self, query: str) -> None:
        """Asks for the default facets."""
        request = pb.GetFacetsRequest(parent=PARENT, query=query)
        await self._search.GetFacets(request, metadata=self._metadata, timeout=600)

    async def index(self) -> float:
        """Seconds from the first search until there is an index."""
        began = time.perf_counter()
        await self.page("is:failed")
        await self._indexes.ready(data.PROJECT)
        return time.perf_counter() - began

    async def tag_everything(self) -> float:
        """Seconds that one tag on all images takes."""
        began = time.perf_counter()
        everything = image_pb2.ImageSelector(query="")
        request = tag_service_pb2.ModifyImageTagsRequest(parent=PARENT, selector=everything, add=["bulk"])
        operation = await self._tags.ModifyImageTags(request, metadata=self._metadata, timeout=600)
        watch = operation_service_pb2.WatchOperationRequest(name=operation.name)
        async for state in self._operations.WatchOperation(watch, metadata=self._metadata, timeout=3600):
            if state.HasField("error"):
                raise SystemExit(f"tagging failed: {state.error.message}")
        return time.perf_counter() - began


@asynccontextmanager
async def running_service(database_url: str, folder: Path) -> AsyncIterator[Service]:
    """A project service over a database, without the other services."""
    async with AsyncExitStack() as stack:
        nobody = await stack.enter_async_context(running_server([]))
        settings = ProjectSettings(data_dir=folder, database_url=database_url, service_token_key=SERVICE_TOKEN_KEY)
        service = bootstrap(
            settings,
            objects=FolderObjectStore(folder / "objects"),
            queue=InProcessQueue(),
            inference_channel=nobody.channel,
            reduction_channel=nobody.channel,
            directory=FakeDirectory(),
            audit_log=FakeAuditLog(),
        )
        await service.start()
        stack.push_async_callback(service.stop)
        server = await stack.enter_async_context(running_server(service.registrations))
        yield Service(server, service.resources["parts"].indexes)


async def timed(asks: list[Callable[[], Awaitable[object]]]) -> list[float]:
    """Milliseconds of each, the median of its repeats."""
    milliseconds = []
    for ask in asks:
        runs = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            await ask()
            runs.append((time.perf_counter() - began) * 1000)
        milliseconds.append(statistics.median(runs))
    return milliseconds


def p95(values: list[float]) -> float:
    """The value that one of twenty lies above."""
    return sorted(values)[max(0, round(0.95 * len(values)) - 1)]


async def measure_store(store: str, count: int, folder: Path, *, bulk: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """One store: what was measured, and counts and milliseconds by query."""
    async with database(store, folder) as url:
        await upgrade(url, "loupe_project:migrations")
        # In a process of its own, so that memory is that of the service.
        command = [sys.executable, "-m", "tests.bench._search_data", url, str(count)]
        await asyncio.to_thread(subprocess.run, command, check=True)
        async with running_service(url, folder) as service:
            build_seconds = await service.index()
            pages = await timed([lambda query=query: service.page(query) for query, _ in QUERIES])  # type: ignore[misc]
            facets = await timed([lambda query=query: service.facets(query) for query, _ in QUERIES])  # type: ignore[misc]
            counts = [await service.page(query) for query, _ in QUERIES]
            memory = psutil.Process().memory_info().rss / _MIB
            bulk_seconds = await service.tag_everything() if bulk else None
        async with running_service(url, folder) as service:
            restart_seconds = await service.index()
    found = {
        "store": store,
        "p50_ms": round(statistics.median(pages), 1),
        "p95_ms": round(p95(pages), 1),
        "facets_p50_ms": round(statistics.median(facets), 1),
        "facets_p95_ms": round(p95(facets), 1),
        "build_seconds": round(build_seconds, 1),
        "restart_seconds": round(restart_seconds, 1),
        "memory_mib": round(memory),
        "bulk_tag_seconds": None if bulk_seconds is None else round(bulk_seconds, 1),
        "slowest": {
            name: sorted(zip(map(round, values), (query for query, _ in QUERIES), strict=True), reverse=True)[:5]
            for name, values in (("pages", pages), ("facets", facets))
        },
    }
    return found, {"counts": counts, "p95": p95(pages)}


@asynccontextmanager
async def database(store: str, folder: Path) -> AsyncIterator[str]:
    """URL of an empty database that is thrown away afterwards."""
    if store == "standalone":
        yield f"sqlite:///{folder / 'project.db'}"
        return
    schema = f"bench_{uuid.uuid4().hex[:8]}"
    checks.create_schemas(MARIADB, [schema])
    try:
        yield f"{MARIADB}/{schema}"
    finally:
        checks.drop_schemas(MARIADB, [schema])


def measure_mongodb(count: int, folder: Path) -> tuple[list[float], list[int]] | None:
    """Milliseconds and counts by query of MongoDB with indexes; None where it cannot be started."""
    from pymongo import DESCENDING, MongoClient

    try:
        program = servers.mongodb(folder / "mongodb", _free_port())
    except servers.ServerMissing as error:
        print(f"NO MONGODB, so nothing to compare with: {error}", file=sys.stderr)
        return None
    port = int(program.command[program.command.index("--port") + 1])
    (folder / "mongodb").mkdir()
    command = [one if one != "0.25" else "2" for one in program.command if one not in ("--replSet", "loupe")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            client: Any = MongoClient("127.0.0.1", port, serverSelectionTimeoutMS=60_000)
            images = client.bench.images
            for piece in data.made(count):
                images.insert_many(data.documents(piece), ordered=False)
            for key in INDEXES:
                images.create_index(key)
            newest = [("uploaded", DESCENDING), ("_id", DESCENDING)]
            milliseconds, counts = [], []
            for _, match in QUERIES:
                runs: list[float] = []
                total = 0
                # Slow ones are not asked five times: a minute each says enough.
                while len(runs) < REPEATS and sum(runs) < 10_000:
                    began = time.perf_counter()
                    list(images.find(match).sort(newest).limit(PAGE))
                    total = images.count_documents(match)
                    runs.append((time.perf_counter() - began) * 1000)
                milliseconds.append(statistics.median(runs))
                counts.append(total)
            return milliseconds, counts
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def main() -> None:
    """Runs the measurement and prints it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--store", choices=("standalone", "cluster", "both"), default="both")
    parser.add_argument("--no-baseline", action="store_true", help="leave MongoDB out")
    parser.add_argument("--no-bulk", action="store_true", help="leave the tag on everything out")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {}
    for store in ("standalone", "cluster") if given.store == "both" else (given.store,):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            measured, asked = asyncio.run(measure_store(store, given.images, Path(folder), bulk=not given.no_bulk))
            found.append(measured)
    result: dict[str, Any] = {"images": given.images, "stores": found, "vs_baseline": None}
    if not given.no_baseline:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            baseline = measure_mongodb(given.images, Path(folder))
        if baseline is not None:
            milliseconds, counts = baseline
            result["mongodb"] = {
                "p50_ms": round(statistics.median(milliseconds), 1),
                "p95_ms": round(p95(milliseconds), 1),
            }
            result["vs_baseline"] = round(p95(milliseconds) / asked["p95"], 1)
            result["disagreements"] = [
                {"query": query, "ours": ours, "mongodb": theirs}
                for (query, _), ours, theirs in zip(QUERIES, asked["counts"], counts, strict=True)
                if ours != theirs
            ]
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
