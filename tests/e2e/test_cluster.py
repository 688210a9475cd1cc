"""The cluster profile on this machine: started as `make up` does, used, hurt, stopped without a trace."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from redis import Redis
from rich.progress import Progress

from loupe_client import Client, UploadedFile, UploadFile
from loupe_client.demo.job import MainJob
from loupe_client.demo.target import RunningTarget
from loupe_cluster import checks

pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.timeout(1200)]

REDIS_URL = "redis://127.0.0.1:6379/8"
STREAM = "loupe:queue:analysis.efficientnet-lite0"
IMAGES = 60
FILES = 500
BATCH = 16
EMAIL, PASSWORD = "ada@plant.example", "a long enough pass phrase"


class Cluster:
    """Runs the commands of `make up`, `make down`, … for a cluster of its own beside any other."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.name = f"test_{uuid.uuid4().hex[:8]}"
        self.environment = os.environ | {
            "LOUPE_CLUSTER_DIR": str(folder),
            "LOUPE_CLUSTER_NAME": self.name,
            # Moves the services past the ports that Linux gives to outgoing connections, one of which may be in use.
            "LOUPE_CLUSTER_PORT_OFFSET": "3000",
            "LOUPE_CLUSTER_REDIS_URL": REDIS_URL,
            "LOUPE_CLUSTER_START_SECONDS": "500",
            **variables,
        }

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-m", "loupe_cluster", command]
        return subprocess.run(arguments, env=self.environment, capture_output=True, text=True, check=False, timeout=600)

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
        forget_keys()

    def _owns(self, process: psutil.Process) -> bool:
        try:
            mentioned = " ".join([*process.cmdline(), *process.environ().values()])
        except psutil.Error:
            return False
        return str(self.folder) in mentioned and process.pid != os.getpid() and process.status() != "zombie"


def forget_keys() -> None:
    """Empties the database of Redis that these clusters share."""
    with Redis.from_url(REDIS_URL) as client:
        for key in client.scan_iter("loupe:*"):
            client.delete(key)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path / "cluster")
    yield made
    made.remove()


@pytest.fixture
def cluster_of_one_model(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(
        tmp_path / "cluster",
        LOUPE_TORCHSERVE_MODELS='["efficientnet-lite0"]',
        LOUPE_INFERENCE_BATCH_IMAGES=str(BATCH),
    )
    yield made
    made.remove()


def test_cluster__whole_job_with_inference_killed_in_the_middle(cluster: Cluster) -> None:
    forget_keys()
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


def test_cluster__worker_of_torchserve_torchserve_and_inference_killed_in_the_middle(
    cluster_of_one_model: Cluster,
) -> None:
    forget_keys()
    cluster = cluster_of_one_model
    cluster.up()
    target = cluster.target()
    with Client(target.grpc) as loupe:
        loupe.verify_email(loupe.sign_up(EMAIL, PASSWORD, "Ada"), target.mailed_code(EMAIL))
        loupe.sign_in(EMAIL, PASSWORD)
        project = loupe.create_project("Cells", "models/efficientnet-lite0").name
        sent = [answer for answer in loupe.uploads.send(project, pictures()) if isinstance(answer, UploadedFile)]
        assert [answer.failure for answer in sent if answer.failure] == []
        done = 0
        for victim in (_worker_of_torchserve, _torchserve, _inference):
            done = _kill_with_images_in_hand(loupe, project, victim(cluster), done + 2 * BATCH)

        until(lambda: not loupe.images.count(project, "is:pending"))

        images = list(loupe.images.search(project))
        assert len(images) == FILES
        assert {image.state for image in images} == {"ANALYSED"}
        assert {len(image.predictions) for image in images} == {1}
        assert loupe.analyses.create(project, "", "PCA").result().point_count == FILES
    starts = {name: process["starts"] for name, process in cluster.processes().items()}
    assert (starts["torchserve"], starts["inference"]) == (2, 2)
    with Redis.from_url(REDIS_URL) as client:
        assert client.xlen(STREAM) == 0


def test_cluster__killed_supervisor_leaves_no_orphan_and_the_data_stay(cluster_of_one_model: Cluster) -> None:
    cluster = cluster_of_one_model
    cluster.up()
    os.kill(cluster.supervisor(), 9)
    end = time.monotonic() + 60
    while (remains := cluster.remains()) and time.monotonic() < end:
        time.sleep(0.2)
    assert remains == []

    cluster.up()
    assert cluster.run("down").returncode == 0


def pictures() -> Iterator[UploadFile]:
    """`FILES` pictures of noise, no two alike."""
    draw = np.random.default_rng(3)
    for index in range(FILES):
        buffer = io.BytesIO()
        Image.fromarray(draw.integers(0, 255, (300, 300), np.uint8)).save(buffer, "PNG")
        yield UploadFile(f"cell{index:03d}.png", buffer.getvalue())


def _kill_with_images_in_hand(loupe: Client, project: str, victim: int, analysed: int) -> int:
    """Kills as soon as that many images are analysed and others are being worked on; returns how many are analysed."""
    until(lambda: loupe.project(project).analysed_count >= analysed and _pending() > 0)
    os.kill(victim, 9)
    found = loupe.project(project)
    assert found.analysed_count < FILES, "the kill came too late"
    return found.analysed_count


def _worker_of_torchserve(cluster: Cluster) -> int:
    workers: list[int] = []

    def found() -> bool:
        server = psutil.Process(_torchserve(cluster))
        workers[:] = [child.pid for child in server.children() if "model_service_worker" in str(child.cmdline())]
        return bool(workers)

    until(found)
    return workers[0]


def _torchserve(cluster: Cluster) -> int:
    return cluster.processes()["torchserve"]["pid"]


def _inference(cluster: Cluster) -> int:
    return cluster.processes()["inference"]["pid"]


def _pending() -> int:
    with Redis.from_url(REDIS_URL) as client:
        return int(client.xpending(STREAM, "workers")["pending"]) if client.exists(STREAM) else 0


def until(done: Callable[[], bool]) -> None:
    """Waits, and fails after minutes."""
    end = time.monotonic() + 400
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def _kill_inference_with_jobs_in_hand(cluster: Cluster) -> None:
    until(lambda: _pending() > 0)
    os.kill(_inference(cluster), 9)
