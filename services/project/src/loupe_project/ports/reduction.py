"""Fitting maps, which another service does."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from loupe_project.domain.analysis import MapQuality, Recipe
from loupe_project.domain.coordinates import Coordinates
from loupe_project.domain.image import FeatureSource

OnPicture = Callable[[Coordinates], Awaitable[None]]
"""Takes where some points are while they still move."""
OnProgress = Callable[[str, float], Awaitable[None]]
"""Takes what is being done now and the share done, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class FitRequest:
    """What to fit."""

    project_id: str
    source: FeatureSource
    recipe: Recipe
    requester: str
    """Who asked, so that nobody keeps the others waiting."""


@dataclass(frozen=True, slots=True)
class FittedMap:
    """A fitted map."""

    coordinates: Coordinates
    """In the order of the ids that were sent, without those that have no features."""
    quality: MapQuality
    reducer: bytes
    """What places other images on it."""


@dataclass(frozen=True, slots=True)
class PlaceRequest:
    """What to place where."""

    project_id: str
    source: FeatureSource
    requester: str
    """Who asked, so that nobody keeps the others waiting."""
    reducer: bytes
    """As `FittedMap` brought it."""


class PointForgetter(Protocol):
    """Takes points out of what places images on maps."""

    async def forget_points(self, reducer: bytes, places: NDArray[np.float32]) -> bytes:
        """A reducer without points of its map; the same where it has none of them, empty where it has no others.

        Args:
            reducer: As `FittedMap` brought it.
            places: Array (N, D), float32: of the points, as `FittedMap` brought them.

        Raises:
            Unavailable: If the service does not answer; a repeat may succeed.
            RemoteError: If it is no reducer.
        """
        ...


class Reduction(Protocol):
    """The reduction service."""

    async def fit(
        self, request: FitRequest, image_ids: Sequence[str], on_progress: OnProgress, on_picture: OnPicture
    ) -> FittedMap:
        """Fit a map. Cancelling the task ends the work there too.

        Raises:
            FeaturesMissing: If fewer than ten of the images have features.
            Unavailable: If the service does not answer; a repeat may succeed.
            RemoteError: For every other fault that it tells of.
        """
        ...

    async def place(self, request: PlaceRequest, image_ids: Sequence[str], on_progress: OnProgress) -> Coordinates:
        """Where images belong on a map, in the order of the ids, without those that have no features.

        Raises:
            FeaturesMissing: If none of the images has features.
            Unavailable: If the service does not answer; a repeat may succeed.
            RemoteError: For every other fault that it tells of.
        """
        ...
