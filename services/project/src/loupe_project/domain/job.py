"""Analyses that were promised: one job for each image that waits for a model's answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """An image that waits for a model."""

    id: str
    image_id: str
    project_id: str
    model: str
    version: str
    """Empty: the version that is active when the job is taken up."""
    attempt: int
    """From 1; grows each time the analysis is asked for anew. Older answers no longer count."""
    size_bytes: int
    object_key: str


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A version of a model."""

    model: str
    version: str


@dataclass(frozen=True, slots=True)
class FoundBox:
    """An object that a model found, in pixels of the original image."""

    label: str
    confidence: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Appearance:
    """How an image looks, whatever it shows."""

    brightness: float
    """Mean luminance in [0, 1]."""
    contrast: float
    """Standard deviation of the luminance, in [0, 0.5]."""
    sharpness: float
    """Fine detail, 0 or more; does not move when the light does."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one job. Either `output` or `failure` is set."""

    project_id: str
    image_id: str
    model: str
    version: str
    attempt: int
    task: str = ""
    """"classification" or "detection"."""
    label: str | None = None
    """What was found first; None: nothing."""
    confidence: float | None = None
    """Of `label`, in [0, 1]."""
    boxes: tuple[FoundBox, ...] = ()
    output: bytes | None = None
    """A serialised `loupe.inference.v1.Prediction`."""
    failure: bytes | None = None
    """A serialised `google.rpc.Status`."""
    feature_dimension: int = 0
    """Length of the feature vector that was stored; 0: none."""
    appearance: Appearance | None = None
    """None: the image was not decoded, or by an older release."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that is gone from SQL and still has to go from the object store and the feature store."""

    id: str
    project_id: str
    image_id: str | None
    """None: the whole project."""
    object_key: str | None = None
    """Of a copy: the key of the bytes that it shares with other images; None: they lie under its own id."""
