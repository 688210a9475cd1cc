"""The corpus: the same from the same seed, with every kind of defect, and boxes where the defects are."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from loupe_training.corpus import camera, sample
from loupe_training.corpus.defects import DEFECTS
from loupe_training.corpus.sample import Sample
from loupe_training.corpus.surfaces import SURFACES, Pixels

COUNT = 70


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return [sample.render(5, number) for number in range(COUNT)]


def test_render__same_arguments_same_bytes(samples: list[Sample]) -> None:
    assert [sample.render(5, number) for number in (0, 17, 60)] == [samples[0], samples[17], samples[60]]


def test_render__other_seed_or_number_other_image(samples: list[Sample]) -> None:
    assert sample.render(6, 0).file != samples[0].file
    assert len({one.file for one in samples}) == COUNT


def test_render__every_kind_and_surface_occurs(samples: list[Sample]) -> None:
    assert {label for one in samples for label in one.labels} == set(sample.LABELS)
    assert {one.surface for one in samples} == set(SURFACES)
    assert {one.verdict for one in samples} == {None, sample.OK, *sample.LABELS}


def test_render__boxes_inside_and_not_too_thin(samples: list[Sample]) -> None:
    for one in samples:
        least = sample.LEAST_SIDE * max(one.width, one.height)
        for x1, y1, x2, y2 in one.boxes:
            assert 0 <= x1 < x2 <= one.width
            assert 0 <= y1 < y2 <= one.height
            assert min(x2 - x1, y2 - y1) >= least - 1e-6


def test_render__boxes_of_an_image_do_not_touch(samples: list[Sample]) -> None:
    for one in samples:
        for at, (x1, y1, x2, y2) in enumerate(one.boxes):
            for a1, b1, a2, b2 in one.boxes[at + 1 :]:
                assert min(x2, a2) <= max(x1, a1) or min(y2, b2) <= max(y1, b1)


def test_render__files_are_what_cameras_write(samples: list[Sample]) -> None:
    kinds = set()
    for one in samples:
        with Image.open(io.BytesIO(one.file)) as image:
            assert image.size == (one.width, one.height)
            kinds.add((image.format, image.mode))
    assert kinds == {("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "L"), ("PNG", "I;16")}


def test_render__defects_change_their_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its defect, the same image is the same outside the boxes only: nothing is drawn that no box tells of."""
    seen = []

    def photographed(pixels: Pixels, rng: np.random.Generator, *, colour: bool) -> Pixels:
        seen.append(pixels.copy())
        return np.asarray(np.clip(pixels, 0, 1))

    monkeypatch.setattr(camera, "lit", lambda pixels, rng: pixels)
    monkeypatch.setattr(camera, "photographed", photographed)
    number = next(n for n in range(200) if sample.render(8, n).labels == ("hole",))
    seen.clear()
    with_hole = sample.render(8, number)
    monkeypatch.setattr(sample, "DEFECTS", {**DEFECTS, "hole": lambda canvas: None})
    without = sample.render(8, number)

    assert without.labels == ()
    changed = np.abs(seen[0] - seen[1]).max(axis=2) > 0.15
    ((x1, y1, x2, y2),) = with_hole.boxes
    assert changed[int(y1) : int(y2), int(x1) : int(x2)].mean() > 0.2
    # The light on the rim reaches a little further than the hole.
    margin = 6
    changed[max(0, int(y1) - margin) : int(y2) + margin, max(0, int(x1) - margin) : int(x2) + margin] = False
    assert not changed.any()
