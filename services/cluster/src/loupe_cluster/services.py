"""Loupe's own processes: four services, the gateway, and an address that joins the services' gRPC."""

import sys

from loupe_cluster import checks, environment
from loupe_cluster.keys import Keys
from loupe_cluster.processes import Program
from loupe_cluster.settings import ClusterSettings

_STOP_SECONDS = 40.0
_MODULES = {name: f"loupe_{name}" for name in (*environment.SERVICES, "gateway")} | {"ingress": "loupe_cluster.ingress"}


def names(settings: ClusterSettings) -> list[str]:
    """Names of all of Loupe's own processes, in the order of their starts."""
    replicated = {name: settings.processes(name) for name in environment.SERVICES}
    return [process for name in _MODULES for process in replicated.get(name, [name])]


def all_of(settings: ClusterSettings, keys: Keys) -> list[Program]:
    """Returns the programs of all of them."""
    return [_program(name, settings, keys) for name in names(settings)]


def _program(name: str, settings: ClusterSettings, keys: Keys) -> Program:
    data = environment.data_dir(name, settings)

    def is_ready() -> bool:
        if name == "gateway":
            # It asks every service, and they ask their stores.
            return checks.http(f"{settings.http}/readyz")
        return checks.grpc(settings.address(name))

    return Program(
        name,
        [sys.executable, "-m", _MODULES[name.partition("-")[0]]],
        is_ready,
        environment.of_process(name, settings, keys),
        prepare=lambda: data.mkdir(parents=True, exist_ok=True, mode=0o700),
        stop_seconds=_STOP_SECONDS,
    )
