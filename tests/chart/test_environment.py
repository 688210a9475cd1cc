"""Pods get the variables that `make up` gives to the same processes, and none that no setting reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import AliasChoices
from pydantic_settings import BaseSettings

from loupe_auth.oidc_settings import OidcSettings
from loupe_auth.settings import AuthSettings
from loupe_cluster import environment
from loupe_cluster.keys import Keys
from loupe_cluster.settings import ClusterSettings
from loupe_gateway.settings import GatewaySettings
from loupe_inference.settings import InferenceSettings
from loupe_project.settings import ProjectSettings
from loupe_reduction.settings import ReductionSettings
from loupe_torchserve.settings import TorchServeSettings
from tests.chart.rendering import container, render, variables

DEPLOYMENTS = {
    "auth": "loupe-auth",
    "project": "loupe-project",
    "inference": "loupe-inference",
    "reduction": "loupe-reduction",
    "gateway": "loupe-gateway",
    "torchserve": "loupe-torchserve-cores",
}
SETTINGS: dict[str, list[type[BaseSettings]]] = {
    "auth": [AuthSettings, OidcSettings],
    "project": [ProjectSettings],
    "inference": [InferenceSettings],
    "reduction": [ReductionSettings],
    "gateway": [GatewaySettings],
    "torchserve": [TorchServeSettings],
}
# Of one machine: TorchServe's tokens are a file that pods cannot share.
ONLY_MAKE_UP = {"LOUPE_INFERENCE_TORCHSERVE_KEY_FILE"}
# Of a plant: what make up leaves to the defaults of a developer's machine.
ONLY_PODS = {
    "LOUPE_LOG_LEVEL",
    "LOUPE_AUTH_KEY_ENCRYPTION_KEY",
    "LOUPE_INFERENCE_COMPUTE_THREADS",
    "LOUPE_INFERENCE_TORCHSERVE_PODS",
    "LOUPE_INFERENCE_TORCHSERVE_TARGETS",
    "LOUPE_REDUCTION_GPU",
    "LOUPE_REDUCTION_THREADS",
    "LOUPE_TORCHSERVE_COMPUTE_THREADS",
    "LOUPE_TORCHSERVE_DEVICE",
    "LOUPE_TORCHSERVE_HOST",
    "LOUPE_TORCHSERVE_LOAD_SECONDS",
    "LOUPE_TORCHSERVE_MODELS",
    "LOUPE_TORCHSERVE_TOKENS",
}


def of_pod(process: str, ci: str = "gpu") -> dict[str, Any]:
    return variables(container(render(ci), DEPLOYMENTS[process]))


def of_make_up(process: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in ("LOUPE_TEST_MARIADB_URL", "LOUPE_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    given = environment.of_process(
        process, ClusterSettings(dir=Path("data/cluster")), Keys("k" * 48, "access", "secret")
    )
    return {name: value for name, value in given.items() if name.startswith("LOUPE_")}


def names_of(settings: type[BaseSettings]) -> set[str]:
    """Variables that a settings class reads."""
    prefix = str(settings.model_config["env_prefix"])
    names = set()
    for name, field in settings.model_fields.items():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [prefix + name.upper()]
        names |= {str(choice) for choice in choices}
    return names


@pytest.mark.parametrize("process", DEPLOYMENTS)
def test_pod__has_what_make_up_gives(process: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_make_up(process, monkeypatch).keys() - ONLY_MAKE_UP - of_pod(process).keys() == set()


@pytest.mark.parametrize("process", DEPLOYMENTS)
def test_pod__has_nothing_else(process: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_pod(process).keys() - ONLY_PODS - of_make_up(process, monkeypatch).keys() == set()


@pytest.mark.parametrize("process", DEPLOYMENTS)
def test_pod__every_variable_is_a_setting(process: str) -> None:
    known = {name for settings in SETTINGS[process] for name in names_of(settings)} | {"LOUPE_METRICS_PORT"}

    given = {name for name in of_pod(process) if name.startswith("LOUPE_")}
    given |= (
        set()
        if process == "torchserve"
        else {name for name in variables(container(render("full"), f"plant7-{process}")) if name.startswith("LOUPE_")}
    )

    assert given - known == set()


@pytest.mark.parametrize("process", ["project", "inference", "reduction", "gateway"])
def test_targets__are_the_ports_of_the_services(process: str) -> None:
    ports = {
        name: variables(container(render("gpu"), f"loupe-{name}"))[f"LOUPE_{name.upper()}_ADDRESS"]
        for name in environment.SERVICES
    }
    targets = {
        name: value for name, value in of_pod(process).items() if name.endswith("_TARGET") and "SERVE" not in name
    }

    assert targets
    for name, value in targets.items():
        service = name.removesuffix("_TARGET").rpartition("_")[2].lower()
        assert value == f"dns:///loupe-{service}.plant.svc:{ports[service].rpartition(':')[2]}"


def test_secrets__are_never_in_the_manifest() -> None:
    for deployment in ("auth", "project", "inference", "reduction", "gateway"):
        for name, value in variables(container(render("full"), f"plant7-{deployment}")).items():
            secret = any(part in name for part in ("KEY", "PASSWORD", "_URL", "CLIENT_SECRET", "USERNAME"))
            if secret and name != "LOUPE_AUTH_OIDC_PUBLIC_URL":
                assert "secretKeyRef" in value, name


def test_config__becomes_variables() -> None:
    auth = variables(container(render("full"), "plant7-auth"))
    project = variables(container(render("full"), "plant7-project"))

    assert auth["LOUPE_AUTH_SIGN_UP_DOMAINS"] == "plant.example"
    assert auth["LOUPE_AUTH_OPEN_DEPARTMENTS"] == "false"
    assert auth["LOUPE_AUTH_SESSION_IDLE"] == "P1D"
    # Helm reads numbers as floats; large ones must not become 2e+10.
    assert project["LOUPE_PROJECT_MAX_ARCHIVE_BYTES"] == "20000000000"
    assert auth["LOUPE_AUTH_TRUSTED_PROXIES"] == "10.42.0.0/16,10.43.0.0/16"


@pytest.mark.parametrize("process", DEPLOYMENTS)
def test_variables__are_taken_by_the_settings(process: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in of_pod(process).items():
        # A number where cores are counted, a text where a secret is.
        given = value if isinstance(value, str) else "2" if "resourceFieldRef" in value else "x" * 40
        monkeypatch.setenv(name, given)

    for settings in SETTINGS[process]:
        settings()


def test_config__is_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables(container(render("full"), "plant7-auth")).items():
        monkeypatch.setenv(name, value if isinstance(value, str) else "x" * 40)

    settings = AuthSettings()

    assert settings.session_idle.days == 1
    assert settings.oidc.departments == {"grp-quality": "Quality"}
    assert settings.smtp_password.get_secret_value() == "x" * 40


def test_extra_env__wins() -> None:
    given = render("min", 'auth.extraEnv={"LOUPE_LOG_LEVEL": "DEBUG", "TZ": "Asia/Seoul"}')

    assert {name: variables(container(given, "loupe-auth"))[name] for name in ("LOUPE_LOG_LEVEL", "TZ")} == {
        "LOUPE_LOG_LEVEL": "DEBUG",
        "TZ": "Asia/Seoul",
    }
