"""Shapes and how they cover pixels."""

from __future__ import annotations

import numpy as np
import pytest

from loupe_training.corpus import canvas as drawing
from loupe_training.corpus.canvas import Canvas, Mask


@pytest.fixture
def canvas() -> Canvas:
    return Canvas(np.full((40, 60, 3), 0.5, np.float32), np.random.default_rng(0), 0.0)


def test_polygon__covers_what_it_surrounds() -> None:
    mask = drawing.polygon([(10, 20), (30, 20), (30, 26), (10, 26)])

    box = mask.box(0.6)

    assert box is not None
    assert np.abs(np.array(box) - [10, 20, 30, 26]).max() <= 1


def test_strokes__as_wide_as_asked() -> None:
    mask = drawing.strokes([([(5.0, 10.0), (45.0, 10.0)], [4.0, 4.0])])

    assert mask.values[:, mask.values.shape[1] // 2].sum() == pytest.approx(4, abs=0.5)


def test_box__of_an_empty_mask() -> None:
    assert Mask(np.zeros((4, 4), np.float32), 0, 0).box() is None


def test_blend__partly_outside_changes_the_part_inside(canvas: Canvas) -> None:
    canvas.blend(Mask(np.ones((10, 10), np.float32), -5, 55), np.ones(3, np.float32))

    assert (canvas.pixels[:5, 55:] == 1).all()
    assert canvas.pixels.sum() == pytest.approx(40 * 60 * 3 * 0.5 + 25 * 3 * 0.5)


@pytest.mark.parametrize(("top", "left"), [(-20, 5), (5, -20), (100, 5), (5, 100)])
def test_lighten__outside_changes_nothing(canvas: Canvas, top: int, left: int) -> None:
    canvas.lighten(Mask(np.ones((10, 10), np.float32), top, left), 0.3)

    assert (canvas.pixels == 0.5).all()


def test_shows_part__not_behind_the_edge(canvas: Canvas) -> None:
    canvas.pixels[:, 30:] = 0.9
    canvas.edge = [(30.0, 0.0), (30.0, 40.0)], np.full(3, 0.9, np.float32)

    assert canvas.shows_part(10, 10)
    assert not canvas.shows_part(50, 10)
