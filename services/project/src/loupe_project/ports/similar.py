"""Who knows which images and objects look alike."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from loupe_project.domain.image import FeatureSource

Vector = NDArray[np.float32]
"""A feature: array (D,), float32."""


@dataclass(frozen=True, slots=True)
class Alikeness:
    """What looks like an image."""

    images: tuple[tuple[str, float], ...]
    """Image id and cosine similarity, the most alike first."""
    searched_count: int
    """Images among which was searched: those with features."""


@dataclass(frozen=True, slots=True)
class AlikeObject:
    """An object that looks like another one."""

    image_id: str
    number: int
    """Its place in the boxes of the image's prediction, from 0."""
    similarity: float
    """Cosine, in [-1, 1]."""


@dataclass(frozen=True, slots=True)
class AlikeObjects:
    """What looks like an object."""

    objects: tuple[AlikeObject, ...]
    """The most alike first."""
    searched_count: int
    """Objects among which was searched."""


class Neighbourhood(Protocol):
    """Searches nearest neighbours."""

    async def find(
        self, project_id: str, source: FeatureSource, like: str | Vector, among: bytes, count: int
    ) -> Alikeness:
        """Images that are most like one, that one left out.

        Args:
            project_id: Of all the images.
            source: Whose features.
            like: Id of the image whose neighbours are searched, or the feature of a picture.
            among: Ids of what may be found, 16 bytes each, each once.
            count: How many, 1 to 1,000.

        Raises:
            FeaturesMissing: If the image has no features of the source.
            Unavailable: If nobody answers.
        """
        ...

    async def find_objects(
        self, project_id: str, source: FeatureSource, image_id: str, number: int, among: bytes, count: int
    ) -> AlikeObjects:
        """Objects that are most like one, that one left out.

        Args:
            project_id: Of all the images.
            source: Which detector.
            image_id: Where the object is.
            number: Its place in the boxes of the image's prediction, from 0.
            among: Ids of the images whose objects may be found, 16 bytes each, each once.
            count: How many, 1 to 1,000.

        Raises:
            FeaturesMissing: If there is no such object, or it has no features.
            Unavailable: If nobody answers.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PictureFeature:
    """What a model computes of a picture."""

    version: str
    """Of the model that answered."""
    vector: Vector


class PictureAnalyser(Protocol):
    """Looks at pictures that are not kept."""

    async def feature(self, model: str, picture: bytes) -> PictureFeature:
        """Feature of a picture.

        Args:
            model: Id of the model.
            picture: An image file.

        Raises:
            LoupeError: What is wrong with the picture, or that the model is not ready: as inference says it.
        """
        ...
