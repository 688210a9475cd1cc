"""A classifier: encoded images in, class scores and features out."""

from collections.abc import Sequence

import numpy as np
import torch

from loupe_inference.domain.analysis import Analysis, ClassScore, ClassScores, ImageSource, Outcome, Prediction
from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_inference.models import images
from loupe_inference.models.images import DecodedImage
from loupe_inference.models.network import HookedNetwork
from loupe_kit.errors import LoupeError

TOP_CLASSES = 5
"""Classes that a prediction names."""


class Classifier:
    """Prepares images, runs the network, reads its answer. Safe to call from several threads at once.

    Args:
        spec: The model.
        version: The version that `network` is.
        network: Its output is (N, classes), before softmax.
        max_pixels: Images with more are refused.
    """

    def __init__(self, spec: ModelSpec, version: ModelVersion, network: HookedNetwork, max_pixels: int) -> None:
        self._spec = spec
        self._version = version
        self._network = network
        self._max_pixels = max_pixels

    def analyse(self, sources: Sequence[ImageSource]) -> list[Outcome]:
        """One outcome for each image, in order; a bad image spoils no other."""
        decoded = [self._decode(source) for source in sources]
        good = [image for image in decoded if isinstance(image, DecodedImage)]
        answers = iter(self._compute(good) if good else [])
        return [image if isinstance(image, LoupeError) else next(answers) for image in decoded]

    def _decode(self, source: ImageSource) -> DecodedImage | LoupeError:
        try:
            return images.decode(source, self._spec.input_width, self._spec.input_height, self._max_pixels)
        except LoupeError as error:
            return error.with_traceback(None)

    def _compute(self, decoded: Sequence[DecodedImage]) -> list[Analysis]:
        logits, features = self._network.run(prepare(decoded))
        confidences, indices = logits.softmax(-1).topk(min(TOP_CLASSES, logits.shape[-1]))
        return [
            Analysis(self._prediction(index, confidence), feature, image.original_width, image.original_height)
            for image, index, confidence, feature in zip(
                decoded, indices.tolist(), confidences.tolist(), features.numpy(), strict=True
            )
        ]

    def _prediction(self, indices: list[int], confidences: list[float]) -> Prediction:
        scores = tuple(
            ClassScore(self._spec.labels[index], index, confidence)
            for index, confidence in zip(indices, confidences, strict=True)
        )
        return Prediction(self._spec.id, self._version.version, ClassScores(scores))


def prepare(decoded: Sequence[DecodedImage]) -> torch.Tensor:
    """Network input of N images: (N, 3, H, W), float32, (x - 127) / 128, laid out channels-last."""
    pixels = np.stack([image.pixels for image in decoded])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).to(torch.float32).sub_(127).div_(128)
