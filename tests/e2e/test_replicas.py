"""Two replicas of each service behind one gRPC address: work is shared, done once, and outlives its replica."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from redis import Redis

from loupe_client import Client, Unavailable, UploadedFile
from tests.e2e.test_cluster import (
    BATCH,
    EMAIL,
    FILES,
    PASSWORD,
    REDIS_URL,
    STREAM,
    Cluster,
    forget_keys,
    pictures,
    until,
)

pytestmark = [pytest.mark.slow, pytest.mark.cluster, pytest.mark.timeout(1200)]

T = TypeVar("T")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(
        tmp_path / "cluster",
        LOUPE_TORCHSERVE_MODELS='["efficientnet-lite0"]',
        LOUPE_INFERENCE_BATCH_IMAGES=str(BATCH),
        LOUPE_CLUSTER_REPLICAS="2",
    )
    yield made
    made.remove()


def test_replicas__of_each_service_one_is_killed_in_the_middle(cluster: Cluster) -> None:
    forget_keys()
    cluster.up()
    target = cluster.target()
    with Client(target.grpc) as loupe:
        loupe.verify_email(loupe.sign_up(EMAIL, PASSWORD, "Ada"), target.mailed_code(EMAIL))
        loupe.sign_in(EMAIL, PASSWORD)
        project = loupe.create_project("Cells", "models/efficientnet-lite0").name
        sent = [answer for answer in loupe.uploads.send(project, pictures()) if isinstance(answer, UploadedFile)]
        assert [answer.failure for answer in sent if answer.failure] == []
        until(lambda: loupe.project(project).analysed_count >= 2 * BATCH)

        drawn = loupe.analyses.create(project, "", "UMAP")
        for victim in ("inference", "project", "reduction-2", "auth"):
            _kill(cluster, victim)

        until(lambda: _again(lambda: loupe.images.count(project, "is:pending")) == 0)
        images = _again(lambda: list(loupe.images.search(project)))
        assert len(images) == FILES
        assert {image.state for image in images} == {"ANALYSED"}
        assert {len(image.predictions) for image in images} == {1}
        # It was begun while features were still missing: those that were there are on it.
        assert _again(drawn.result).point_count >= 2 * BATCH

        # The operation outlives both replicas that could have begun it, one after the other.
        later = _again(lambda: loupe.analyses.create(project, "", "TSNE"))
        for victim in ("project-2", "project"):
            _kill(cluster, victim)
            until(lambda: all(process["starts"] > 1 for name, process in _of(cluster, "project-2").items()))
        assert _again(later.result).point_count == FILES
    with Redis.from_url(REDIS_URL) as client:
        assert client.xlen(STREAM) == 0
    counted = cluster.processes()
    assert {name for name in counted if name.endswith("-2")} == {
        "auth-2",
        "inference-2",
        "project-2",
        "reduction-2",
    }


def _of(cluster: Cluster, name: str) -> dict[str, dict[str, int]]:
    return {name: cluster.processes()[name]}


def _kill(cluster: Cluster, name: str) -> None:
    os.kill(cluster.processes()[name]["pid"], 9)


def _again(ask: Callable[[], T]) -> T:
    """The answer; a call that was on its way to a replica that died is made again, as clients do."""
    end = time.monotonic() + 300
    while True:
        try:
            return ask()
        except Unavailable:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
