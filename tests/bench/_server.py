"""A Loupe that a measurement runs: signing in, waiting for its models, looking at its processes."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import Protocol

import httpx
import psutil

from loupe_client import Client
from loupe_client.demo.target import Target

_WARM_KERNELS = "LOUPE_REDUCTION_WARM_KERNELS"
_EMAIL, _PASSWORD = "bench@plant.example", "a long enough pass phrase"
_SERVERS = {"weed": "s3", "mongod": "mongodb", "mariadbd": "mariadb", "redis-server": "redis"}


class Server(Target, Protocol):
    """A Loupe of which a process is known."""

    @property
    def pid(self) -> int:
        """Of the process that all others descend from."""
        ...


@contextmanager
def signed_in(server: Server) -> Iterator[tuple[Client, httpx.Client]]:
    """Clients of a new account, over gRPC and HTTP, once all models have loaded."""
    with Client(server.grpc) as loupe, httpx.Client(base_url=server.http, timeout=1800.0) as http:
        loupe.verify_email(loupe.sign_up(_EMAIL, _PASSWORD, "Bench"), server.mailed_code(_EMAIL))
        loupe.sign_in(_EMAIL, _PASSWORD)
        http.post("/v1/account:signIn", json={"email": _EMAIL, "password": _PASSWORD}).raise_for_status()
        _wait_for_models(http)
        yield loupe, http


def _wait_for_models(http: httpx.Client) -> None:
    # After a start the other models are loaded behind the one that is ready, once: not what is measured.
    until = time.monotonic() + 600
    while True:
        models = http.get("/v1/models").raise_for_status().json()["models"]
        if all(model["state"] != "STATE_LOADING" for model in models):
            return
        if time.monotonic() > until:
            raise SystemExit("the models do not come up; see the log of inference")
        time.sleep(0.5)


@contextmanager
def kernels_not_warmed() -> Iterator[None]:
    """The first start of a folder compiles the kernels of maps beside everything else, once and for all: not here."""
    os.environ[_WARM_KERNELS] = "false"
    try:
        yield
    finally:
        del os.environ[_WARM_KERNELS]


def processes(server: Server) -> dict[str, psutil.Process]:
    """All processes of a Loupe by what they do: `project`, `torchserve`, `torchserve worker 2`, `inference child`.

    Servers that ran before, such as MariaDB and Redis, are not its own.
    """
    root = psutil.Process(server.pid)
    found: dict[str, psutil.Process] = {}
    names: dict[int, str] = {}
    counts: Counter[str] = Counter()
    for process in [root, *root.children(recursive=True)]:
        try:
            name = _name(process.cmdline(), names.get(process.ppid(), ""))
        except psutil.NoSuchProcess:
            continue
        names[process.pid] = name
        counts[name] += 1
        found[name if counts[name] == 1 else f"{name} {counts[name]}"] = process
    return found


def cpu_seconds(running: Sequence[psutil.Process]) -> float:
    """Processor time of processes so far, user and system."""
    times = [process.cpu_times() for process in running]
    return sum(each.user + each.system for each in times)


def proportional_mib(process: psutil.Process) -> float:
    """Memory of a process; pages that several share are counted once over all of them."""
    used: int = process.memory_full_info().pss
    return used / 2**20


def _name(command: Sequence[str], parent: str) -> str:
    if "org.pytorch.serve.ModelServer" in command:
        return "torchserve"
    if any(word.endswith("model_service_worker.py") for word in command):
        return f"{parent} worker"
    program = PurePath(command[0]).name if command else "?"
    if "-m" in command and program == PurePath(sys.executable).name:
        module = command[command.index("-m") + 1]
        return f"{parent} child" if module == "loupe_kit.child" else module.removeprefix("loupe_")
    return _SERVERS.get(program, program)
