"""Generates the Python package `loupe` from the contracts under `protos/loupe`.

Messages, gRPC stubs and their type stubs are written to `protos/gen`, which is committed: a clone runs at once
and a change of a contract shows in review. The folder is written anew each time, so nothing stale survives.
"""

from __future__ import annotations

import argparse
import filecmp
import shutil
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

PROTOS = Path(__file__).resolve().parent
GENERATED = PROTOS / "gen"
THIRD_PARTY = PROTOS / "third_party"


def googleapis_root() -> Path:
    """Returns the folder from which `google/api/annotations.proto` can be imported."""
    wheel = metadata.distribution("googleapis-common-protos")
    return Path(str(wheel.locate_file("")))


def include_paths() -> list[Path]:
    """Returns the import roots of the contracts, own ones first."""
    return [PROTOS, THIRD_PARTY, googleapis_root(), Path(grpc_tools.__file__).parent / "_proto"]


def contract_files(root: Path = PROTOS) -> list[Path]:
    """Returns every contract under `root/loupe`, relative to `root`, in a stable order."""
    return sorted(path.relative_to(root) for path in (root / "loupe").rglob("*.proto"))


def generate(target: Path) -> None:
    """Writes the package `loupe` into `target`, which must be empty.

    Raises:
        SystemExit: a contract does not compile; protoc has printed where.
    """
    scripts = Path(sys.executable).parent
    arguments = [
        "protoc",
        *(f"--proto_path={root}" for root in include_paths()),
        f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
        *(f"--{kind}_out={target}" for kind in ("python", "grpc_python")),
        *(f"--{kind}_out=quiet:{target}" for kind in ("mypy", "mypy_grpc")),
        *(str(path) for path in contract_files()),
    ]
    if protoc.main(arguments) != 0:
        raise SystemExit("protos: a contract does not compile, see above; nothing was written")
    _drop_empty_grpc_modules(target)
    (target / "loupe" / "py.typed").touch()


def _drop_empty_grpc_modules(target: Path) -> None:
    # protoc writes a gRPC module for every file; those of files without a service hold no class and only confuse.
    for module in target.rglob("*_pb2_grpc.py"):
        if "class " not in module.read_text():
            module.unlink()
            module.with_suffix(".pyi").unlink(missing_ok=True)


def differences(left: Path, right: Path) -> list[str]:
    """Returns the files, relative to both folders, that are missing on a side or differ in content."""
    names = {
        path.relative_to(root)
        for root in (left, right)
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return sorted(
        str(name)
        for name in names
        if not (left / name).is_file()
        or not (right / name).is_file()
        or not filecmp.cmp(left / name, right / name, shallow=False)
    )


def main() -> None:
    """Generates in place, or with `--check` says whether the committed code is what the contracts give."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if protos/gen is out of date")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory(prefix="loupe-protos-") as folder:
        fresh = Path(folder)
        generate(fresh)
        stale = differences(fresh, GENERATED) if check else []
        if stale:
            raise SystemExit("protos/gen is out of date, run `make protos` and commit:\n  " + "\n  ".join(stale))
        if not check:
            shutil.rmtree(GENERATED, ignore_errors=True)
            shutil.copytree(fresh, GENERATED)
    count = len(contract_files())
    print(f"protos: {count} contracts, generated code is {'up to date' if check else 'written to protos/gen'}")


if __name__ == "__main__":
    main()
