"""Splits: images shared out among training, validation and test."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from loupe_project.domain.curation import CurationState
from loupe_project.domain.selection import Selection as Images


class Part(StrEnum):
    """What images are for. The values name folders, tags and files."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


def tag_of(part: Part) -> str:
    """The tag of the images of a part."""
    return f"split:{part.value}"


@dataclass(frozen=True, slots=True)
class NewSplit:
    """What somebody asks for."""

    images: Images | None
    """None: the picks of a selection."""
    selection_id: str
    """Empty where `images` are given."""
    fractions: Mapping[Part, float]
    """Share of each part; together 1."""
    display_name: str = ""
    stratify_by: str = ""
    """Field whose values each part gets in the same shares; empty: none."""
    group_by: str = ""
    """Field whose values are never torn apart; empty: none."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SplitFacts:
    """What a finished split tells about itself."""

    group_count: int = 0
    """Groups of two or more images that stayed together."""
    duplicate_run_id: str = ""
    """The search for duplicates whose groups stayed together; while the split is being made, one that it does first."""
    unsearched_count: int = 0
    """Images of which that search does not tell."""
    sha256: str = ""
    """See `fingerprint`."""


@dataclass(frozen=True, slots=True)
class Split:
    """Images shared out, without the images."""

    id: str
    project_id: str
    display_name: str
    images: Images | None
    selection_id: str
    fractions: Mapping[Part, float]
    stratify_by: str
    group_by: str
    seed: int
    creator: str
    operation_id: str
    create_time: datetime
    update_time: datetime
    state: CurationState = CurationState.RUNNING
    failure: bytes = b""
    """A serialised `google.rpc.Status`; set when the state is FAILED."""
    facts: SplitFacts = SplitFacts()
    counts: Mapping[Part, int] = field(default_factory=dict)
    """Images of each part that whoever asked may see."""

    @property
    def name(self) -> str:
        """Resource name."""
        return f"projects/{self.project_id}/splits/{self.id}"


@dataclass(frozen=True, slots=True)
class SplitCandidate:
    """An image that is to be shared out."""

    image_id: str
    sha256: str
    """Of its bytes."""


@dataclass(frozen=True, slots=True)
class SplitImage:
    """One image of a split."""

    number: int
    """From 1: training first, then validation, then test."""
    image_id: str
    part: Part
    stratum: str
    """Its value of the field that the split is stratified by; empty without."""
    reason: str
    file_name: str = ""
    """When it is read."""
    sha256: str = ""
    """Of its bytes; when it is read."""


def default_name(fractions: Mapping[Part, float]) -> str:
    """What a split is called when nobody says: `Split 80 / 10 / 10`."""
    return "Split " + " / ".join(f"{100 * fractions[part]:g}" for part in Part)


def fingerprint(placed: Sequence[tuple[str, Part]]) -> str:
    """SHA-256, in hex, over the checksum and the part of each image, ordered by checksum."""
    lines = sorted(f"{sha256} {part.value}" for sha256, part in placed)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
