"""The contract checks find what they promise to find, tried on a copy of the contracts in a repository of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
VICTIM = Path("protos/loupe/common/v1/error_reason.proto")


def _git(folder: Path, *arguments: str) -> str:
    identity = {
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@t",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@t",
    }
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=folder, env=os.environ | identity, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _contracts(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "protos/contracts.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def _edit(folder: Path, old: str, new: str) -> None:
    text = (folder / VICTIM).read_text()
    assert old in text
    (folder / VICTIM).write_text(text.replace(old, new))


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with one commit on main that holds the contracts as they are now."""
    shutil.copytree(REPOSITORY / "protos", tmp_path / "protos", ignore=shutil.ignore_patterns("gen", "baseline.txt"))
    _git(tmp_path, "init", "--quiet", "--initial-branch=main")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "--quiet", "--message=contracts")
    return tmp_path


def test_contracts__unchanged(clone: Path) -> None:
    status, output = _contracts(clone)

    assert (status, "nothing breaks" in output) == (0, True), output


def test_contracts__changed_number_breaks_clients(clone: Path) -> None:
    _edit(clone, "ERROR_REASON_NOT_FOUND = 2;", "ERROR_REASON_NOT_FOUND = 202;")

    status, output = _contracts(clone)

    assert status == 1
    assert "loupe/common/v1/error_reason.proto" in output
    assert "a client in the field would break" in output


def test_contracts__changed_json_name_breaks_clients(clone: Path) -> None:
    _edit(clone, "ERROR_REASON_NOT_FOUND = 2;", "ERROR_REASON_NOT_THERE = 2;")

    status, output = _contracts(clone)

    assert status == 1, output


def test_contracts__break_that_main_already_holds_is_found_against_the_baseline(clone: Path) -> None:
    released = _git(clone, "rev-parse", "HEAD")
    _edit(clone, "ERROR_REASON_NOT_FOUND = 2;", "ERROR_REASON_NOT_FOUND = 202;")
    (clone / "protos/baseline.txt").write_text(f"# what clients use\n{released}\n")
    _git(clone, "commit", "--quiet", "--all", "--message=break")

    status, output = _contracts(clone)

    assert status == 1
    assert "compared with protos/baseline.txt" in output


def test_contracts__missing_comment(clone: Path) -> None:
    _edit(clone, "  // Never sent.\n", "")

    status, output = _contracts(clone)

    assert status == 1
    assert "lint failed" in output


def test_contracts__clone_without_main_says_so(clone: Path) -> None:
    _git(clone, "branch", "--move", "main", "work")

    status, output = _contracts(clone)

    assert status == 0
    assert "not compared: this clone has no main branch" in output
