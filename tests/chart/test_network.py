"""Network policies: closed by default, and open for exactly the calls that processes are told to make."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.chart.rendering import CI, Object, of_kind, pods, render, variables

BACKUP = ("loupe-backup", "loupe-restore")


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return bool(selector.get("matchLabels", {}).items() <= labels.items())


class Network:
    """What a set of objects lets through between its own pods."""

    def __init__(self, objects: list[Object]) -> None:
        self.labels = {owner: pod["metadata"]["labels"] for owner, pod in pods(objects)}
        self._policies = [one["spec"] for one in of_kind(objects, "NetworkPolicy").values()]

    def lets(self, caller: str, callee: str, port: int) -> bool:
        return self._allows(caller, callee, port, "egress", "to") and self._allows(
            callee, caller, port, "ingress", "from"
        )

    def _allows(self, pod: str, other: str, port: int, direction: str, peers: str) -> bool:
        chosen = [one for one in self._policies if matches(one["podSelector"], self.labels[pod])]
        assert chosen, f"no policy for {pod}"
        return any(
            port in {one["port"] for one in rule["ports"]}
            and any(
                "podSelector" in peer and matches(peer["podSelector"], self.labels[other])
                for peer in rule.get(peers, [{"podSelector": {}}])
            )
            for policy in chosen
            for rule in policy.get(direction, [])
        )


def calls(objects: list[Object]) -> set[tuple[str, str, int]]:
    """Caller, callee and port of every address that a pod is told."""
    found = set()
    owners = {owner for owner, _ in pods(objects)}
    for owner, pod in pods(objects):
        for container in pod["spec"]["containers"]:
            for value in variables(container).values() if "env" in container else ():
                if isinstance(value, str) and "dns:///" in value:
                    for target in value.replace('"', " ").replace("}", " ").split():
                        if target.startswith("dns:///"):
                            name, _, port = target.removeprefix("dns:///").partition(".plant.svc:")
                            found.add((owner, name, int(port)))
    assert {callee for _, callee, _ in found} <= owners
    return found


@pytest.mark.parametrize("ci", CI)
def test_policies__let_through_what_pods_are_told_to_call(ci: str) -> None:
    objects = render(ci)
    network = Network(objects)

    assert calls(objects)
    assert [call for call in calls(objects) if not network.lets(*call)] == []


def test_policies__let_through_nothing_else() -> None:
    objects = render("gpu")
    network, told = Network(objects), calls(objects)
    grpc = {f"loupe-{name}": 50051 + n for n, name in enumerate(("auth", "project", "inference", "reduction"))}
    grpc |= {f"loupe-torchserve-{pool}": 7070 for pool in ("large", "slices", "cores")}
    # Doors are open for the ingress controller, wherever it is, until networkPolicy.doors says where.
    closed = {name: port for name, port in grpc.items() if "torchserve" in name or name == "loupe-reduction"}

    through = {
        (caller, callee, port)
        for caller, (callee, port) in product(network.labels, closed.items())
        if caller != callee and network.lets(caller, callee, port)
    }

    assert through == {call for call in told if call[1] in closed}


@pytest.mark.parametrize("ci", CI)
def test_default__is_closed_both_ways(ci: str) -> None:
    (closed,) = (
        one["spec"] for name, one in of_kind(render(ci), "NetworkPolicy").items() if name.endswith("default-deny")
    )

    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in closed
    assert "egress" not in closed
    for _, pod in pods(render(ci)):
        assert matches(closed["podSelector"], pod["metadata"]["labels"])


def test_stores__only_where_peers_say() -> None:
    policy = of_kind(render("full"), "NetworkPolicy")["plant7-auth"]["spec"]
    (to_mariadb,) = (rule for rule in policy["egress"] if {"port": 3306, "protocol": "TCP"} in rule["ports"])

    assert to_mariadb["to"] == [{"ipBlock": {"cidr": "192.0.2.10/32"}}]


@pytest.mark.parametrize(
    ("store", "port", "users"),
    [
        ("mariadb", 3306, {"loupe-auth", "loupe-project", "loupe-migrate-auth", "loupe-migrate-project", *BACKUP}),
        ("mongodb", 27017, {"loupe-inference", *BACKUP}),
        ("redis", 6379, {"loupe-auth", "loupe-project", "loupe-inference"}),
        ("s3", 8333, {"loupe-project", "loupe-inference", *BACKUP}),
    ],
)
def test_bundled_stores__are_reached_by_their_users_alone(store: str, port: int, users: set[str]) -> None:
    network = Network(render("bundled"))

    assert {one for one in network.labels if network.lets(one, f"loupe-bundled-{store}", port)} == users


def test_doors__only_from_where_values_say() -> None:
    policy = of_kind(render("full"), "NetworkPolicy")["plant7-gateway"]["spec"]
    sources = [rule.get("from") for rule in policy["ingress"]]

    assert None not in sources
    assert [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}}] in sources


def test_disabled__makes_none() -> None:
    assert of_kind(render("min", "networkPolicy.enabled=false"), "NetworkPolicy") == {}
