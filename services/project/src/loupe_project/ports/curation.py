"""What curation needs from outside: a store, somebody who computes, somebody who compares pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from loupe_project.domain.curation import (
    CurationRun,
    Duplicate,
    DuplicateGroup,
    Outlier,
    Pick,
    RunKind,
    Selection,
    Strategy,
)
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.likeness import Fingerprint
from loupe_project.domain.scope import Scope
from loupe_project.ports.reduction import OnProgress


class CurationRepository(Protocol):
    """Selections, runs, and what they found. What a scope may not see is not there."""

    async def add_selection(self, selection: Selection) -> None:
        """Write a new one."""
        ...

    async def get_selection(self, scope: Scope, project_id: str, selection_id: str) -> Selection | None:
        """One that exists for the scope; a guest has his own only. Counts are those of what the scope sees."""
        ...

    async def list_selections(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[Selection]:
        """The newest first, older than the one with the id `before` unless it is empty."""
        ...

    async def save_selection(self, selection: Selection) -> bool:
        """Write all that may change; False when it was deleted."""
        ...

    async def delete_selection(self, selection_id: str) -> None:
        """Delete it with its picks."""
        ...

    async def put_picks(self, selection_id: str, picks: Sequence[Pick]) -> None:
        """Write the picks, over those there were; images must exist."""
        ...

    async def picks(self, scope: Scope, selection: Selection, *, after: int, limit: int) -> list[Pick]:
        """Picks behind the rank `after`, best first."""
        ...

    async def pick_ids(self, scope: Scope, selection: Selection) -> list[str]:
        """Ids of all picked images, best first."""
        ...

    async def add_run(self, run: CurationRun) -> None:
        """Write a new one."""
        ...

    async def get_run(self, scope: Scope, project_id: str, run_id: str) -> CurationRun | None:
        """One that exists for the scope."""
        ...

    async def list_runs(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[CurationRun]:
        """The newest first, older than the one with the id `before` unless it is empty."""
        ...

    async def save_run(self, run: CurationRun) -> bool:
        """Write all that may change; False when it was deleted."""
        ...

    async def delete_run(self, run_id: str) -> None:
        """Delete it with what it found."""
        ...

    async def supersede(self, project_id: str, kind: RunKind) -> None:
        """Delete what runs of a kind found; those that succeeded are SUPERSEDED."""
        ...

    async def put_outliers(self, run: CurationRun, outliers: Sequence[Outlier]) -> None:
        """Write scores; images must exist."""
        ...

    async def put_duplicates(self, run: CurationRun, duplicates: Sequence[Duplicate]) -> None:
        """Write duplicates; images must exist."""
        ...

    async def outliers(
        self, scope: Scope, run: CurationRun, *, after: tuple[float, str] | None, limit: int
    ) -> list[Outlier]:
        """Scores, oddest first, behind the one with this score and image id."""
        ...

    async def duplicate_groups(
        self, scope: Scope, run: CurationRun, *, after: tuple[int, str] | None, limit: int
    ) -> list[DuplicateGroup]:
        """Groups, largest first, behind the one with this number of members and keeper."""
        ...

    async def user_tags(self, project_id: str, image_ids: Sequence[str]) -> dict[str, str]:
        """The user tags of each image as one text, by image id; images without any are left out."""
        ...


@dataclass(frozen=True, slots=True)
class Vectors:
    """Which vectors to judge by, and for whom."""

    project_id: str
    source: FeatureSource
    seed: int
    requester: str
    """Who asked, so that nobody keeps the others waiting."""


@dataclass(frozen=True, slots=True)
class PickWish:
    """What to pick."""

    count: int
    strategy: Strategy
    """Not AUTO."""
    groups: Sequence[int] | None = None
    """For each image the number of its group; None: one group."""
    classes: Sequence[int] | None = None
    """For each image the number of its true class, `NO_CLASS` for none; None: not known."""


NO_CLASS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Picked:
    """What was picked."""

    picks: tuple[Pick, ...]
    """Best first."""
    skipped: frozenset[str]
    """Ids of images without a vector."""
    labelled_count: int
    coverage: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of images."""

    outliers: tuple[Outlier, ...]
    skipped: frozenset[str]
    median_distance: float
    neighbors: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Alike:
    """Groups of images that may be duplicates."""

    groups: tuple[tuple[str, ...], ...]
    """Ids of the images of each group, two or more."""
    count: int
    """Images that were searched."""
    skipped_count: int
    threshold: float
    seconds: float


class Curator(Protocol):
    """Judges images by their features.

    Cancelling a task ends the work there too. Every call raises FeaturesMissing if too few of the images have features,
    Unavailable if the service does not answer, and RemoteError for every other fault that it tells of.
    """

    async def pick(self, vectors: Vectors, wish: PickWish, image_ids: Sequence[str], on_progress: OnProgress) -> Picked:
        """Pick images."""
        ...

    async def score(
        self, vectors: Vectors, image_ids: Sequence[str], reference: Sequence[bool] | None, on_progress: OnProgress
    ) -> Scored:
        """Score images by how far they are from those of the reference; None: from each other."""
        ...

    async def alike(self, vectors: Vectors, image_ids: Sequence[str], on_progress: OnProgress) -> Alike:
        """Group images whose vectors are suspiciously near each other."""
        ...


class PixelReader(Protocol):
    """Reads the pixels of images."""

    def fingerprint(self, content: bytes) -> Fingerprint:
        """Fingerprint of an image, made in the calling thread.

        Args:
            content: The bytes of an image that was taken in.

        Raises:
            Exception: Of any kind, if its pixels cannot be decoded although it was taken in.
        """
        ...
