"""Pods found through the real client of Kubernetes, on a server that answers as its API does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from kubernetes import client

from loupe_inference.adapters import kubernetes_servers
from loupe_inference.adapters.kubernetes_servers import KubernetesServers
from loupe_inference.domain.model_server import ModelServer
from loupe_kit.errors import Unavailable

GPU, CORES = "dns:///loupe-torchserve-gpu.plant.svc:7070", "dns:///loupe-torchserve-cores.plant.svc:7070"
SELECTORS = {GPU: "loupe/pool=gpu", CORES: "loupe/pool=cores"}


def pod(name: str, pool: str, address: str | None, limits: dict[str, str], *, ready: bool = True) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"loupe/pool": pool}},
        "spec": {
            "nodeName": f"node-of-{name}",
            "containers": [{"name": "torchserve", "resources": {"limits": limits}}],
        },
        "status": {"podIP": address, "conditions": [{"type": "Ready", "status": str(ready)}]},
    }


class Api:
    """What a cluster would answer, and what it was asked."""

    def __init__(self) -> None:
        self.pods: dict[str, list[dict[str, Any]]] = {selector: [] for selector in SELECTORS.values()}
        self.status = 200
        self.paths: list[str] = []

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        self.paths.append(path)
        if self.status != 200:
            return self.status, {"kind": "Status", "reason": "Forbidden", "message": "pods is forbidden"}
        (selector,) = query["labelSelector"]
        return 200, {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": self.pods[selector]}


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def servers(api: Api) -> Iterator[KubernetesServers]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            code, content = api.answer(parts.path, parse_qs(parts.query))
            body = json.dumps(content).encode()
            self.send_response(code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tells nobody."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        configuration = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
        configuration.retries = 0
        with client.ApiClient(configuration) as connection:
            yield KubernetesServers(client.CoreV1Api(connection), "plant", SELECTORS, GPU)
        server.shutdown()


async def test_find__pods_with_their_devices_nodes_and_pools(api: Api, servers: KubernetesServers) -> None:
    api.pods["loupe/pool=gpu"] = [
        pod("b", "gpu", "10.1.0.2", {"cpu": "4", "memory": "12Gi", "nvidia.com/mig-1g.10gb": "2"}),
        pod("a", "gpu", "10.1.0.1", {"nvidia.com/gpu": "1"}, ready=False),
        pod("without-address", "gpu", None, {}),
    ]
    api.pods["loupe/pool=cores"] = [pod("c", "cores", "10.1.0.3", {"memory": "8Gi"})]

    found = await servers.find()

    assert found == [
        ModelServer("a", "10.1.0.1:7070", "gpu", "node-of-a", {"nvidia.com/gpu": 1}, is_ready=False),
        ModelServer("b", "10.1.0.2:7070", "gpu", "node-of-b", {"nvidia.com/mig-1g.10gb": 2}),
        ModelServer("c", "10.1.0.3:7070", "cores", "node-of-c", {}, takes_registered=False),
    ]
    assert set(api.paths) == {"/api/v1/namespaces/plant/pods"}


async def test_find__pods_that_are_going_are_left_out(api: Api, servers: KubernetesServers) -> None:
    going = pod("a", "gpu", "10.1.0.1", {})
    going["metadata"]["deletionTimestamp"] = "2026-11-22T12:00:00Z"
    api.pods["loupe/pool=gpu"] = [going]

    assert await servers.find() == []


async def test_find__without_the_right_to_it(api: Api, servers: KubernetesServers) -> None:
    api.status = 403

    with pytest.raises(Unavailable, match="right to list pods in the namespace plant"):
        await servers.find()


def test_connect__outside_of_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    with pytest.raises(ValueError, match="LOUPE_INFERENCE_TORCHSERVE_PODS"):
        kubernetes_servers.connect(SELECTORS, GPU)
