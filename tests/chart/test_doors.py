"""Doors: every gRPC service that people may call is reachable under one host, and none that only Loupe calls."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict

import yaml

from loupe_kit.rpc_policy import Access
from tests.chart.rendering import CHART, of_kind, render

INFRASTRUCTURE = {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


def called_by_people() -> dict[str, set[str]]:
    """Services by their process that have an RPC for somebody outside."""
    found: dict[str, set[str]] = defaultdict(set)
    for process in ("auth", "project", "inference", "reduction"):
        package = importlib.import_module(f"loupe_{process}.servicers")
        for module in pkgutil.iter_modules(package.__path__):
            table = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "ACCESS", {})
            found[process] |= {rpc.split("/")[1] for rpc, access in table.items() if access is not Access.SERVICE}
    return {process: services for process, services in found.items() if services}


def routed() -> dict[str, set[str]]:
    given = yaml.safe_load((CHART / "files" / "grpc-services.yaml").read_text())
    return {process: set(services) - INFRASTRUCTURE for process, services in given.items()}


def test_list__is_what_the_access_tables_say() -> None:
    assert routed() == called_by_people(), "mend helm/loupe/files/grpc-services.yaml"


def test_grpc_route__leads_each_service_to_its_process() -> None:
    rules = of_kind(render("full"), "GRPCRoute")["plant7"]["spec"]["rules"]

    assert all(len(rule["matches"]) <= 8 for rule in rules)
    assert len(rules) <= 16
    led: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        (backend,) = rule["backendRefs"]
        led[backend["name"].removeprefix("plant7-")] |= {one["method"]["service"] for one in rule["matches"]}
        service = of_kind(render("full"), "Service")[backend["name"]]
        assert backend["port"] in {port["port"] for port in service["spec"]["ports"]}
    assert {process: services - INFRASTRUCTURE for process, services in led.items()} == routed()
    assert led["auth"] >= INFRASTRUCTURE


def test_grpc_ingress__leads_each_service_to_its_process() -> None:
    ingress = of_kind(render("full"), "Ingress")["plant7-grpc"]
    (rule,) = ingress["spec"]["rules"]
    led: dict[str, set[str]] = defaultdict(set)
    for path in rule["http"]["paths"]:
        led[path["backend"]["service"]["name"].removeprefix("plant7-")].add(path["path"].removeprefix("/"))

    assert {process: services - INFRASTRUCTURE for process, services in led.items()} == routed()
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/backend-protocol"] == "GRPC"


def test_doors__speak_tls() -> None:
    for ingress in of_kind(render("full"), "Ingress").values():
        (tls,) = ingress["spec"]["tls"]
        assert tls["hosts"] == [rule["host"] for rule in ingress["spec"]["rules"]]
        assert tls["secretName"] == "loupe-tls"


def test_http__bodies_pass_unbuffered() -> None:
    annotations = of_kind(render("min"), "Ingress")["loupe-http"]["metadata"]["annotations"]

    assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == "0"
    assert annotations["nginx.ingress.kubernetes.io/proxy-request-buffering"] == "off"


def test_grpc__stays_inside_without_a_host() -> None:
    assert set(of_kind(render("air-gapped"), "Ingress")) == {"loupe-http"}
