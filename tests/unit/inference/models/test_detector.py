from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from loupe_inference.domain.analysis import Analysis, Boxes
from loupe_inference.domain.model import Task
from loupe_inference.models import detector
from loupe_inference.models.detector import BoxReader
from loupe_inference.models.images import Content, DecodedImage
from tests.unit.inference.fakes import model_spec

# Input of 80 × 40 pixels, a feature map of cells of 10 × 10 whose two channels are the column and the row.
SPEC = model_spec(task=Task.DETECTION, input_width=80, input_height=40, labels=("dent", "scratch"))
MAP = np.stack(np.meshgrid(np.arange(8), np.arange(4))).astype(np.float32)

Place = tuple[tuple[float, float], tuple[float, float, float, float]]


def decoded(width: int = 80, height: int = 40, content: Content | None = None) -> DecodedImage:
    pixels = np.zeros((40, 80, 3), np.uint8)
    return DecodedImage(pixels, width, height, content or Content(0, 0, 80, 40))


def read(places: list[Place], image: DecodedImage | None = None) -> tuple[Boxes, npt.NDArray[np.float32]]:
    """What is read of places, each with its scores and its box."""
    scores = np.array([[score for score, _ in places]], np.float32).reshape(1, -1, 2)
    boxes = np.array([[box for _, box in places]], np.float32).reshape(1, -1, 4)
    outputs = (scores, boxes, np.array([[1, 2, 3]], np.float32), MAP[None])
    (analysis,) = BoxReader(SPEC, SPEC.active).read(outputs, [image or decoded()])
    assert isinstance(analysis.prediction.output, Boxes)
    assert analysis.object_features is not None
    return analysis.prediction.output, analysis.object_features


def test_read__surest_first_with_label_and_place() -> None:
    output, _ = read([((0.4, 0.0), (0, 0, 20, 10)), ((0.1, 0.9), (30, 5, 50, 35))])

    assert [(box.label, box.index, box.x, box.y, box.width, box.height) for box in output.boxes] == [
        ("scratch", 1, 30, 5, 20, 30),
        ("dent", 0, 0, 0, 20, 10),
    ]
    assert [box.confidence for box in output.boxes] == pytest.approx([0.9, 0.4])


def test_read__nothing_found() -> None:
    output, objects = read([((0.29, 0.1), (0, 0, 20, 10))])

    assert output.boxes == ()
    assert objects.shape == (0, 2)


def test_read__one_place_may_hold_two_classes() -> None:
    output, _ = read([((0.8, 0.7), (0, 0, 20, 10))])

    assert [box.label for box in output.boxes] == ["dent", "scratch"]


def test_read__boxes_in_pixels_of_the_original() -> None:
    output, _ = read([((0.9, 0.0), (8, 4, 40, 24))], decoded(800, 1200))

    (box,) = output.boxes
    assert (box.x, box.y, box.width, box.height) == pytest.approx((80, 120, 320, 600))


def test_read__image_between_bars() -> None:
    # 20 pixels of bar at the left and at the right; the image itself was twice as large.
    output, _ = read([((0.9, 0.0), (0, 10, 50, 30))], decoded(80, 80, Content(20, 0, 40, 40)))

    (box,) = output.boxes
    assert (box.x, box.y, box.width, box.height) == pytest.approx((0, 20, 60, 40))


@pytest.mark.parametrize("box", [(-50, -20, -10, 40), (90, 10, 100, 20), (30, 20, 30, 30), (30, 20, 20, 30)])
def test_read__boxes_without_area_in_the_image_are_dropped(box: tuple[float, float, float, float]) -> None:
    output, objects = read([((0.9, 0.0), box)])

    assert output.boxes == ()
    assert len(objects) == 0


@pytest.mark.parametrize("size", [(3, 7), (640, 427), (12_345, 9_999)])
def test_read__boxes_end_inside_of_the_image(size: tuple[int, int]) -> None:
    generator = np.random.default_rng(1)
    corners = generator.uniform(-20, 100, (200, 2, 2))
    places: list[Place] = [((0.9, 0.0), (*pair.min(0).tolist(), *pair.max(0).tolist())) for pair in corners]

    output, _ = read(places, decoded(*size))

    assert output.boxes
    for box in output.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.width > 0
        assert box.height > 0
        assert box.x + box.width <= size[0] + 1e-6
        assert box.y + box.height <= size[1] + 1e-6


def test_read__same_object_found_twice_counts_once() -> None:
    output, objects = read(
        [
            ((0.8, 0.0), (10, 10, 30, 30)),
            ((0.9, 0.0), (11, 10, 31, 30)),
            ((0.0, 0.7), (11, 10, 31, 30)),
            ((0.6, 0.0), (50, 10, 70, 30)),
        ]
    )

    assert [(box.label, box.x) for box in output.boxes] == [("dent", 11), ("scratch", 11), ("dent", 50)]
    assert len(objects) == 3


def test_read__no_more_than_300_boxes() -> None:
    columns, rows = np.meshgrid(np.arange(0, 80, 2), np.arange(0, 40, 2))
    places: list[Place] = [
        ((0.5, 0.0), (x, y, x + 2, y + 2)) for x, y in zip(columns.ravel().tolist(), rows.ravel().tolist(), strict=True)
    ]

    output, objects = read(places)

    assert len(places) > detector.MAX_BOXES
    assert len(output.boxes) == len(objects) == detector.MAX_BOXES


def test_read__object_features_are_means_of_the_cells_that_the_box_touches() -> None:
    _, objects = read([((0.9, 0.0), (20, 10, 40, 20)), ((0.8, 0.0), (51, 31, 61, 39)), ((0.7, 0.0), (70, 0, 200, 9))])

    assert objects.tolist() == [[2.5, 1], [5.5, 3], [7, 0]]
    assert objects.dtype == np.float32


def test_read__each_image_has_its_own_answer() -> None:
    scores = np.zeros((2, 1, 2), np.float32)
    scores[1, 0, 0] = 0.9
    boxes = np.array([[[0, 0, 20, 10]]] * 2, np.float32)
    features = np.array([[1.0], [2.0]], np.float32)

    first, second = BoxReader(SPEC, SPEC.active).read(
        (scores, boxes, features, np.stack([MAP, MAP])), [decoded(), decoded(40, 20)]
    )

    assert _count(first) == 0
    assert _count(second) == 1
    assert (first.feature.tolist(), second.feature.tolist()) == ([1], [2])
    assert (second.image_width, second.image_height) == (40, 20)


def _count(analysis: Analysis) -> int:
    assert isinstance(analysis.prediction.output, Boxes)
    return len(analysis.prediction.output.boxes)
