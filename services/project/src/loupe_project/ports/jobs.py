"""Analyses that were promised, in the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from loupe_project.domain.image import ImageState
from loupe_project.domain.job import Job, ModelChoice
from loupe_project.domain.project import Project


class JobRepository(Protocol):
    """Analyses that were promised."""

    async def order(self, project: Project, image_ids: Sequence[str], asked: datetime) -> int:
        """Ask for the analysis of images by the project's model; how many there are.

        Doing so again with the same `asked` changes nothing: those asked for since are left alone.
        """
        ...

    async def order_other(
        self, project_id: str, choice: ModelChoice, image_ids: Sequence[str], asked: datetime
    ) -> None:
        """Ask for the analysis of images by another model than the project's; what is known of the images stays.

        Doing so again with the same `asked` orders only what has neither a job nor an answer since.
        """
        ...

    async def change_model(self, project: Project, before: ModelChoice, now: datetime) -> None:
        """The project has another model or version: its answers count, what waits for the one before waits for it."""
        ...

    async def models(self) -> list[str]:
        """Ids of the models that jobs wait for."""
        ...

    async def use_of(self, model: str, version: str) -> tuple[int, int]:
        """Projects whose images a version analyses, and images that wait for it."""
        ...

    async def has_unpublished(self, model: str, published_before: datetime) -> bool:
        """Whether `take_unpublished` would find any; cheap, and writes nothing."""
        ...

    async def take_unpublished(self, model: str, limit: int, now: datetime, published_before: datetime) -> list[Job]:
        """Up to `limit` jobs for a model that count as published from now on.

        First the oldest that never were, then those that were published before `published_before` and are still there.
        """
        ...

    async def unpublish(self, job_ids: Sequence[str]) -> None:
        """Publishing went wrong: these wait again."""
        ...

    async def unpublish_all(self) -> None:
        """The queue forgot everything: all jobs wait again."""
        ...

    async def states(self, project_id: str, image_ids: Sequence[str]) -> dict[str, ImageState]:
        """State of each of the images that is still there."""
        ...

    async def states_of_other(
        self, project_id: str, choice: ModelChoice, image_ids: Sequence[str], asked: datetime
    ) -> dict[str, ImageState]:
        """How far `order_other` has come with each of the images that is still there."""
        ...
