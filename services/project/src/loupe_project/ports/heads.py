"""What heads need from outside: a store, and somebody who teaches and applies them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from loupe_project.domain.head import Head, HeadAnswer, HeadFigures
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.scope import Scope
from loupe_project.ports.reduction import OnProgress


class HeadRepository(Protocol):
    """Heads and their answers. What a scope may not see is not there; guests see none."""

    async def add(self, head: Head) -> None:
        """Write a new one."""
        ...

    async def get(self, scope: Scope, project_id: str, head_id: str) -> Head | None:
        """One that exists for the scope, without counts where images are kept from it."""
        ...

    async def list_newest_first(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[Head]:
        """Those older than the one with the id `before` unless it is empty."""
        ...

    async def newest(self, project_id: str, head_name: str) -> Head | None:
        """The newest version of a head."""
        ...

    async def save(self, head: Head) -> bool:
        """Write state, failure, classes, figures and key; False when it was deleted."""
        ...

    async def delete(self, head: Head, now: datetime) -> None:
        """Delete it with its answers; verdicts that were its own are the project's model's again."""
        ...

    async def use(self, head: Head, *, as_verdict: bool) -> None:
        """Make it the one version of its name in use, and its answers the project's verdicts or not.

        What `label` and `conf` of the images say follows with `follow_verdicts`.
        """
        ...

    async def follow_verdicts(self, project_id: str, now: datetime) -> None:
        """Let every image of a project say what the head says whose answers are verdicts, else the project's model."""
        ...

    async def lacking(self, head: Head, *, after: str, limit: int) -> list[str]:
        """Images that have features of its source and no answer of it, by id, behind the id `after`."""
        ...

    async def put_answers(self, head: Head, answers: Sequence[HeadAnswer], now: datetime) -> None:
        """Write answers in the place of older ones of this version; verdicts follow if they are its own."""
        ...

    async def waiting(self, limit: int) -> tuple[Head, list[str]] | None:
        """A version in use and images that came since and that it has not answered for; None when there are none."""
        ...

    async def answered(self, head: Head, image_ids: Sequence[str]) -> None:
        """Take images off the list of those that wait for it."""
        ...


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a head shall learn."""

    project_id: str
    source: FeatureSource
    seed: int
    requester: str
    image_ids: Sequence[str]
    classes: Sequence[int]
    """For each image the place of its class in `names`."""
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Taught:
    """A taught head."""

    content: bytes
    figures: HeadFigures


class Teacher(Protocol):
    """Teaches heads and lets them speak."""

    async def teach(self, lesson: Lesson, on_progress: OnProgress) -> Taught:
        """Teach a head.

        Raises:
            FeaturesMissing: If too few of the images have features.
            TooFewLabels: If a class has too few images with features.
            Unavailable: If nobody answers.
        """
        ...

    async def answers(self, head: Head, content: bytes, image_ids: Sequence[str]) -> list[HeadAnswer]:
        """What a head says of images; those without features are left out.

        Raises:
            Unavailable: If nobody answers.
        """
        ...
