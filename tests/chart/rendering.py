"""Renders the chart for tests. Rendering takes a moment, so each set of values is rendered once."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
CHART = REPOSITORY / "helm" / "loupe"
CI = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))
TOOLS = Path(sys.executable).parents[1] / "chart-tools"

Object = dict[str, Any]


def helm(*arguments: str | Path, version: int = 3) -> subprocess.CompletedProcess[str]:
    """Runs Helm; skips the test where there is none."""
    binary = TOOLS / f"helm{version}"
    if not binary.exists():
        pytest.skip(f"NO HELM at {binary}; `make .venv/.chart-tools` installs it where there is one for this machine")
    return subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, check=False)


def values_of(ci: str) -> Path:
    """File of values."""
    return CHART / "ci" / f"{ci}-values.yaml"


@functools.cache
def render(ci: str, *sets: str) -> list[Object]:
    """Objects that a set of values gives, in Helm's order; all tests share them, so they are not to be changed.

    Args:
        ci: name of a file of `ci/`.
        *sets: more values, `auth.replicas=3`, as JSON.
    """
    more = [argument for one in sets for argument in ("--set-json", one)]
    done = helm("template", "loupe", CHART, "--namespace", "plant", "-f", values_of(ci), *more)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def refusal(ci: str, *sets: str, version: int = 3) -> str:
    """What Helm says about values that it must refuse.

    Args:
        ci: name of a file of `ci/`.
        *sets: more values, `auth.replicas=3`, as JSON.
        version: of Helm.
    """
    more = [argument for one in sets for argument in ("--set-json", one)]
    done = helm("template", "loupe", CHART, "-f", values_of(ci), *more, version=version)
    assert done.returncode != 0, "Helm took it"
    return done.stderr


def of_kind(objects: list[Object], *kinds: str) -> dict[str, Object]:
    """Objects of some kinds, by name."""
    return {one["metadata"]["name"]: one for one in objects if one["kind"] in kinds}


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Every pod that objects give: its owner's name, and `metadata` and `spec`."""
    for one in objects:
        if one["kind"] == "Pod":
            yield one["metadata"]["name"], one
        elif one["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield one["metadata"]["name"], one["spec"]["template"]
        elif one["kind"] == "CronJob":
            yield one["metadata"]["name"], one["spec"]["jobTemplate"]["spec"]["template"]


def containers(pod: Object) -> list[Object]:
    """All containers of a pod, those that run before others first."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def container(objects: list[Object], deployment: str) -> Object:
    """The container of a deployment."""
    found: Object = of_kind(objects, "Deployment")[deployment]["spec"]["template"]["spec"]["containers"][0]
    return found


def variables(of: Object) -> dict[str, Any]:
    """Environment of a container: values, or where they come from."""
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in of["env"]}
