"""Values: a typo is refused by its name, what cannot work by its reason; secrets are given or kept, never made anew."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path

import pytest

from loupe_inference.settings import InferenceSettings
from tests.chart.rendering import CHART, CI, REPOSITORY, containers, helm, of_kind, pods, refusal, render, values_of


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize(
    ("values", "named"),
    [
        ("auth.replica=3", "replica"),
        ('auth.config.sessionIdl="P1D"', "sessionIdl"),
        ('stores.mariadb.secret="x"', "secret"),
        ('gpuPools.a={"models": ["m"], "replica": 1}', "replica"),
        ('gpuPools.a={"replicas": 1}', "models"),
        ('project.image.tag="latest"', "tag"),
        ('logLevel="LOUD"', "logLevel"),
        ('monitoring.port="high"', "port"),
        ("project.config.maxMegapixels=100000", "maxMegapixels"),
        ('auth.image.digest="sha256:abc"', "digest"),
        ("bundles.redis.enabled=true", "bundles"),
    ],
)
def test_schema__refuses_by_name(values: str, named: str, version: int) -> None:
    said = refusal("min", values, version=version)

    assert "schema" in said
    assert named in said


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ('keys.existingSecret=""', "keys.existingSecret: name a secret with service-token-key"),
        ('stores.mongodb.existingSecret=""', "stores.mongodb.existingSecret: name the secret that leads to it"),
        ("bundled.redis.enabled=true", "stores.redis.existingSecret and bundled.redis.enabled exclude each other"),
        ('stores.s3.endpoint=""', "stores.s3.endpoint: say where the S3 server is"),
        ('oidc.issuer="https://login.plant.example"', "oidc.issuer needs oidc.clientId and publicUrl"),
        ('admin.email="chief@plant.example"', "admin.email needs admin.existingSecret"),
        ('doors.httpHost=""', "ingress and gatewayApi need doors.httpHost"),
        ('auth.autoscaling={"enabled": true, "minReplicas": 9}', "auth.autoscaling: minReplicas is above maxReplicas"),
        ("inference.autoscaling.keda.enabled=true", "inference.autoscaling.keda needs redisAddress"),
    ],
)
def test_values__that_cannot_work_say_why(values: str, message: str) -> None:
    assert message in refusal("min", values)


def test_config__has_the_bounds_of_the_settings() -> None:
    most = InferenceSettings.model_json_schema(by_alias=False)["properties"]["batch_images"]["maximum"]

    assert refusal("min", f"inference.config.batchImages={most + 1}")
    assert render("min", f"inference.config.batchImages={most}")


def test_secrets__none_is_made_unless_asked() -> None:
    assert {ci for ci in CI if of_kind(render(ci), "Secret")} == {"bundled"}


def test_secrets__made_ones_stay_when_the_release_goes() -> None:
    secrets = of_kind(render("bundled"), "Secret")

    assert set(secrets) == {"loupe-keys", *(f"loupe-bundled-{name}" for name in ("mariadb", "mongodb", "redis", "s3"))}
    assert {one["metadata"]["annotations"]["helm.sh/resource-policy"] for one in secrets.values()} == {"keep"}


def test_secrets__an_upgrade_that_sees_no_cluster_makes_none() -> None:
    done = helm("template", "loupe", CHART, "--is-upgrade", "-f", values_of("bundled"))

    assert done.returncode != 0
    assert "an upgrade must not make another one" in done.stderr


def test_secrets__addresses_hold_the_password_that_the_server_gets() -> None:
    def text(name: str, key: str) -> str:
        return base64.b64decode(of_kind(render("bundled"), "Secret")[name]["data"][key]).decode()

    password = text("loupe-bundled-mariadb", "password")
    assert re.fullmatch(r"\w{48}", password)
    assert (
        text("loupe-bundled-mariadb", "auth-url") == f"mariadb://loupe:{password}@loupe-bundled-mariadb:3306/loupe_auth"
    )
    assert text("loupe-bundled-mongodb", "password") in text("loupe-bundled-mongodb", "url")
    assert text("loupe-bundled-s3", "password") in text("loupe-bundled-s3", "identities.json")


@pytest.mark.parametrize(("ci", "first"), [("min", "pre-install"), ("bundled", "post-install")])
def test_migrations__run_before_new_pods_and_may_run_twice(ci: str, first: str) -> None:
    objects = render(ci)
    for name in ("auth", "project"):
        job = of_kind(objects, "Job")[f"loupe-migrate-{name}"]
        hooks = job["metadata"]["annotations"]
        # Bundled servers are there only after the installation; services migrate at their start anyway.
        assert hooks["helm.sh/hook"] == f"{first},pre-upgrade"
        assert hooks["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
        pod = job["spec"]["template"]["spec"]
        assert pod["containers"][0]["args"] == ["migrate"]
        # The account must be there before the job, in the very first installation too.
        account = of_kind(objects, "ServiceAccount")[pod["serviceAccountName"]]["metadata"]["annotations"]
        assert account["helm.sh/hook"] == hooks["helm.sh/hook"]
        assert int(account["helm.sh/hook-weight"]) < int(hooks["helm.sh/hook-weight"])


def test_accounts__exist_for_every_pod() -> None:
    for ci in CI:
        accounts = of_kind(render(ci), "ServiceAccount")
        for name, pod in pods(render(ci)):
            assert name.startswith("loupe-bundled-") or pod["spec"]["serviceAccountName"] in accounts, name
        assert all(one["automountServiceAccountToken"] is False for one in accounts.values())
        assert not of_kind(render(ci), "ClusterRole", "ClusterRoleBinding")


def test_roles__inference_lists_pods_and_nobody_may_anything_else() -> None:
    for ci in CI:
        roles, bindings = (of_kind(render(ci), kind) for kind in ("Role", "RoleBinding"))
        has_torchserve = any("-torchserve-" in name for name in of_kind(render(ci), "Deployment"))
        assert len(roles) == len(bindings) == has_torchserve
        assert [one["rules"] for one in roles.values()] == [
            [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
        ] * len(roles)
        for name, binding in bindings.items():
            assert binding["roleRef"]["name"] in roles
            assert [one["name"] for one in binding["subjects"]] == [name.replace("-pods", "")]


def test_images__of_an_air_gapped_plant_come_from_its_mirror_by_digest() -> None:
    for name, pod in pods(render("air-gapped")):
        assert pod["spec"]["imagePullSecrets"] == [{"name": "plant-registry"}]
        for container in containers(pod):
            assert re.fullmatch(r"registry\.plant\.example/mirror/loupe/\w+@sha256:\d{64}", container["image"]), name


def test_images__list_is_what_pods_pull() -> None:
    command: list[str | Path] = [sys.executable, REPOSITORY / "helm" / "images.py", "list", values_of("bundled")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    pulled = {container["image"] for _, pod in pods(render("bundled")) for container in containers(pod)}
    assert set(done.stdout.split()) == pulled


def test_minimum__is_short() -> None:
    values = values_of("min").read_text().splitlines()

    assert len([line for line in values if line and not line.startswith("#")]) <= 12


# What `min` makes, so that an object that comes or goes is seen in review.
KINDS = {
    "Deployment": 5,
    "Ingress": 2,
    "Job": 2,
    "NetworkPolicy": 9,
    "Pod": 1,
    "PodDisruptionBudget": 5,
    "Service": 5,
    "ServiceAccount": 6,
}


def test_minimum__makes_these_objects() -> None:
    kinds = [one["kind"] for one in render("min")]

    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == KINDS


def test_names__fit_into_63_characters() -> None:
    for one in render("gpu", f'fullnameOverride="{"p" * 60}"', 'gpuPools={"%s": {"models": ["m"]}}' % ("q" * 20)):
        assert len(one["metadata"]["name"]) <= 63, one["metadata"]["name"]
