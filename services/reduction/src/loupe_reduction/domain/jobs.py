"""What is handed to a worker process, and what comes back.

Letters in shapes: N vectors of D numbers, C coordinates. Rows are counted in the order of the request, images without
a vector left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.heads import HeadKind
from loupe_reduction.domain.recipe import Recipe


@dataclass(frozen=True)
class SpooledFeatures:
    """Vectors in a file: too large to be kept in the memory of two processes."""

    path: Path
    """Little-endian float32, one vector after the other, in the order in which they arrived."""

    dimension: int
    """D, at least 1."""

    order: NDArray[np.int64]
    """Array (N,), int64: for each row its place in the file."""


@dataclass(frozen=True)
class FitJob:
    """Fit a map."""

    recipe: Recipe

    early: NDArray[np.int64] | None = None
    """Array (E,), int64: rows of the points that early pictures show; None: there are none."""

    def of_rows(self, rows: NDArray[np.int64]) -> FitJob:
        """Returns the job for some of its images: array (M,), int64, ascending."""
        if self.early is None:
            return self
        return replace(self, early=np.flatnonzero(np.isin(rows, self.early)))


@dataclass(frozen=True)
class PlaceJob:
    """Place images on a map."""

    reducer: bytes
    """See `loupe_reduction.domain.reducers`."""


@dataclass(frozen=True)
class OutlierJob:
    """Score outliers."""

    neighbours: int = 15
    """In [1, 200]."""

    seed: int = 0

    reference: NDArray[np.bool_] | None = None
    """Array (N,), bool: images that say what is usual; None: all."""

    def of_rows(self, rows: NDArray[np.int64]) -> OutlierJob:
        """Returns the job for some of its images: array (M,), int64."""
        return self if self.reference is None else replace(self, reference=self.reference[rows])


@dataclass(frozen=True)
class DuplicateJob:
    """Group near-duplicates."""

    percentile: float = 1.0
    """In (0, 50]."""

    max_distance: float = 0.02
    """In [0, 2]."""

    seed: int = 0


class Strategy(Enum):
    """How images are picked."""

    FACILITY_LOCATION = "FACILITY_LOCATION"
    KMEANS = "KMEANS"
    UNCERTAINTY = "UNCERTAINTY"


NO_CLASS = 0xFFFFFFFF
"""The class of an image that has none."""


@dataclass(frozen=True)
class SelectJob:
    """Pick the most useful images."""

    count: int
    """In [1, N]."""

    strategy: Strategy = Strategy.FACILITY_LOCATION

    seed: int = 0

    groups: NDArray[np.int64] | None = None
    """Array (N,), int64: groups get equal shares of the picks; None: one group."""

    classes: NDArray[np.int64] | None = None
    """Array (N,), int64: number of the true class, NO_CLASS for none; None: none has one."""

    def of_rows(self, rows: NDArray[np.int64]) -> SelectJob:
        """Returns the job for some of its images: array (M,), int64."""
        return replace(
            self,
            groups=None if self.groups is None else self.groups[rows],
            classes=None if self.classes is None else self.classes[rows],
        )


@dataclass(frozen=True)
class TeachJob:
    """Teach a head."""

    classes: NDArray[np.int64]
    """Array (N,), int64: number of the true class, 0 to `class_count` - 1."""

    class_count: int
    """In [2, 200]."""

    confidences: NDArray[np.float64] | None = None
    """Array (N,), float64, in (0, 1]: how sure each label is; None: all are."""

    minimum_a_class: int = 2
    """Images with a vector that each class needs, at least 2."""

    seed: int = 0

    def of_rows(self, rows: NDArray[np.int64]) -> TeachJob:
        """Returns the job for some of its images: array (M,), int64."""
        confidences = None if self.confidences is None else self.confidences[rows]
        return replace(self, classes=self.classes[rows], confidences=confidences)


Job = FitJob | PlaceJob | OutlierJob | DuplicateJob | SelectJob | TeachJob


@dataclass(frozen=True)
class WorkOrder:
    """One piece of work for a worker process."""

    job: Job

    features: SpooledFeatures

    threads: int
    """Threads to use, at least 1."""

    gpu: bool = False
    """Whether maps search neighbours on the GPU, if the process sees one."""


@dataclass(frozen=True)
class Quality:
    """How faithful a map is; see `loupe_reduction.algorithms.quality`."""

    trustworthiness: float
    """In [0, 1]: 1 when no point has a neighbour on the map that is far from it among the vectors."""

    neighbour_preservation: float
    """In [0, 1]: mean share of the K nearest vectors that are among the K nearest points of the map."""

    neighbours: int
    """K."""

    sample_size: int
    """Number of points whose neighbourhoods were compared."""

    explained_variance_ratio: tuple[float, ...] = ()
    """For each coordinate its share of the variance, in [0, 1]; of PCA only."""


@dataclass(frozen=True)
class Projection:
    """A fitted map."""

    coordinates: NDArray[np.float32]
    """Array (N, C), float32: centred on the origin."""

    recipe: Recipe
    """As it was carried out."""

    quality: Quality

    reducer: bytes
    """See `loupe_reduction.domain.reducers`."""


@dataclass(frozen=True)
class Placement:
    """Images that were placed on a map."""

    coordinates: NDArray[np.float32]
    """Array (N, C), float32: in the map's own coordinates."""


