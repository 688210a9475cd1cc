"""One version of one model, from encoded images to outcomes: decode, compute, read the answer."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from loupe_inference.domain.analysis import Analysis, ImageSource, Outcome
from loupe_inference.domain.model import ModelSpec
from loupe_inference.models import images
from loupe_inference.models.images import DecodedImage
from loupe_inference.models.network import Network, Outputs
from loupe_kit.errors import LoupeError

_DECODED_AT_ONCE = 8
"""Decoding one image and computing the next in turn takes 4 % more: each throws the other's code and data out of the
core's cache."""


class Reader(Protocol):
    """Turns what a network answers into predictions; one for each task."""

    def read(self, outputs: Outputs, decoded: Sequence[DecodedImage]) -> list[Analysis]:
        """One analysis for each of the N images that `outputs` are of, in order."""
        ...


class Analyser:
    """Prepares images, runs the network, has its answer read. Safe to call from several threads at once.

    Args:
        spec: The model; says how large the network wants its images.
        network: Its outputs are those that `reader` knows.
        reader: Reads them.
        max_pixels: Images with more are refused.
    """

    def __init__(self, spec: ModelSpec, network: Network, reader: Reader, max_pixels: int) -> None:
        self._spec = spec
        self._network = network
        self._reader = reader
        self._max_pixels = max_pixels

    @property
    def best_step(self) -> int:
        """Images in one call at which it is fastest."""
        return max(_DECODED_AT_ONCE, self._network.best_batch)

    def analyse(self, sources: Sequence[ImageSource]) -> list[Outcome]:
        """One outcome for each image, in order; a bad image spoils no other."""
        decoded = [self._decode(source) for source in sources]
        good = [image for image in decoded if isinstance(image, DecodedImage)]
        answers = iter(self._compute(good) if good else [])
        return [image if isinstance(image, LoupeError) else next(answers) for image in decoded]

    def _decode(self, source: ImageSource) -> DecodedImage | LoupeError:
        try:
            return images.decode(
                source,
                self._spec.input_width,
                self._spec.input_height,
                self._max_pixels,
                keeps_aspect=self._spec.keeps_aspect,
            )
        except LoupeError as error:
            return error.with_traceback(None)

    def _compute(self, decoded: Sequence[DecodedImage]) -> list[Analysis]:
        at_once = self._network.best_batch
        analyses: list[Analysis] = []
        for at in range(0, len(decoded), at_once):
            some = decoded[at : at + at_once]
            analyses += self._reader.read(self._network.run(np.stack([image.pixels for image in some])), some)
        return analyses
