"""Alerts and dashboard ask for metrics that exist, by labels that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from prometheus_client import REGISTRY

import loupe_inference.metrics
import loupe_kit.telemetry.metrics
from tests.chart.rendering import CHART, of_kind, render

OWNERS = (loupe_inference.metrics, loupe_kit.telemetry.metrics)


def known() -> dict[str, set[str]]:
    """Labels of each of Loupe's metrics, by the names that Prometheus sees."""
    found: dict[str, set[str]] = {}
    for metric in {metric for owner in OWNERS for metric in vars(owner).values() if hasattr(metric, "_labelnames")}:
        for name in REGISTRY._collector_to_names[metric]:
            found[name] = set(metric._labelnames)
    return found


def expressions() -> Iterator[str]:
    rules = of_kind(render("full"), "PrometheusRule")["plant7"]["spec"]["groups"]
    yield from (rule["expr"] for group in rules for rule in group["rules"])
    panels = json.loads((CHART / "files" / "dashboard.json").read_text())["panels"]
    yield from (target["expr"] for panel in panels for target in panel["targets"])


def test_expressions__name_metrics_and_labels_that_exist() -> None:
    metrics = known()
    asked = [
        (name, labels or "")
        for text in expressions()
        for name, labels in re.findall(r"\b(loupe_\w+)(\{[^}]*\})?", text)
    ]

    assert {name for name, _ in asked} >= {"loupe_rpc_total", "loupe_queue_wait_seconds_bucket"}
    for name, labels in asked:
        assert name in metrics, name
        given = set(re.findall(r"(\w+)(?:=~|!~|!=|=)", labels)) - {"namespace"}
        assert given <= metrics[name], f"{name}{labels}"


def test_alerts__say_what_to_do() -> None:
    rules = of_kind(render("full"), "PrometheusRule")["plant7"]["spec"]["groups"][0]["rules"]

    assert {
        "LoupeImagesWait",
        "LoupeAnalysesFail",
        "LoupeCallsFail",
        "LoupeGpuIdleWhileImagesWait",
        "LoupeDiskFills",
    } <= {rule["alert"] for rule in rules}
    for rule in rules:
        assert {"summary", "description"} <= rule["annotations"].keys()
        assert rule["labels"]["severity"] in {"warning", "critical"}


def test_monitor__finds_ports_that_pods_serve() -> None:
    objects = render("full")
    (endpoint,) = of_kind(objects, "ServiceMonitor")["plant7"]["spec"]["endpoints"]
    selector = of_kind(objects, "ServiceMonitor")["plant7"]["spec"]["selector"]["matchLabels"]

    services = [
        one for one in of_kind(objects, "Service").values() if selector.items() <= one["metadata"]["labels"].items()
    ]

    assert len(services) == 6
    assert all(endpoint["port"] in {port["name"] for port in one["spec"]["ports"]} for one in services)


def test_dashboard__reaches_grafana() -> None:
    given = of_kind(render("full"), "ConfigMap")["plant7-dashboard"]

    assert json.loads(given["data"]["loupe.json"])["title"] == "Loupe"
    assert given["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_metrics__are_served_only_when_asked_for() -> None:
    ports = {
        ci: [
            variable["value"]
            for one in of_kind(render(ci), "Deployment").values()
            for variable in one["spec"]["template"]["spec"]["containers"][0]["env"]
            if variable["name"] == "LOUPE_METRICS_PORT"
        ]
        for ci in ("min", "full")
    }

    # TorchServe serves its own.
    assert ports == {"min": [], "full": ["9464"] * 5}
