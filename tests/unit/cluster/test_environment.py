"""What `make up` tells each process is what the process understands."""

from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from loupe_auth.settings import AuthSettings
from loupe_cluster import environment
from loupe_cluster.ingress import IngressSettings
from loupe_cluster.keys import Keys
from loupe_cluster.settings import ClusterSettings
from loupe_gateway.settings import GatewaySettings
from loupe_inference.settings import InferenceSettings
from loupe_kit.settings import LoupeSettings
from loupe_project.settings import ProjectSettings
from loupe_reduction.settings import ReductionSettings
from loupe_torchserve.settings import TorchServeSettings

KEYS = Keys("k" * 40, "access", "secret")
SETTINGS: dict[str, type[BaseSettings]] = {
    "auth": AuthSettings,
    "project": ProjectSettings,
    "inference": InferenceSettings,
    "reduction": ReductionSettings,
    "torchserve": TorchServeSettings,
    "gateway": GatewaySettings,
    "ingress": IngressSettings,
}


def _known(settings: type[BaseSettings]) -> set[str]:
    prefix = settings.model_config["env_prefix"]
    return {f"{prefix}{name}".upper() for name in settings.model_fields} | {
        f"LOUPE_{name}".upper() for name in (*LoupeSettings.model_fields, *settings.model_fields)
    }


@pytest.mark.parametrize("process", SETTINGS)
def test_of_process__every_variable_is_a_setting(process: str, tmp_path: Path) -> None:
    given = environment.of_process(process, ClusterSettings(dir=tmp_path), KEYS)

    assert {name for name in given if name.startswith("LOUPE_")} - _known(SETTINGS[process]) == set()


def test_of_process__services_find_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = ClusterSettings(dir=tmp_path, port_offset=100, name="second")
    for name, value in environment.of_process("project", cluster, KEYS).items():
        monkeypatch.setenv(name, value)
    settings = ProjectSettings()

    assert settings.address == "127.0.0.1:7122"
    assert settings.auth_target == "127.0.0.1:7121"
    assert settings.database == "mariadb://root@127.0.0.1:3306/second_project"
    assert (settings.s3_endpoint, settings.s3_bucket, settings.s3_secure) == ("127.0.0.1:8433", "second-objects", False)
    assert settings.redis_url.startswith("redis://")


def test_port__no_two_are_the_same_and_none_is_of_linux_outgoing_ones(tmp_path: Path) -> None:
    cluster = ClusterSettings(dir=tmp_path, replicas=4)
    services = [
        name for service in ("auth", "project", "inference", "reduction") for name in cluster.processes(service)
    ]
    servers = ["ingress", "gateway", "mongodb", "s3", "s3-master", "s3-volume", "s3-filer"]

    ports = [cluster.port(name) for name in (*services, *servers)]
    # TorchServe takes the next four as well.
    ports += range(cluster.port("torchserve"), cluster.port("torchserve") + 5)

    assert len(set(ports)) == len(ports)
    assert max(ports) < 32768


def test_of_process__caller_wins_but_not_with_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_AUTH_SMTP_HOST", "mail.plant.example")
    monkeypatch.setenv("LOUPE_DATA_DIR", "elsewhere")
    monkeypatch.setenv("LOUPE_CLUSTER_NAME", "kept_from_services")

    given = environment.of_process("auth", ClusterSettings(dir=tmp_path), KEYS)

    assert given["LOUPE_AUTH_SMTP_HOST"] == "mail.plant.example"
    assert given["LOUPE_DATA_DIR"] == str(tmp_path / "auth")
    assert "LOUPE_CLUSTER_NAME" not in given


def test_inference__mongodb_url_names_a_database_of_the_cluster(tmp_path: Path) -> None:
    cluster = ClusterSettings(dir=tmp_path, mongodb_url="mongodb://a:1,b:2/?replicaSet=rs", name="second")

    given = environment.of_process("inference", cluster, KEYS)

    assert given["LOUPE_INFERENCE_MONGODB_URL"] == "mongodb://a:1,b:2/second_inference?replicaSet=rs"


def test_inference__finds_torchserve_and_its_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = ClusterSettings(dir=tmp_path, port_offset=100)
    for name in ("inference", "torchserve"):
        for variable, value in environment.of_process(name, cluster, KEYS).items():
            if variable != "LOUPE_DATA_DIR":
                monkeypatch.setenv(variable, value)
    inference, torchserve = InferenceSettings(), TorchServeSettings()

    assert inference.torchserve_target == f"{torchserve.host}:{torchserve.port}" == "127.0.0.1:7170"
    # TorchServe writes them into its data folder.
    assert inference.torchserve_key_file == environment.data_dir("torchserve", cluster) / "key_file.json"


def test_inference__torchserve_of_somebody_else(tmp_path: Path) -> None:
    cluster = ClusterSettings(dir=tmp_path, torchserve_target="models.plant.example:7070")

    given = environment.of_process("inference", cluster, KEYS)

    assert given["LOUPE_INFERENCE_TORCHSERVE_TARGET"] == "models.plant.example:7070"
    assert "LOUPE_INFERENCE_TORCHSERVE_KEY_FILE" not in given


def test_torchserve__does_not_know_how_services_know_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOUPE_SERVICE_TOKEN_KEY", raising=False)

    assert (
        KEYS.service_token_key not in environment.of_process("torchserve", ClusterSettings(dir=tmp_path), KEYS).values()
    )


def test_both_time_limits_of_torchserve_agree() -> None:
    assert InferenceSettings().batch_time_limit.total_seconds() == TorchServeSettings().time_limit_seconds
    assert InferenceSettings().torchserve_request_bytes == TorchServeSettings().request_bytes
