from __future__ import annotations

from pathlib import Path

import msgpack
import numpy as np
import pytest

from loupe_inference.adapters import torchserve_wire
from loupe_inference.domain.analysis import Analysis, Box, Boxes, ClassScore, ClassScores, ImageSource, Prediction
from loupe_inference.domain.errors import ImageTooLarge, ImageUndecodable

SCORES = ClassScores((ClassScore("scratch", 1, 0.75), ClassScore("dent", 0, 0.25)))
BOXES = Boxes((Box("dent", 0, 0.5, 1.5, 2.5, 30.0, 40.0), Box("dent", 0, 0.25, 0.0, 0.0, 8.0, 8.0)))


def test_request__images_come_back_in_their_order_whatever_the_map_does() -> None:
    images: list[ImageSource] = [b"a", Path("/objects/b.png"), b"", *(bytes([n]) for n in range(12))]

    request = torchserve_wire.write_request(images)

    assert torchserve_wire.read_request(dict(reversed(request.items()))) == images


def test_reply__scores_and_feature() -> None:
    feature = np.linspace(-1, 1, 1280, dtype=np.float32)

    (found,) = _there_and_back(Analysis(Prediction("lite", "2", SCORES), feature, 640, 480))

    assert isinstance(found, Analysis)
    assert found.prediction == Prediction("lite", "2", SCORES)
    assert found.feature.dtype == np.float32
    assert (found.feature == feature).all()
    assert (found.image_width, found.image_height) == (640, 480)
    assert found.object_features is None


@pytest.mark.parametrize("boxes", [BOXES, Boxes(())])
def test_reply__boxes_and_features_of_objects(boxes: Boxes) -> None:
    objects = np.arange(len(boxes.boxes) * 3, dtype=np.float32).reshape(-1, 3)

    (found,) = _there_and_back(Analysis(Prediction("det", "1", boxes), np.ones(4, np.float32), 9, 8, objects))

    assert isinstance(found, Analysis)
    assert found.prediction.output == boxes
    assert found.object_features is not None
    assert found.object_features.shape == objects.shape
    assert (found.object_features == objects).all()


def test_reply__faults_of_images_keep_their_type_text_and_variables() -> None:
    undecodable = ImageUndecodable("No image.", detail="no known image format")
    too_large = ImageTooLarge("Too large.", unit="pixels", actual="9", limit="4")

    found = _there_and_back(
        undecodable, Analysis(Prediction("lite", "1", SCORES), np.ones(2, np.float32), 1, 1), too_large
    )

    assert [type(outcome) for outcome in found] == [ImageUndecodable, Analysis, ImageTooLarge]
    assert isinstance(found[2], ImageTooLarge)
    assert (found[2].message, found[2].metadata) == ("Too large.", too_large.metadata)


@pytest.mark.parametrize(
    "reply", [b"", b"error", msgpack.packb([{"model": "lite"}]), msgpack.packb([{"reason": "NEW"}])]
)
def test_read_reply__something_else(reply: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        torchserve_wire.read_reply(reply)


def _there_and_back(*outcomes: Analysis | ImageUndecodable | ImageTooLarge) -> list[object]:
    return list(torchserve_wire.read_reply(torchserve_wire.write_reply(outcomes)))