@dataclass(frozen=True)
class OutlierScores:
    """How odd each image is."""

    scores: NDArray[np.float64]
    """Array (N,), float64, in [0, 1]: share of the other images that are nearer to their neighbours."""

    distances: NDArray[np.float64]
    """Array (N,), float64, in [0, 2]: mean cosine distance to the neighbours."""

    nearest: NDArray[np.int64]
    """Array (N,), int64: row of the nearest other image."""

    neighbours: int
    """Number of neighbours that were looked at."""

    median_distance: float
    """Median of the distances of the reference, in [0, 2]."""


@dataclass(frozen=True)
class DuplicateGroups:
    """Images that are nearly the same."""

    threshold: float
    """Cosine distance up to which two images counted as the same."""

    keepers: NDArray[np.int64]
    """Array (G,), int64: row of the image to keep of each group, largest group first."""

    members: list[NDArray[np.int64]]
    """For each group the rows of the others, nearest to the keeper first."""

    distances: list[NDArray[np.float32]]
    """For each group the cosine distances of the members to the keeper."""


@dataclass(frozen=True)
class Selection:
    """Images worth labelling or training on."""

    picks: NDArray[np.int64]
    """Array (K,), int64: rows, best first."""

    represented: NDArray[np.int64]
    """Array (K,), int64: number of images that are nearest to each pick."""

    gains: NDArray[np.int64]
    """Array (K,), int64: number of images that got nearer by this pick than by all before it."""

    coverage: float
    """Mean cosine similarity of all images to their nearest pick, in [-1, 1]."""

    margins: NDArray[np.float64] | None = None
    """Array (K,), float64, in [0, 1]: difference of the two largest class probabilities; None where none was learnt."""

    labelled: int = 0
    """Number of images with a class that were learnt from."""


@dataclass(frozen=True)
class HeadFigures:
    """How good a head is, by images that it had not learnt from."""

    kind: HeadKind
    """Shape of the boundary that cross-validation chose."""

    folds: int
    """Parts into which the images were cut, at least 2."""

    confusion: NDArray[np.int64]
    """Array (C, C), int64: images of the true class (row) that were called so (column)."""

    accuracy: float
    """In [0, 1], labels weighted by their confidence."""

    balanced_accuracy: float
    """Mean over the classes of the share that was found, in [0, 1]."""

    macro_f1: float
    """In [0, 1]."""

    log_loss: float
    """In nats, at least 0."""

    calibration_error: float
    """Mean gap between confidence and share of right answers, in [0, 1]."""


@dataclass(frozen=True)
class TaughtHead:
    """A head and its figures."""

    head: bytes
    """See `loupe_reduction.domain.heads`."""

    figures: HeadFigures


Result = Projection | Placement | OutlierScores | DuplicateGroups | Selection | TaughtHead
