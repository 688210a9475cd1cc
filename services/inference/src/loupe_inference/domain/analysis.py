"""What goes into a model and what comes out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loupe_kit.errors import LoupeError

Feature = npt.NDArray[np.float32]
"""Feature vector of one image: array (D,), float32."""

ObjectFeatures = npt.NDArray[np.float32]
"""Feature vectors of the K objects found in one image, in the order of their boxes: array (K, D), float32."""

ImageSource = bytes | Path
"""An encoded image: its bytes, or its file on this machine."""


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class and how sure the model is of it."""

    label: str
    index: int
    """Position in the model's labels, from 0."""
    confidence: float
    """Softmax probability in [0, 1]."""


@dataclass(frozen=True, slots=True)
class ClassScores:
    """The most probable classes, best first."""

    scores: tuple[ClassScore, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """One object; pixels of the original image as displayed, origin top left."""

    label: str
    index: int
    """Position in the model's labels, from 0."""
    confidence: float
    """In [0, 1]."""
    x: float
    """Left edge."""
    y: float
    """Top edge."""
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Boxes:
    """The objects found, best first; empty when there are none."""

    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer of one version of one model for one image."""

    model: str
    version: str
    output: ClassScores | Boxes


@dataclass(frozen=True, slots=True)
class Appearance:
    """How an image looks, whatever it shows; measured at the size that the network gets."""

    brightness: float
    """Mean luminance in [0, 1]; 0 is black."""
    contrast: float
    """Standard deviation of the luminance, in [0, 0.5]."""
    sharpness: float
    """Fine detail: standard deviation of the luminance's Laplacian over that of the luminance, 0 or more; 0 of a plain
    image, about 4.5 of noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Everything that one pass over an image gives."""

    prediction: Prediction
    feature: Feature
    image_width: int
    """Pixels, as displayed: orientation applied."""
    image_height: int
    """Pixels, as displayed: orientation applied."""
    object_features: ObjectFeatures | None = None
    """None from models that find no objects."""
    appearance: Appearance | None = None
    """None from a model server of an older release."""


Outcome = Analysis | LoupeError
"""What became of one image."""


@dataclass(frozen=True, slots=True)
class AnalysisTask:
    """An order to analyse one image."""

    image_id: str
    project_id: str
    object_key: str
    model: str
    version: str
    """Empty for the version that is active now."""
    attempt: int
    """Reported back unchanged; project takes the result of its latest attempt only."""
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ClaimedTask:
    """A task in the hands of this worker."""

    delivery_id: str
    task: AnalysisTask
    content: bytes = b""
    """The image file, if it came along; else it is in the object store."""


@dataclass(frozen=True, slots=True, eq=False)
class TaskResult:
    """What became of one task, to be reported."""

    task: AnalysisTask
    version: str
    """The version that answered."""
    outcome: Outcome
