"""A cluster of its own for a measurement: started as `make up` does, beside any other, gone afterwards."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from loupe_client.demo.target import RunningTarget
from loupe_cluster import checks

_REDIS_URL = "redis://127.0.0.1:6379/6"
_MARIADB_URL = "mariadb://root@127.0.0.1:3306"


@dataclass(frozen=True, slots=True)
class RunningCluster(RunningTarget):
    """A cluster, and the process that all of its others descend from."""

    pid: int
    """Of the supervisor. Servers that ran before, such as MariaDB and Redis, do not descend from it."""
    start_seconds: float
    """From the start until everything served, TorchServe with all models too."""


@contextmanager
def fresh_cluster() -> Iterator[RunningCluster]:
    """Starts one with empty stores and the archives of all models in place; `LOUPE_…` of the caller count."""
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        variables = os.environ | {
            "LOUPE_CLUSTER_DIR": folder,
            "LOUPE_CLUSTER_NAME": name,
            "LOUPE_CLUSTER_PORT_OFFSET": "4500",
            "LOUPE_CLUSTER_REDIS_URL": _REDIS_URL,
            "LOUPE_CLUSTER_START_SECONDS": "900",
        }
        _package(Path(folder), variables)
        try:
            _run("up", variables)
            words = shlex.split(_run("address", variables))
            named = dict(zip(words[::2], words[1::2], strict=True))
            state = json.loads((Path(folder) / "state.json").read_text())
            yield RunningCluster(
                named["--http"], named["--grpc"], Path(named["--mailbox"]), state["pid"], state["seconds"]
            )
        finally:
            _run("down", variables)
            checks.drop_schemas(_MARIADB_URL, [f"{name}_auth", f"{name}_project"])
            with Redis.from_url(_REDIS_URL) as client:
                client.flushdb()


def _package(folder: Path, variables: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "loupe_torchserve", "package"]
    subprocess.run(
        command, env={**variables, "LOUPE_DATA_DIR": str(folder / "torchserve")}, check=True, stdout=subprocess.DEVNULL
    )


def _run(command: str, variables: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "loupe_cluster", command], env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout
