"""Reads the answer of a classifier."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from loupe_inference.domain.analysis import Analysis, ClassScore, ClassScores, Prediction
from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_inference.models.images import DecodedImage
from loupe_inference.models.network import Outputs

TOP_CLASSES = 5
"""Classes that a prediction names."""


class ClassReader:
    """A `Reader` of two outputs: class scores (N, classes) before softmax, and features (N, D).

    Args:
        spec: The model.
        version: The version that answers.
    """

    def __init__(self, spec: ModelSpec, version: ModelVersion) -> None:
        self._spec = spec
        self._version = version

    def read(self, outputs: Outputs, decoded: Sequence[DecodedImage]) -> list[Analysis]:
        """See `Reader`."""
        logits, features = outputs
        scores = softmax(logits)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :TOP_CLASSES]
        confidences = np.take_along_axis(scores, best, axis=1)
        return [
            Analysis(
                self._prediction(index, confidence),
                feature,
                image.original_width,
                image.original_height,
                appearance=image.appearance,
            )
            for image, index, confidence, feature in zip(
                decoded, best.tolist(), confidences.tolist(), features, strict=True
            )
        ]

    def _prediction(self, indices: list[int], confidences: list[float]) -> Prediction:
        scores = tuple(
            ClassScore(self._spec.labels[index], index, confidence)
            for index, confidence in zip(indices, confidences, strict=True)
        )
        return Prediction(self._spec.id, self._version.version, ClassScores(scores))


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probabilities of the last axis, which sum up to 1; float32 as the scores are."""
    powers: npt.NDArray[np.float32] = np.exp(logits - logits.max(-1, keepdims=True))
    powers /= powers.sum(-1, keepdims=True)
    return powers
