"""Corpora on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from loupe_training import corpora
from loupe_training.corpus import sample


def test_load__draws_once_and_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [sample.render(3, number) for number in range(4)]
    calls = []

    def render(seed: int, count: int, processes: int) -> list[sample.Sample]:
        calls.append((seed, count, processes))
        return drawn

    monkeypatch.setattr(corpora, "render", render)

    assert corpora.load(tmp_path / "new", 3, 4, 2) == drawn
    assert corpora.load(tmp_path / "new", 3, 4) == drawn
    assert calls == [(3, 4, 2)]


def test_load__half_written_corpus_is_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [sample.render(3, 0)]
    monkeypatch.setattr(corpora, "render", lambda *arguments: drawn)
    (tmp_path / "3-1.images").write_bytes(b"half")

    assert corpora.load(tmp_path, 3, 1) == drawn
