"""The cluster profile on this machine: started as `make up` does, used, hurt, stopped without a trace."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis
from rich.progress import Progress

from loupe_client.demo.job import MainJob
from loupe_client.demo.target import RunningTarget
from loupe_cluster import checks

pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.timeout(600)]

REDIS_URL = "redis://127.0.0.1:6379/8"
STREAM = "loupe:queue:analysis.efficientnet-lite0"
IMAGES = 60


class Cluster:
    """Runs the commands of `make up`, `make down`, … for a cluster of its own beside any other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"test_{uuid.uuid4().hex[:8]}"
        self.environment = os.environ | {
            "LOUPE_CLUSTER_DIR": str(folder),
            "LOUPE_CLUSTER_NAME": self.name,
            "LOUPE_CLUSTER_PORT_OFFSET": "1300",
            "LOUPE_CLUSTER_REDIS_URL": REDIS_URL,
        }

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-m", "loupe_cluster", command]
        return subprocess.run(arguments, env=self.environment, capture_output=True, text=True, check=False, timeout=300)

    def up(self) -> None:
        done = self.run("up")
        if "is not on this machine" in done.stderr:
            pytest.skip(f"NO CLUSTER: {done.stderr}")
        assert done.returncode == 0, done.stdout + done.stderr

    def target(self) -> RunningTarget:
        words = shlex.split(self.run("address").stdout)
        named = dict(zip(words[::2], words[1::2], strict=True))
        return RunningTarget(named["--http"], named["--grpc"], Path(named["--mailbox"]))

    def processes(self) -> dict[str, dict[str, int]]:
        state = json.loads((self.folder / "state.json").read_text())
        return {process["name"]: process for process in state["processes"]}

    def supervisor(self) -> int:
        return int(json.loads((self.folder / "state.json").read_text())["pid"])

    def remains(self) -> list[str]:
        """Command lines of whatever still runs for this cluster, children of children too."""
        return [" ".join(process.cmdline()) for process in psutil.process_iter() if self._owns(process)]

    def remove(self) -> None:
        self.run("down")
        checks.drop_schemas("mariadb://root@127.0.0.1:3306", [f"{self.name}_auth", f"{self.name}_project"])
        _forget_keys()

    def _owns(self, process: psutil.Process) -> bool:
        try:
            mentioned = " ".join([*process.cmdline(), *process.environ().values()])
        except psutil.Error:
            return False
        return str(self.folder) in mentioned and process.pid != os.getpid() and process.status() != "zombie"


def _forget_keys() -> None:
    with Redis.from_url(REDIS_URL) as client:
        for key in client.scan_iter("loupe:*"):
            client.delete(key)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path / "cluster")
    yield made
    made.remove()


def test_cluster__whole_job_with_inference_killed_in_the_middle(cluster: Cluster) -> None:
    _forget_keys()
    cluster.up()
    assert cluster.run("status").returncode == 0
    killer = threading.Thread(target=_kill_inference_with_jobs_in_hand, args=(cluster,))
    killer.start()

    with Progress(disable=True) as progress:
        report = MainJob(cluster.target(), progress, IMAGES).run()
    killer.join()

    # The job's own checks count the points of the maps too: one feature for each image, no more.
    assert (report.images, report.analysed, report.failed) == (IMAGES, IMAGES, 0)
    assert {drawn["points"] for drawn in report.maps} == {IMAGES}
    assert cluster.processes()["inference"]["starts"] == 2
    with Redis.from_url(REDIS_URL) as client:
        assert client.xlen(STREAM) == 0

    assert cluster.run("up").returncode == 0, "a second `up` finds it running"
    assert cluster.run("down").returncode == 0
    assert cluster.remains() == []
    assert cluster.run("status").returncode == 3


def test_cluster__killed_supervisor_leaves_no_orphan_and_the_data_stay(cluster: Cluster) -> None:
    cluster.up()
    os.kill(cluster.supervisor(), 9)
    end = time.monotonic() + 60
    while (remains := cluster.remains()) and time.monotonic() < end:
        time.sleep(0.2)
    assert remains == []

    cluster.up()
    assert cluster.run("down").returncode == 0


def _kill_inference_with_jobs_in_hand(cluster: Cluster) -> None:
    with Redis.from_url(REDIS_URL) as client:
        while not (client.exists(STREAM) and client.xpending(STREAM, "workers")["pending"]):
            time.sleep(0.02)
    os.kill(cluster.processes()["inference"]["pid"], 9)
