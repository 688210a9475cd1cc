"""Reads the answer of a detector."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from loupe_inference.domain.analysis import Analysis, Box, Boxes, ObjectFeatures, Prediction
from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_inference.models.images import DecodedImage
from loupe_inference.models.network import Outputs

MIN_CONFIDENCE = 0.3
"""Places of which the network is less sure are no objects."""
MAX_OVERLAP = 0.5
"""Of two boxes of one class that share more than this part of their union, the less sure one is dropped."""
MAX_BOXES = 300
"""Boxes that a prediction has at most."""
# What may enter the comparison of every box with every other.
_MAX_CANDIDATES = 1000

Floats = npt.NDArray[np.float32]


class BoxReader:
    """A `Reader` of four outputs, for N images, P places and C classes.

    Scores (N, P, C) in [0, 1]; boxes (N, P, 4), x1, y1, x2, y2 in pixels of the network's input; features (N, D); and a
    feature map (N, E, h, w) over the whole input, from which the vectors of the objects are pooled.

    Args:
        spec: The model.
        version: The version that answers.
    """

    def __init__(self, spec: ModelSpec, version: ModelVersion) -> None:
        self._spec = spec
        self._version = version

    def read(self, outputs: Outputs, decoded: Sequence[DecodedImage]) -> list[Analysis]:
        """See `Reader`."""
        scores, boxes, features, maps = outputs
        return [self._analysis(*answer) for answer in zip(scores, boxes, features, maps, decoded, strict=True)]

    def _analysis(
        self, scores: Floats, boxes: Floats, feature: Floats, feature_map: Floats, image: DecodedImage
    ) -> Analysis:
        places, classes = _candidates(scores)
        # A box shows where the image is, not the bars beside it.
        clipped = _clipped(boxes[places], image)
        has_area = (clipped[:, 2] > clipped[:, 0]) & (clipped[:, 3] > clipped[:, 1])
        places, classes, clipped = places[has_area], classes[has_area], clipped[has_area]
        kept = suppress(clipped, classes)[:MAX_BOXES]
        found = zip(
            classes[kept].tolist(),
            scores[places, classes][kept].tolist(),
            _in_original(clipped[kept], image).tolist(),
            strict=True,
        )
        output = Boxes(tuple(Box(self._spec.labels[index], index, sure, *place) for index, sure, place in found))
        return Analysis(
            Prediction(self._spec.id, self._version.version, output),
            feature,
            image.original_width,
            image.original_height,
            self._pooled(feature_map, clipped[kept]),
            image.appearance,
        )

    def _pooled(self, feature_map: Floats, boxes: Floats) -> ObjectFeatures:
        """For each box the mean over the cells that it touches: (E, h, w) and (K, 4) to (K, E)."""
        depth, height, width = feature_map.shape
        scale = np.array([width / self._spec.input_width, height / self._spec.input_height], np.float32)
        first = np.floor(boxes[:, :2] * scale).astype(int)
        # A box that ends in a cell's first hair's breadth touches it too; one that has area touches one at least.
        last = np.maximum(np.ceil(boxes[:, 2:] * scale).astype(int), first + 1)
        pooled = np.empty((len(boxes), depth), np.float32)
        for row, ((left, top), (right, bottom)) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
            pooled[row] = feature_map[:, top:bottom, left:right].mean((1, 2))
        return pooled


def suppress(boxes: Floats, classes: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Which boxes to keep so that no two of one class overlap too much: the surer one of them.

    Args:
        boxes: Array (K, 4), x1, y1, x2, y2, surest first.
        classes: Array (K,).

    Returns:
        Positions of those that are kept, surest first.
    """
    kept = np.ones(len(boxes), bool)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for current in range(len(boxes)):
        if not kept[current]:
            continue
        rest = slice(current + 1, None)
        sides = np.minimum(boxes[rest, 2:], boxes[current, 2:]) - np.maximum(boxes[rest, :2], boxes[current, :2])
        shared = np.maximum(sides, 0).prod(1)
        overlap = shared / (areas[rest] + areas[current] - shared)
        kept[rest] &= (overlap <= MAX_OVERLAP) | (classes[rest] != classes[current])
    return np.flatnonzero(kept)


def _candidates(scores: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Places and classes that the network is sure enough of, surest first."""
    places, classes = np.nonzero(scores >= MIN_CONFIDENCE)
    order = np.argsort(-scores[places, classes], kind="stable")[:_MAX_CANDIDATES]
    return places[order], classes[order]


def _clipped(boxes: Floats, image: DecodedImage) -> Floats:
    """Boxes within the part of the input that shows the image."""
    part = image.content
    low = np.array([part.left, part.top] * 2, np.float32)
    high = low + np.array([part.width, part.height] * 2, np.float32)
    clipped: Floats = np.clip(boxes, low, high)
    return clipped


def _in_original(boxes: Floats, image: DecodedImage) -> npt.NDArray[np.float64]:
    """x1, y1, x2, y2 in the input as x, y, width, height in the original image."""
    part = image.content
    size = np.array([image.original_width, image.original_height], float)
    scaled = (boxes.reshape(-1, 2, 2) - [part.left, part.top]) * (size / [part.width, part.height])
    corners = np.clip(scaled, 0, size)
    return np.concatenate([corners[:, 0], corners[:, 1] - corners[:, 0]], 1)
