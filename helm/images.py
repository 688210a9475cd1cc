"""Images: `python helm/images.py list VALUES…` prints what a cluster pulls, `build` builds Loupe's own.

An air-gapped plant mirrors the printed list. Building uses the first of docker, podman, buildah that is there; every
image is built from the repository's root, so that all share one constraints file.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
CHART = REPOSITORY / "helm" / "loupe"
DOCKERFILES = {
    "auth": "services/auth/Dockerfile",
    "project": "services/project/Dockerfile",
    "inference": "services/inference/Dockerfile",
    "reduction": "services/reduction/Dockerfile",
    "gateway": "gateway/Dockerfile",
    "torchserve": "services/inference/torchserve/Dockerfile",
}
"""By the name of the image."""

WITH_TORCH = {"inference", "reduction", "torchserve"}
"""Images that come for CPUs and, as `…-cuda`, for GPUs."""

_BUILDERS = {"docker": ("docker", "build"), "podman": ("podman", "build"), "buildah": ("buildah", "build")}


def images_of(manifests: str) -> list[str]:
    """Returns the references of all images in rendered manifests, each once, in order."""
    return sorted(set(re.findall(r"^\s*(?:- )?image: \"?([^\"\s]+)\"?$", manifests, flags=re.MULTILINE)))


def version() -> str:
    """Returns the version of Loupe that the chart installs."""
    found = re.search(r'^appVersion: "(.+)"$', (CHART / "Chart.yaml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    if found is None:
        raise ValueError("Chart.yaml has no appVersion.")
    return found[1]


def build_command(builder: str, name: str, registry: str, device: str, torch_index: str = "") -> list[str]:
    """Returns the command that builds an image.

    Args:
        builder: docker, podman or buildah.
        name: one of `DOCKERFILES`.
        registry: what goes before `loupe/<name>`; may be empty.
        device: cpu or cuda, for images with torch.
        torch_index: address of a package index that has torch for this device; empty: the builder's own.
    """
    suffix = "-cuda" if device == "cuda" and name in WITH_TORCH else ""
    reference = f"{registry}/loupe/{name}:{version()}{suffix}".removeprefix("/")
    arguments = [f"--build-arg=VERSION={version()}"]
    if name in WITH_TORCH:
        arguments += [f"--build-arg=DEVICE={device}", f"--build-arg=TORCH_INDEX={torch_index}"]
    return [*_BUILDERS[builder], *arguments, "--file", DOCKERFILES[name], "--tag", reference, "."]


def print_list(values: Sequence[str]) -> None:
    """Prints the images that the chart uses with these files of values."""
    helm = shutil.which("helm") or str(Path(sys.executable).parents[1] / "chart-tools" / "helm4")
    files = [argument for file in values for argument in ("--values", file)]
    done = subprocess.run([helm, "template", "loupe", CHART, *files], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    print(*images_of(done.stdout), sep="\n")


def build(names: Sequence[str], registry: str, device: str, torch_index: str) -> None:
    """Builds images one after the other."""
    builder = next((name for name in _BUILDERS if shutil.which(name)), None)
    if builder is None:
        raise SystemExit(f"No image builder here; install one of {', '.join(_BUILDERS)}.")
    for name in names:
        subprocess.run(build_command(builder, name, registry, device, torch_index), cwd=REPOSITORY, check=True)


def main() -> None:
    """Runs one of the commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="print the images that a cluster pulls")
    listing.add_argument("values", nargs="*", help="files of values")
    building = commands.add_parser("build", help="build Loupe's own images")
    building.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(DOCKERFILES)}; all without")
    building.add_argument("--registry", default="", help="goes before loupe/<name>")
    building.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="of images with torch")
    building.add_argument("--torch-index", default="", help="package index that has torch for the device")
    chosen = parser.parse_args()
    if chosen.command == "list":
        print_list(chosen.values)
    else:
        build(chosen.names or list(DOCKERFILES), chosen.registry, chosen.device, chosen.torch_index)


if __name__ == "__main__":
    main()
