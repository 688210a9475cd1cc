"""Fakes of what keeps, prepares and uses registered models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from loupe_inference.domain.registered import ModelConfig, PreparedModel, RegisteredVersion, Request
from loupe_inference.domain.registry_rules import check_deletable, check_task, not_found
from loupe_kit.audit.event import AuditEvent
from loupe_kit.errors import LoupeError
from tests.unit.inference.registered import prepared_model


class InMemoryModelRegistry:
    """A `ModelRegistry` in dictionaries."""

    def __init__(self) -> None:
        self._versions: dict[tuple[str, int], RegisteredVersion] = {}
        self._active: dict[str, int] = {}
        self._last: Counter[str] = Counter()
        self._answers: dict[tuple[str, str, str], tuple[bytes, int]] = {}
        self.events: dict[str, AuditEvent] = {}

    async def list(self) -> list[RegisteredVersion]:
        return [
            replace(version, is_active=self._active[model] == number)
            for (model, number), version in sorted(self._versions.items())
        ]

    async def answer(self, request: Request) -> int | None:
        known = self._answers.get((request.caller_id, request.method, request.id))
        if known is None:
            return None
        request.check(known[0])
        return known[1]

    async def reserve(self, model: str) -> int:
        self._last[model] += 1
        return self._last[model]

    async def add(self, version: RegisteredVersion, request: Request | None, event: AuditEvent) -> None:
        if await self._is_done(request):
            return
        others = [one.config.task for one in self._versions.values() if one.model == version.model]
        check_task(version.model, version.config.task, others)
        self._versions[version.model, version.number] = version
        self._active.setdefault(version.model, version.number)
        self._keep(request, version.number, event)

    async def activate(self, model: str, number: int, request: Request | None, event: AuditEvent) -> None:
        if await self._is_done(request):
            return
        if (model, number) not in self._versions:
            raise not_found(model, number)
        self._active[model] = number
        self._keep(request, number, event)

    async def delete(self, model: str, number: int, request: Request | None, event: AuditEvent) -> None:
        if await self._is_done(request):
            return
        if (model, number) not in self._versions:
            raise not_found(model, number)
        count = sum(1 for known, _ in self._versions if known == model)
        check_deletable(model, number, active=self._active[model], count=count)
        del self._versions[model, number]
        if self._active[model] == number:
            del self._active[model]
        self._keep(request, number, event)

    async def oldest_events(self, limit: int) -> Sequence[AuditEvent]:
        return [self.events[event_id] for event_id in sorted(self.events)[:limit]]

    async def forget_events(self, event_ids: Sequence[str]) -> None:
        for event_id in event_ids:
            self.events.pop(event_id, None)

    async def close(self) -> None:
        """Nothing to close."""

    async def _is_done(self, request: Request | None) -> bool:
        return request is not None and await self.answer(request) is not None

    def _keep(self, request: Request | None, number: int, event: AuditEvent) -> None:
        self.events[event.id] = event
        if request is not None:
            self._answers[request.caller_id, request.method, request.id] = (request.digest, number)


class FakePreparer:
    """Writes as graph what it was given, or fails."""

    def __init__(self, failure: LoupeError | None = None) -> None:
        self.failure = failure
        self.seen: list[bytes] = []

    async def prepare(self, source: Path, target: Path, config: ModelConfig) -> PreparedModel:
        content = source.read_bytes()  # noqa: ASYNC240 - a few bytes
        self.seen.append(content)
        if self.failure is not None:
            raise self.failure
        target.write_bytes(b"graph of " + content)  # noqa: ASYNC240 - a few bytes
        return prepared_model(labels=config.labels)


class FakeUse:
    """Says how many use a version."""

    def __init__(self, projects: int = 0, images: int = 0) -> None:
        self.answer = (projects, images)

    async def count(self, model: str, version: str) -> tuple[int, int]:
        return self.answer
