"""Every pod that any values give: admitted under `restricted`, bounded, watched, and gone in order."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest

from tests.chart.rendering import CI, Object, containers, of_kind, pods, render, variables


def every_pod() -> Iterator[tuple[str, Object]]:
    for ci in CI:
        for owner, pod in pods(render(ci)):
            yield f"{ci}: {owner}", pod


def faults_under_restricted(pod: Object) -> list[str]:
    """What the Pod Security level `restricted` refuses about a pod."""
    spec = pod["spec"]
    faults = [name for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    faults += [f"volume {volume['name']}" for volume in spec.get("volumes", []) if "hostPath" in volume]
    context = spec.get("securityContext", {})
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        faults.append("seccompProfile")
    for container in containers(pod):
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False:
            faults.append(f"{container['name']}: allowPrivilegeEscalation")
        if own.get("capabilities", {}).get("drop") != ["ALL"] or own["capabilities"].get("add"):
            faults.append(f"{container['name']}: capabilities")
        if not (own.get("runAsNonRoot") or context.get("runAsNonRoot")) or context.get("runAsUser") == 0:
            faults.append(f"{container['name']}: root")
    return faults


def test_pods__are_admitted_under_restricted() -> None:
    assert {name: faults for name, pod in every_pod() if (faults := faults_under_restricted(pod))} == {}


def test_restricted__would_be_seen() -> None:
    pod = copy.deepcopy(next(pods(render("min")))[1])
    del pod["spec"]["containers"][0]["securityContext"]["capabilities"]
    pod["spec"]["hostNetwork"] = True

    assert faults_under_restricted(pod) == ["hostNetwork", f"{pod['spec']['containers'][0]['name']}: capabilities"]


def test_pods__have_no_token_and_write_nowhere_but_in_volumes() -> None:
    for name, pod in every_pod():
        told = variables(pod["spec"]["containers"][0]) if name.endswith("-inference") else {}
        asks = "LOUPE_INFERENCE_TORCHSERVE_PODS" in told
        assert pod["spec"]["automountServiceAccountToken"] is asks, name
        for container in containers(pod):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
        for volume in pod["spec"].get("volumes", []):
            assert "emptyDir" not in volume or volume["emptyDir"]["sizeLimit"], name


def test_pods__ask_for_what_they_need_and_are_bounded() -> None:
    for name, pod in every_pod():
        for container in containers(pod):
            resources = container["resources"]
            assert {"cpu", "memory", "ephemeral-storage"} <= resources["requests"].keys(), name
            assert {"memory", "ephemeral-storage"} <= resources["limits"].keys(), name


def test_containers__mount_volumes_that_exist() -> None:
    for name, pod in every_pod():
        claims = {"data"} if "bundled" in name else set()
        volumes = {volume["name"] for volume in pod["spec"].get("volumes", [])} | claims
        for container in containers(pod):
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes, name


@pytest.mark.parametrize("ci", CI)
def test_deployments__are_watched_and_stop_in_order(ci: str) -> None:
    for name, deployment in of_kind(render(ci), "Deployment").items():
        spec = deployment["spec"]["template"]["spec"]
        container = spec["containers"][0]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys(), name
        # preStop, then the 20 s that running calls get, then the stores.
        assert spec["terminationGracePeriodSeconds"] >= container["lifecycle"]["preStop"]["sleep"]["seconds"] + 20 + 10
        assert [one["topologyKey"] for one in spec["topologySpreadConstraints"]] == [
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        ]
        assert spec["topologySpreadConstraints"][0]["labelSelector"] == deployment["spec"]["selector"], name


@pytest.mark.parametrize("name", ["auth", "project", "inference", "reduction"])
def test_grpc_probes__a_store_that_is_away_restarts_nothing(name: str) -> None:
    container = of_kind(render("min"), "Deployment")[f"loupe-{name}"]["spec"]["template"]["spec"]["containers"][0]

    assert container["livenessProbe"]["grpc"]["service"] == container["startupProbe"]["grpc"]["service"] == "live"
    assert "service" not in container["readinessProbe"]["grpc"]


@pytest.mark.parametrize("ci", CI)
def test_budgets__select_a_deployment_each(ci: str) -> None:
    objects = render(ci)
    selectors = [one["spec"]["selector"] for one in of_kind(objects, "Deployment").values()]

    budgets = [one["spec"] for one in of_kind(objects, "PodDisruptionBudget").values()]

    assert all(budget["selector"] in selectors and budget["maxUnavailable"] >= 1 for budget in budgets)
    assert len(budgets) == len(selectors)


@pytest.mark.parametrize("ci", CI)
def test_services__select_pods_of_one_owner(ci: str) -> None:
    objects = render(ci)
    labels = {owner: pod["metadata"]["labels"] for owner, pod in pods(objects)}
    for name, service in of_kind(objects, "Service").items():
        wanted = service["spec"]["selector"].items()
        assert [owner for owner, given in labels.items() if wanted <= given.items()] == [name]
        ports = {
            port["name"]
            for one in objects
            if one["metadata"]["name"] == name and one["kind"] in {"Deployment", "StatefulSet"}
            for port in one["spec"]["template"]["spec"]["containers"][0]["ports"]
        }
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_grpc_services__are_headless() -> None:
    services = of_kind(render("gpu"), "Service")

    assert [name for name, one in services.items() if one["spec"].get("clusterIP") != "None"] == ["loupe-gateway"]


def test_autoscaling__leaves_the_number_of_pods_to_it() -> None:
    objects = render("full")
    deployments, scalers = of_kind(objects, "Deployment"), of_kind(objects, "HorizontalPodAutoscaler")

    assert set(scalers) == {"plant7-project", "plant7-gateway"}
    assert of_kind(objects, "ScaledObject").keys() == {"plant7-inference"}
    scaled = {name for name, one in deployments.items() if "replicas" not in one["spec"]}
    assert scaled == {"plant7-project", "plant7-gateway", "plant7-inference"}


def test_priorities__people_before_analyses() -> None:
    objects = render("full")
    classes = {
        name: one["spec"]["template"]["spec"]["priorityClassName"]
        for name, one in of_kind(objects, "Deployment").items()
    }
    values = {name: one["value"] for name, one in of_kind(objects, "PriorityClass").items()}

    assert values[classes["plant7-project"]] > values[classes["plant7-inference"]]
    assert classes["plant7-torchserve-all"] == classes["plant7-reduction"] == "plant7-batch"
