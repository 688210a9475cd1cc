"""Copies of images in another project: what is asked for, what one piece of it does."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from loupe_project.domain.image import FeatureSource


@dataclass(frozen=True, slots=True)
class CopyWish:
    """Where images go, and whether they leave."""

    target_id: str
    """Id of the project that gets them."""
    moves: bool

    def to_bytes(self) -> bytes:
        """For the operation that does it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "CopyWish":
        """Undo `to_bytes`."""
        return cls(**json.loads(data))


@dataclass(frozen=True, slots=True)
class CopyPlan:
    """What has to be done so that a project has some images of another one."""

    new: Mapping[str, str] = field(default_factory=dict)
    """Ids of copies to be, by id of the image."""
    known: Mapping[str, str] = field(default_factory=dict)
    """Ids of the images of the other project that have the same bytes, by id of the image."""
    answered: frozenset[str] = frozenset()
    """Ids of new ones that the other project's model has answered already."""
    features: Mapping[FeatureSource, tuple[str, ...]] = field(default_factory=dict)
    """Ids of new ones that have features which can come along."""


@dataclass(frozen=True, slots=True)
class CopyCounts:
    """What became of images so far, and where to go on."""

    next: int = 0
    """Place of the first image that was not looked at."""
    copied: int = 0
    duplicates: int = 0
    restored: int = 0
    pending: int = 0

    def to_bytes(self) -> bytes:
        """For the checkpoint of the operation."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "CopyCounts":
        """Undo `to_bytes`; nothing is nothing done."""
        return cls(**json.loads(data)) if data else cls()
