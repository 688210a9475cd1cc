"""A store in memory, of the few repositories that background work needs."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any, cast

from loupe_project.domain.history import Alteration, Change
from loupe_project.domain.image import ImageState
from loupe_project.domain.job import Job, ModelChoice, Removal
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.project import Project, Visibility
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases import image_jobs

NOW = datetime.fromisoformat("2026-11-22T09:30:00+00:00")


def make_project(**fields: Any) -> Project:
    project = Project(
        "p", "Cells", "", "lite", "1", Visibility.PRIVATE, "ada", "UTC", 1, create_time=NOW, update_time=NOW
    )
    return replace(project, **fields)


def make_job(number: int, model: str = "lite") -> Job:
    return Job(f"job{number}", f"image{number}", "p", model, "1", 1, 100, f"projects/p/images/image{number}")


def make_operation(kind: OperationKind, image_ids: list[str], wish: bytes = b"") -> Operation:
    scope = Scope(user_id="ada", principal="users/ada")
    return image_jobs.new_operation(scope, "p", kind, image_ids, NOW, wish)


@dataclass
class FakeStore:
    """What a test puts in, and what was done. Answers as its own repositories."""

    project: Project | None = field(default_factory=make_project)
    waiting: list[Job] = field(default_factory=list)
    published: list[Job] = field(default_factory=list)
    forgot_everything: bool = False
    image_states: dict[str, ImageState] = field(default_factory=dict)
    ordered: list[str] = field(default_factory=list)
    ordered_elsewhere: list[tuple[ModelChoice, str]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    leftovers: list[Removal] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)
    changes: set[Change] = field(default_factory=set)
    altered: list[str] = field(default_factory=list)
    commits: int = 0

    @property
    def jobs(self) -> "FakeStore":
        return self

    projects = images = removals = trash = history = jobs

    async def get(self, scope: Scope, project_id: str) -> Project | None:
        return self.project

    async def models(self) -> list[str]:
        return sorted({one.model for one in (*self.waiting, *self.published)})

    async def has_unpublished(self, model: str, published_before: datetime) -> bool:
        return any(one.model == model for one in self.waiting)

    async def take_unpublished(self, model: str, limit: int, now: datetime, published_before: datetime) -> list[Job]:
        taken = [one for one in self.waiting if one.model == model][:limit]
        self.waiting = [one for one in self.waiting if one not in taken]
        self.published += taken
        return taken

    async def unpublish(self, job_ids: Sequence[str]) -> None:
        self.waiting += [one for one in self.published if one.id in job_ids]
        self.published = [one for one in self.published if one.id not in job_ids]

    async def unpublish_all(self) -> None:
        self.forgot_everything = True

    async def order(self, project: Project, image_ids: Sequence[str], asked: datetime) -> int:
        self.ordered += image_ids
        return len(image_ids)

    async def order_other(
        self, project_id: str, choice: ModelChoice, image_ids: Sequence[str], asked: datetime
    ) -> None:
        self.ordered_elsewhere += [(choice, one) for one in image_ids]

    async def states_of_other(
        self, project_id: str, choice: ModelChoice, image_ids: Sequence[str], asked: datetime
    ) -> dict[str, ImageState]:
        return await self.states(project_id, image_ids)

    async def states(self, project_id: str, image_ids: Sequence[str]) -> dict[str, ImageState]:
        return {one: self.image_states[one] for one in image_ids if one in self.image_states}

    async def put(
        self, project_id: str, image_ids: Sequence[str], deletion_id: str, deleter: str, now: datetime
    ) -> list[str]:
        self.deleted += image_ids
        return list(image_ids)

    async def begin(self, change: Change) -> None:
        self.changes.add(change)

    async def record(self, change_id: str, alterations: Sequence[Alteration], now: datetime) -> None:
        self.altered += [one.image_id for one in alterations]

    async def add_gone(self, project_id: str, image_ids: Sequence[str], now: datetime) -> int:
        raise AssertionError("no test of background work comes here")

    async def needed(self, object_keys: Sequence[str]) -> set[str]:
        return self.shared & set(object_keys)

    async def shared_with_others(self, project_id: str) -> set[str]:
        return {key for key in self.shared if key.startswith(f"projects/{project_id}/")}

    async def oldest(self, limit: int) -> list[Removal]:
        return self.leftovers[:limit]

    async def done(self, removal_ids: Sequence[str]) -> None:
        self.leftovers = [one for one in self.leftovers if one.id not in removal_ids]

    async def commit(self) -> None:
        self.commits += 1


class _Transaction:
    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def __aenter__(self) -> FakeStore:
        return self._store

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None


def factory_of(store: FakeStore) -> StoreFactory:
    """Transactions that all work on one store."""

    def begin(*, read_only: bool = False) -> AbstractAsyncContextManager[Store]:
        return cast("AbstractAsyncContextManager[Store]", _Transaction(store))

    return begin


@dataclass
class FakeProgress:
    """Remembers what was reported."""

    reports: list[dict[str, Any]] = field(default_factory=list)

    async def report(self, **news: Any) -> None:
        self.reports.append(news)

    async def save_checkpoint(self, checkpoint: bytes) -> None:
        raise AssertionError("these handlers keep no checkpoint")

    async def checkpoint_with(self, operations: Any, checkpoint: bytes) -> None:
        raise AssertionError("these handlers keep no checkpoint")


@dataclass
class CountingBell:
    """Counts how often it was rung."""

    rings: int = 0

    def ring(self) -> None:
        self.rings += 1
