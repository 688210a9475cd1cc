"""Pools of GPUs: pods go to their nodes, take their slices, and inference finds each model."""

from __future__ import annotations

import json

import pytest
import yaml

from loupe_inference.domain import catalogue
from tests.chart.rendering import CHART, Object, container, of_kind, pods, refusal, render, values_of, variables


def pod_of(pool: str) -> Object:
    found: Object = of_kind(render("gpu"), "Deployment")[f"loupe-torchserve-{pool}"]["spec"]["template"]["spec"]
    return found


@pytest.mark.parametrize(("pool", "resource"), [("large", "nvidia.com/gpu"), ("slices", "nvidia.com/mig-1g.10gb")])
def test_pool__takes_its_resource_on_its_nodes(pool: str, resource: str) -> None:
    pod = pod_of(pool)

    resources = pod["containers"][0]["resources"]
    assert resources["limits"][resource] == resources["requests"][resource] == 1
    assert resources["limits"]["memory"]
    assert pod["runtimeClassName"] == "nvidia"
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert pod["nodeSelector"]
    assert variables(pod["containers"][0])["LOUPE_TORCHSERVE_DEVICE"] == "auto"


def test_pool__several_gpus_for_a_pod() -> None:
    assert container(render("full"), "plant7-torchserve-all")["resources"]["limits"]["nvidia.com/gpu"] == 2


def test_pool__without_a_gpu_computes_on_cores() -> None:
    pod = pod_of("cores")

    assert not [name for name in pod["containers"][0]["resources"]["limits"] if "nvidia" in name]
    assert "runtimeClassName" not in pod
    assert variables(pod["containers"][0])["LOUPE_TORCHSERVE_DEVICE"] == "cpu"


def test_pool__rolls_without_a_spare_gpu() -> None:
    strategy = of_kind(render("gpu"), "Deployment")["loupe-torchserve-large"]["spec"]["strategy"]["rollingUpdate"]

    assert strategy == {"maxUnavailable": 1, "maxSurge": 0}


def test_pool__zero_replicas_are_kept() -> None:
    objects = render("gpu", "gpuPools.slices.replicas=0")

    assert of_kind(objects, "Deployment")["loupe-torchserve-slices"]["spec"]["replicas"] == 0


def test_reduction__takes_a_gpu_where_it_is_given_one() -> None:
    deployment = of_kind(render("gpu"), "Deployment")["loupe-reduction"]["spec"]
    pod = deployment["template"]["spec"]
    resources = pod["containers"][0]["resources"]

    assert resources["limits"]["nvidia.com/gpu"] == resources["requests"]["nvidia.com/gpu"] == 1
    assert resources["limits"]["memory"]
    assert pod["runtimeClassName"] == "nvidia"
    assert pod["nodeSelector"]
    assert pod["containers"][0]["image"].endswith("-cuda")
    assert variables(pod["containers"][0])["LOUPE_REDUCTION_GPU"] == "true"
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}


def test_reduction__without_a_gpu_computes_on_cores() -> None:
    deployment = of_kind(render("min"), "Deployment")["loupe-reduction"]["spec"]
    pod = deployment["template"]["spec"]

    assert not [name for name in pod["containers"][0]["resources"]["limits"] if "nvidia" in name]
    assert "runtimeClassName" not in pod
    assert "LOUPE_REDUCTION_GPU" not in variables(pod["containers"][0])
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


def test_models__each_is_found_where_it_is_loaded() -> None:
    objects = render("gpu")
    targets = json.loads(variables(container(objects, "loupe-inference"))["LOUPE_INFERENCE_TORCHSERVE_TARGETS"])
    services = of_kind(objects, "Service")

    for model, target in targets.items():
        service, _, port = target.removeprefix("dns:///").partition(".plant.svc:")
        assert int(port) in {one["port"] for one in services[service]["spec"]["ports"]}
        loaded = json.loads(variables(container(objects, service))["LOUPE_TORCHSERVE_MODELS"])
        assert model in loaded


def test_models__inference_finds_the_pods_of_each_pool() -> None:
    objects = render("gpu")
    told = variables(container(objects, "loupe-inference"))
    selectors = json.loads(told["LOUPE_INFERENCE_TORCHSERVE_PODS"])

    assert told["LOUPE_INFERENCE_TORCHSERVE_TARGET"] in selectors
    assert set(selectors) == set(json.loads(told["LOUPE_INFERENCE_TORCHSERVE_TARGETS"]).values())
    labels = {owner: pod["metadata"]["labels"] for owner, pod in pods(objects)}
    for target, selector in selectors.items():
        wanted = dict(part.split("=") for part in selector.split(","))
        chosen = [owner for owner, has in labels.items() if wanted.items() <= has.items()]
        assert chosen == [target.removeprefix("dns:///").partition(".")[0]]


@pytest.mark.parametrize(
    ("sets", "pool"),
    [
        ([], "large"),
        (['torchserve.registeredPool="cores"'], "cores"),
        (['gpuPools.large.resourceName=""', 'gpuPools.slices.resourceName=""'], "cores"),
    ],
    ids=["first-with-gpus", "named", "none-has-gpus"],
)
def test_models__registered_ones_have_their_pool(sets: list[str], pool: str) -> None:
    told = variables(container(render("gpu", *sets), "loupe-inference"))

    assert told["LOUPE_INFERENCE_TORCHSERVE_TARGET"] == f"dns:///loupe-torchserve-{pool}.plant.svc:7070"


def test_models__registered_ones_are_fetched_from_the_bucket() -> None:
    objects = render("gpu")
    told = variables(container(objects, "loupe-inference"))
    scheme = "https" if told["LOUPE_S3_SECURE"] == "true" else "http"

    url = variables(container(objects, "loupe-torchserve-cores"))["LOUPE_TORCHSERVE_ARCHIVES_URL"]
    assert url == f"{scheme}://{told['LOUPE_S3_ENDPOINT']}/{told['LOUPE_S3_BUCKET']}/models/"


def test_without_torchserve__nothing_of_it() -> None:
    objects = render("min")

    assert not [one for one in objects if "torchserve" in one["metadata"]["name"]]
    assert not [name for name in variables(container(objects, "loupe-inference")) if "TORCHSERVE" in name]


@pytest.mark.parametrize(
    ("ci", "values", "message"),
    [
        ("gpu", 'gpuPools.cores.models=["nanodet-coco"]', "model nanodet-coco is in pool cores already"),
        ("gpu", "torchserve.enabled=false", "gpuPools are there and torchserve.enabled is false"),
        ("min", "torchserve.enabled=true", "torchserve.enabled needs at least one of gpuPools"),
        ("gpu", 'torchserve.registeredPool="huge"', "gpuPools has no such pool: it has cores, large, slices"),
    ],
)
def test_pools__faults_are_named(ci: str, values: str, message: str) -> None:
    assert message in refusal(ci, values)


@pytest.mark.parametrize("ci", ["gpu", "full"])
def test_examples__have_every_model_of_the_catalogue(ci: str) -> None:
    pools = yaml.safe_load(values_of(ci).read_text())["gpuPools"].values()

    assert {model for pool in pools for model in pool["models"]} == {spec.id for spec in catalogue.builtin().all()}


def test_scaling__watches_the_queue_of_every_model() -> None:
    models = yaml.safe_load((CHART / "values.yaml").read_text())["inference"]["autoscaling"]["keda"]["models"]

    assert set(models) == {spec.id for spec in catalogue.builtin().all()}
