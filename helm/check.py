"""`make chart-check`: renders the chart with all values of `ci/` by Helm 3 and Helm 4 and has the results judged.

What tools cannot see (that a value does what it says, that pods get the variables `make up` gives) is in `tests/chart`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import images
import render
import yaml

CHART = Path(__file__).parent / "loupe"
BIN = Path(sys.executable).parent
TOOLS = BIN.parent / "chart-tools"
HELMS = ("helm3", "helm4")
KUBERNETES = {"helm3": "1.30", "helm4": "1.36"}
"""Minor version that each Helm's rendering is checked for: the oldest that the chart takes, and that of the plants."""

CUSTOM_KINDS = {"GRPCRoute", "HTTPRoute", "PrometheusRule", "ScaledObject", "ServiceMonitor"}
"""Kinds of other projects: a cluster knows their schemas, the checker does not."""

_TRIVY = ("config", "--quiet", "--skip-check-update", "--skip-version-check", "--disable-telemetry", "--exit-code", "1")


class CheckFailed(Exception):
    """The chart is not as it should be; the message says where."""


def rendered(helm: str, values: Path) -> str:
    """Renders the chart.

    Args:
        helm: one of `HELMS`.
        values: a file of `ci/`.

    Raises:
        CheckFailed: Helm refuses.
    """
    return _run([TOOLS / helm, "template", "loupe", CHART, "--namespace", "plant", "--values", values])


def known_to_kubernetes(manifests: str) -> str:
    """Returns the objects whose kinds belong to Kubernetes itself.

    Raises:
        CheckFailed: an object has no kind or no name.
    """
    kept = []
    for document in yaml.safe_load_all(manifests):
        if document is None:
            continue
        if not document.get("kind") or not document.get("metadata", {}).get("name"):
            raise CheckFailed(f"An object without kind or name: {document}")
        if document["kind"] not in CUSTOM_KINDS:
            kept.append(document)
    return yaml.safe_dump_all(kept)


def check(folder: Path) -> None:
    """Makes all checks.

    Args:
        folder: an empty one, for what is rendered.

    Raises:
        CheckFailed: at the first fault.
    """
    if render.main(["--check"]):
        raise CheckFailed("What values.yaml gives is stale.")
    files = sorted((CHART / "ci").glob("*-values.yaml"))
    for helm in HELMS:
        (folder / helm).mkdir()
        for values in files:
            _run([TOOLS / helm, "lint", "--strict", "--quiet", CHART, "--values", values])
            text = rendered(helm, values)
            (folder / helm / f"{values.stem}.yaml").write_text(known_to_kubernetes(text), encoding="utf-8")
        sys.stdout.write(f"{helm}: {len(files)} sets of values pass lint and render\n")
        _validate(sorted((folder / helm).iterdir()), KUBERNETES[helm])
    _collect_dockerfiles(folder / HELMS[-1])
    _run([BIN / "trivy", *_TRIVY, "--ignorefile", Path(__file__).with_name(".trivyignore.yaml"), folder / HELMS[-1]])
    sys.stdout.write("trivy: nothing but what helm/.trivyignore.yaml gives reasons for\n")


def _collect_dockerfiles(folder: Path) -> None:
    for name, file in images.DOCKERFILES.items():
        (folder / name).mkdir()
        shutil.copy(images.REPOSITORY / file, folder / name / "Dockerfile")


def _validate(manifests: Sequence[Path], version: str) -> None:
    said = _run([BIN / "kubernetes-validate", "-k", version, "--strict", *manifests])
    if "WARN" in said:
        raise CheckFailed(said)
    sys.stdout.write(f"Kubernetes {version}: {said.count(' passed for ')} objects are valid\n")


def _run(command: Sequence[str | Path]) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise CheckFailed(f"{' '.join(map(str, command[:3]))} …\n{done.stdout[-6000:]}{done.stderr[-6000:]}")
    return done.stdout


def main() -> int:
    """Returns the exit status."""
    needed = [*(TOOLS / helm for helm in HELMS), BIN / "kubernetes-validate", BIN / "trivy"]
    missing = [path.name for path in needed if not path.exists()]
    if missing:
        sys.stderr.write(f"CHART CHECKS SKIPPED: no {', '.join(missing)} for this machine\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            check(Path(folder))
        except CheckFailed as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
