"""Each distribution declares what it imports: in the shared environment a missing name would never show."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
DISTRIBUTIONS = sorted(
    path.parent
    for pattern in ("services/*", "services/inference/*", "gateway", "clients/*")
    for path in REPOSITORY.glob(f"{pattern}/pyproject.toml")
)
OWNERS = metadata.packages_distributions()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[;\s]", name)[0]).lower()


def _imports(folder: Path) -> dict[str, Path]:
    """Returns the dotted names outside the standard library that a folder imports, each with a module that does."""
    found: dict[str, Path] = {}
    for module in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name: module for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found[node.module] = module
    return {name: module for name, module in found.items() if name.partition(".")[0] not in sys.stdlib_module_names}


def _owners(name: str) -> set[str]:
    """Returns the distributions that hold a module; `google` is shared by two."""
    if name.startswith("google."):
        return {"protobuf"} if name.startswith("google.protobuf") else {"googleapis-common-protos"}
    package = name.partition(".")[0]
    if package.startswith("loupe"):
        return {"loupe-protos" if package == "loupe" else _normal(package)}
    return {_normal(owner) for owner in OWNERS.get(package, [package])}


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_distribution__declares_what_it_imports(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    extras = project.get("optional-dependencies", {}).values()
    declared = {_normal(name) for name in (*project["dependencies"], *(name for extra in extras for name in extra))}

    own = {path.name for path in (folder / "src").iterdir()}

    missing = {
        name: str(module.relative_to(REPOSITORY))
        for name, module in _imports(folder / "src").items()
        if name.partition(".")[0] not in own and not _owners(name) & declared
    }
    assert missing == {}


def test_tests__import_only_what_setup_installs() -> None:
    declared = {
        _normal(line) for line in (REPOSITORY / "tests/requirements.txt").read_text().splitlines() if line[:1].isalpha()
    }
    for folder in DISTRIBUTIONS:
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        extras = project.get("optional-dependencies", {}).get("demo", [])  # measurements use the demo's images
        declared |= {_normal(name) for name in (project["name"], "loupe-protos", *project["dependencies"], *extras)}

    missing = {
        name: str(module.relative_to(REPOSITORY))
        for name, module in _imports(REPOSITORY / "tests").items()
        if name.partition(".")[0] not in {"generate", "tests"} and not _owners(name) & declared
    }
    assert missing == {}
