"""What the catalogue knows about a model."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Task(Enum):
    """What a model answers about an image."""

    CLASSIFICATION = "classification"
    """Classes of the whole image."""
    DETECTION = "detection"
    """Objects with boxes."""


class ModelState(Enum):
    """Where a model stands in this installation."""

    LOADING = "loading"
    ACTIVE = "active"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One set of weights of a model."""

    version: str
    """Id within the model, such as "1"."""
    feature_dimension: int
    """Length of the feature vector of one image."""
    weights_sha256: str
    """Digest of the weights file, 64 lower-case hexadecimal digits."""
    weights_size_bytes: int
    """Size of the weights file."""
    create_time: datetime
    """When it entered the catalogue, UTC."""
    object_feature_dimension: int = 0
    """Length of the feature vector of one detected object; 0 for models that find none."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model that projects can choose."""

    id: str
    """Last part of the resource name: 1 to 63 of a-z, 0-9, "-"."""
    display_name: str
    """Name for people."""
    task: Task
    """What it answers; decides the branch of its predictions."""
    descriptions: Mapping[str, str]
    """What it is good at, by language code; "en" and "ko" are there."""
    labels: tuple[str, ...]
    """Names of the classes in the order of the output."""
    input_width: int
    """Width that images are scaled to, in pixels."""
    input_height: int
    """Height that images are scaled to, in pixels."""
    feature_description: str
    """Which layer the feature vector is taken from."""
    licence: str
    """SPDX identifier of the weights' licence."""
    versions: tuple[ModelVersion, ...]
    """Newest first, at least one."""
    active_version: str
    """Id of the version that analyses new images."""
    keeps_aspect: bool = False
    """Whether an image keeps its shape when it is scaled, with black bars at two sides; else it is stretched."""
    is_builtin: bool = True
    """Whether it comes with Loupe; others were registered."""

    @property
    def name(self) -> str:
        """Resource name."""
        return f"models/{self.id}"

    @property
    def active(self) -> ModelVersion:
        """The version that analyses new images."""
        return next(version for version in self.versions if version.version == self.active_version)
