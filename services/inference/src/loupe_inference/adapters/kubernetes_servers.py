"""Which pods host models, asked of Kubernetes. It needs the right to list pods of its own namespace, and no other."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError

from loupe_inference.domain.model_server import ModelServer
from loupe_kit.errors import Unavailable

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_POOL_LABEL = "loupe/pool"
_PORT = 7070
_SECONDS = 5.0
_ORDINARY = frozenset({"cpu", "memory", "ephemeral-storage"})


class KubernetesServers:
    """Finds pods by their labels.

    Args:
        api: Of the cluster.
        namespace: Of the pods.
        selectors: Label selector of the pods behind each target.
        target: The one of `selectors` whose pods host registered versions.
    """

    def __init__(self, api: client.CoreV1Api, namespace: str, selectors: Mapping[str, str], target: str) -> None:
        self._api = api
        self._namespace = namespace
        self._selectors = dict(selectors)
        self._target = target

    async def find(self) -> list[ModelServer]:
        """All pods that have an address, by name.

        Raises:
            Unavailable: If Kubernetes does not answer, or refuses.
        """
        found = [
            _server(pod, takes_registered=target == self._target)
            for target, selector in self._selectors.items()
            for pod in await asyncio.to_thread(self._pods, selector)
            if pod.status.pod_ip and pod.metadata.deletion_timestamp is None
        ]
        return sorted(found, key=lambda server: server.name)

    def _pods(self, selector: str) -> list[Any]:
        try:
            answer = self._api.list_namespaced_pod(self._namespace, label_selector=selector, _request_timeout=_SECONDS)
        except (ApiException, HTTPError) as error:
            raise Unavailable(
                f"Kubernetes does not say which pods host models: {error}. The service account needs the right to list "
                f"pods in the namespace {self._namespace}."
            ) from error
        return list(answer.items)


def connect(selectors: Mapping[str, str], target: str) -> KubernetesServers:
    """In the cluster and the namespace that this process runs in, as its service account.

    Raises:
        ValueError: If it runs in no pod, or in one without the token of its service account.
    """
    try:
        config.load_incluster_config()  # type: ignore[no-untyped-call]
        namespace = _NAMESPACE_FILE.read_text(encoding="ascii").strip()
    except (ConfigException, OSError) as error:
        raise ValueError(
            "LOUPE_INFERENCE_TORCHSERVE_PODS is set, and this process has no service account of Kubernetes: unset it "
            "outside of a cluster, or have the token mounted."
        ) from error
    return KubernetesServers(client.CoreV1Api(), namespace, selectors, target)


def _server(pod: Any, *, takes_registered: bool) -> ModelServer:
    limits = [container.resources.limits or {} for container in pod.spec.containers if container.resources]
    accelerators: dict[str, int] = {}
    for name, amount in (item for each in limits for item in each.items()):
        # Devices are whole numbers; a kubelet counts nothing else in halves.
        if name not in _ORDINARY and str(amount).isdigit():
            accelerators[name] = accelerators.get(name, 0) + int(amount)
    conditions = pod.status.conditions or []
    return ModelServer(
        name=pod.metadata.name,
        target=f"{pod.status.pod_ip}:{_PORT}",
        pool=(pod.metadata.labels or {}).get(_POOL_LABEL, ""),
        node=pod.spec.node_name or "",
        accelerators=accelerators,
        is_ready=any(each.type == "Ready" and each.status == "True" for each in conditions),
        takes_registered=takes_registered,
    )
