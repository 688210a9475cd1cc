"""The environment variables of each process: all that makes the cluster profile. The chart sets the same ones."""

import os
from pathlib import Path

from loupe_cluster.keys import Keys
from loupe_cluster.settings import ClusterSettings

SERVICES = ("auth", "project", "inference", "reduction")
"""Processes with a gRPC server of their own."""

# What a Python process needs of the machine; everything else about Loupe is said below.
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "JAVA_HOME")


def of_process(name: str, settings: ClusterSettings, keys: Keys) -> dict[str, str]:
    """Returns the whole environment of a process.

    Variables of the caller such as `LOUPE_AUTH_SMTP_HOST` or `LOUPE_LOG_LEVEL` are passed on and win.

    Args:
        name: One of `SERVICES` or of their further replicas (`project-2`), `torchserve`, `gateway` or `ingress`.
        settings: Of the cluster.
        keys: Its secrets.
    """
    kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
    given = {
        key: value
        for key, value in os.environ.items()
        if key.startswith("LOUPE_") and not key.startswith("LOUPE_CLUSTER_") and key != "LOUPE_DATA_DIR"
    }
    return kept | _common(name, settings, keys) | _OWN[_service_of(name)](name, settings, keys) | given


def _common(name: str, settings: ClusterSettings, keys: Keys) -> dict[str, str]:
    common = {"LOUPE_DATA_DIR": str(data_dir(name, settings)), "LOUPE_LOG_FORMAT": "json"}
    # TorchServe calls nobody, so it need not know how services know each other.
    return common if name == "torchserve" else common | {"LOUPE_SERVICE_TOKEN_KEY": keys.service_token_key}


def data_dir(name: str, settings: ClusterSettings) -> Path:
    """Folder of what a process keeps on this machine: mails of auth, which its replicas share; caches, each its own."""
    return settings.dir.resolve() / ("auth" if _service_of(name) == "auth" else name)


def _service_of(name: str) -> str:
    return name.partition("-")[0]


def _key_file(settings: ClusterSettings) -> Path:
    """Where TorchServe writes its tokens: the folder it works in."""
    return data_dir("torchserve", settings) / "key_file.json"


def _shared_stores(settings: ClusterSettings, keys: Keys) -> dict[str, str]:
    return {
        "LOUPE_REDIS_URL": settings.redis_url,
        "LOUPE_S3_ENDPOINT": settings.s3,
        "LOUPE_S3_ACCESS_KEY": settings.s3_access_key or keys.s3_access_key,
        "LOUPE_S3_SECRET_KEY": settings.s3_secret_key.get_secret_value() or keys.s3_secret_key,
        "LOUPE_S3_BUCKET": settings.bucket,
        "LOUPE_S3_SECURE": str(settings.s3_secure).lower(),
    }


def _auth(process: str, settings: ClusterSettings, _keys: Keys) -> dict[str, str]:
    return {
        "LOUPE_AUTH_ADDRESS": settings.address(process),
        "LOUPE_AUTH_DATABASE_URL": f"{settings.mariadb_url}/{settings.schema_of('auth')}",
        "LOUPE_AUTH_REDIS_URL": settings.redis_url,
    }


def _project(process: str, settings: ClusterSettings, keys: Keys) -> dict[str, str]:
    return {
        "LOUPE_PROJECT_ADDRESS": settings.address(process),
        "LOUPE_PROJECT_AUTH_TARGET": settings.target("auth"),
        "LOUPE_PROJECT_INFERENCE_TARGET": settings.target("inference"),
        "LOUPE_PROJECT_REDUCTION_TARGET": settings.target("reduction"),
        "LOUPE_PROJECT_DATABASE_URL": f"{settings.mariadb_url}/{settings.schema_of('project')}",
    } | _shared_stores(settings, keys)


def _inference(process: str, settings: ClusterSettings, keys: Keys) -> dict[str, str]:
    return {
        "LOUPE_INFERENCE_ADDRESS": settings.address(process),
        "LOUPE_INFERENCE_AUTH_TARGET": settings.target("auth"),
        "LOUPE_INFERENCE_PROJECT_TARGET": settings.target("project"),
        "LOUPE_INFERENCE_MONGODB_URL": _with_database(settings.mongodb, settings.schema_of("inference")),
        "LOUPE_INFERENCE_TORCHSERVE_TARGET": settings.torchserve,
        **({} if settings.torchserve_target else {"LOUPE_INFERENCE_TORCHSERVE_KEY_FILE": str(_key_file(settings))}),
    } | _shared_stores(settings, keys)


def _torchserve(_process: str, settings: ClusterSettings, _keys: Keys) -> dict[str, str]:
    scheme = "https" if settings.s3_secure else "http"
    return {
        "LOUPE_TORCHSERVE_PORT": str(settings.port("torchserve")),
        "LOUPE_TORCHSERVE_ARCHIVES_URL": f"{scheme}://{settings.s3}/{settings.bucket}/models/",
    }


def _reduction(process: str, settings: ClusterSettings, _keys: Keys) -> dict[str, str]:
    return {
        "LOUPE_REDUCTION_ADDRESS": settings.address(process),
        "LOUPE_REDUCTION_INFERENCE_TARGET": settings.target("inference"),
    }


def _gateway(_process: str, settings: ClusterSettings, _keys: Keys) -> dict[str, str]:
    return {
        "LOUPE_GATEWAY_HOST": settings.http_host,
        "LOUPE_GATEWAY_PORT": str(settings.port("gateway")),
    } | {f"LOUPE_GATEWAY_{service.upper()}_TARGET": settings.target(service) for service in SERVICES}


def _ingress(_process: str, settings: ClusterSettings, _keys: Keys) -> dict[str, str]:
    return {"LOUPE_INGRESS_ADDRESS": settings.grpc} | {
        f"LOUPE_INGRESS_{service.upper()}_TARGET": settings.target(service) for service in SERVICES
    }


def _with_database(url: str, database: str) -> str:
    # mongodb://hosts/database?options
    base, _, options = url.partition("?")
    hosts = base.removeprefix("mongodb://").partition("/")[0]
    return f"mongodb://{hosts}/{database}" + (f"?{options}" if options else "")


_OWN = {
    "auth": _auth,
    "project": _project,
    "inference": _inference,
    "torchserve": _torchserve,
    "reduction": _reduction,
    "gateway": _gateway,
    "ingress": _ingress,
}
