"""The command: what it writes, and going on from what was written."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from loupe_inference.models import fcos, trained
from loupe_training import __main__ as command
from loupe_training.corpus import sample
from loupe_training.recipes import RECIPES, Cycle

CYCLES = (Cycle(range(12), 1, 1e-2, 1e-3), Cycle(range(12, 24), 1, 1e-3, 1e-4))
RECIPE = replace(RECIPES["surface-fcos-s"], size=64, width=8, batch=1, cycles=CYCLES)


def _load(seed: int, count: int) -> list[sample.Sample]:
    return [sample.render(seed, number) for number in range(min(count, 24))]


def test_run__writes_weights_that_say_what_they_are_and_goes_on_from_them(tmp_path: Path) -> None:
    path = tmp_path / "new" / "surface-fcos-s.safetensors"

    figures = command.run(RECIPE, _load, path.parent)
    whole = path.read_bytes()
    command.run(replace(RECIPE, cycles=CYCLES[:1]), _load, path.parent)
    resumed = command.run(RECIPE, _load, path.parent, from_cycle=2)

    assert path.read_bytes() == whole
    assert resumed == figures
    description = trained.read(path)[1]
    assert description.labels == sample.LABELS
    assert (description.model, description.backbone, description.input_size) == (RECIPE.model, RECIPE.backbone, 64)
    assert description.measured == figures
    assert fcos.load(path).centres.shape == (64 + 16 + 4, 2)


def test_main__without_a_model_lists_them(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["loupe_training"])

    command.main()

    listed = capsys.readouterr().out
    assert all(model in listed for model in RECIPES)
