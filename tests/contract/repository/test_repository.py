"""What holds for every file of the repository, whoever wrote it."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
MAXIMUM_LINES = 400

# Names of package registries, and folders that exist on one machine only: a plant's mirror, a container and another
# developer have neither.
REGISTRY = re.compile(r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|deb\.debian|proxy\.golang|crates)\.(?:org|com|io|net)\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}>)])/(?:work|root|farm|home/\w+|Users/\w+)/\w")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|NotImplementedError)\b")
DISTRIBUTIONS = sorted(
    path.parent
    for pattern in ("protos", "services/*", "services/inference/*", "gateway", "clients/*")
    for path in REPOSITORY.glob(f"{pattern}/pyproject.toml")
)


@cache
def _tracked() -> tuple[Path, ...]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout: cannot tell which files belong to the repository")
    return tuple(REPOSITORY / name for name in done.stdout.split("\0") if name and (REPOSITORY / name).is_file())


def _lines(*, code_only: bool = False) -> Iterator[tuple[str, str]]:
    """Yields every line of text with the place where it stands."""
    for path in _tracked():
        name = path.relative_to(REPOSITORY).as_posix()
        if code_only and (path.suffix not in {".py", ".ts", ".tsx"} or name.startswith(("protos/gen/", "tests/"))):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            yield f"{name}:{number}", line


def test_repository__names_no_package_registry() -> None:
    assert [f"{place}: {line[:160]}" for place, line in _lines() if REGISTRY.search(line)] == []


def test_repository__names_no_path_of_one_machine() -> None:
    assert [f"{place}: {line[:160]}" for place, line in _lines() if MACHINE_PATH.search(line)] == []


def test_repository__leaves_nothing_for_later() -> None:
    assert [f"{place}: {line}" for place, line in _lines(code_only=True) if UNFINISHED.search(line)] == []


def test_repository__modules_are_short() -> None:
    lengths = dict.fromkeys((place.rpartition(":")[0] for place, _ in _lines(code_only=True)), 0)
    for place, _ in _lines(code_only=True):
        lengths[place.rpartition(":")[0]] += 1
    # A migration is a record of what was done to a database, not a module that anybody changes.
    written = {n: length for n, length in lengths.items() if not re.search(r"\.gen\.|/generated/|/migrations/", n)}

    assert {name: length for name, length in written.items() if length > MAXIMUM_LINES} == {}


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_distribution__is_complete(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]

    assert (folder / "README.md").read_text().strip()
    assert list(folder.glob("src/*/py.typed")) or folder.name == "protos"
    assert project["requires-python"] == ">=3.11"


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_distribution__leaves_versions_to_the_constraints(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    extras = project.get("optional-dependencies", {}).values()
    wanted = [*project.get("dependencies", []), *(name for extra in extras for name in extra)]

    assert [name for name in wanted if re.search(r"[=<>~!@]", name.partition(";")[0])] == []


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_distribution__dependencies_are_pinned(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    pinned = {
        _normal(line.partition("==")[0])
        for line in (REPOSITORY / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    wanted = {_normal(re.split(r"[\[;\s]", name)[0]) for name in project.get("dependencies", [])}

    assert sorted(name for name in wanted - pinned if not name.startswith("loupe-")) == []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
