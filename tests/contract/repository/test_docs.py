"""The documentation leads somewhere: links resolve, every decision is in the index."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
DECISIONS = REPOSITORY / "docs" / "decisions"
LINK = re.compile(r"\]\((?!\w+:|#)([^)\s#]+)")
MAKE = re.compile(r"`make ([a-z-]+)[^`]*`")


def _pages() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return [REPOSITORY / name for name in done.stdout.splitlines() if (REPOSITORY / name).is_file()]


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_page__links_resolve(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_page__names_targets_that_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), flags=re.MULTILINE))

    assert set(MAKE.findall(page.read_text(encoding="utf-8"))) - targets == set()


def test_decisions__are_numbered_in_order_and_indexed() -> None:
    pages = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
    index = re.findall(r"^\| \[(\d{4})\]\((\S+)\)", (DECISIONS / "README.md").read_text(), flags=re.MULTILINE)

    assert [name for _, name in index] == pages
    assert [int(number) for number, _ in index] == list(range(1, len(pages) + 1))
