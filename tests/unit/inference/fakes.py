"""Fakes of the inference service's ports, and builders of its domain objects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from loupe_inference.domain.analysis import (
    Analysis,
    AnalysisTask,
    ClaimedTask,
    ClassScore,
    ClassScores,
    ImageSource,
    Outcome,
    Prediction,
    TaskResult,
)
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import FeatureDimensionMismatch, ImageUndecodable
from loupe_inference.domain.features import (
    BYTES_PER_ID,
    FeatureBlock,
    FeatureKey,
    FeatureSet,
    Matrix,
    ObjectFeatureBlock,
)
from loupe_inference.domain.model import ModelSpec, ModelVersion, Task
from loupe_inference.ports import BackendDied, BackendTimedOut
from loupe_kit import ids

KILLER = b"killer"
SLEEPER = b"sleeper"
BROKEN = b"broken"


def model_version(version: str = "1", **changes: object) -> ModelVersion:
    values: dict[str, object] = {
        "version": version,
        "feature_dimension": 4,
        "weights_sha256": "0" * 64,
        "weights_size_bytes": 1,
        "create_time": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return ModelVersion(**{**values, **changes})  # type: ignore[arg-type]


def model_spec(model: str = "tiny", **changes: object) -> ModelSpec:
    values: dict[str, object] = {
        "id": model,
        "display_name": "Tiny",
        "task": Task.CLASSIFICATION,
        "descriptions": {"en": "Small.", "ko": "작습니다."},
        "labels": ("good", "bad"),
        "input_width": 8,
        "input_height": 8,
        "feature_description": "The last layer.",
        "licence": "Apache-2.0",
        "versions": (model_version(),),
        "active_version": "1",
    }
    return ModelSpec(**{**values, **changes})  # type: ignore[arg-type]


def catalogue(*models: str) -> Catalogue:
    return Catalogue([model_spec(model) for model in models or ("tiny",)])


def analysis(first: float = 0.0, *, dimension: int = 4) -> Analysis:
    feature = np.full(dimension, first, dtype=np.float32)
    return Analysis(Prediction("tiny", "1", ClassScores((ClassScore("good", 0, 0.9),))), feature, 10, 20)


def task(**changes: object) -> AnalysisTask:
    image_id = ids.new_id()
    values: dict[str, object] = {
        "image_id": image_id,
        "project_id": ids.new_id(),
        "object_key": f"images/{image_id}",
        "model": "tiny",
        "version": "",
        "attempt": 1,
        "size_bytes": 6,
    }
    return AnalysisTask(**{**values, **changes})  # type: ignore[arg-type]


def claimed(delivery_id: str, **changes: object) -> ClaimedTask:
    return ClaimedTask(delivery_id, task(**changes))


class FakeBackend:
    """Answers by the bytes of the image; some bytes kill it or make it hang."""

    def __init__(self, *, before: Callable[[], None] | None = None) -> None:
        self.batches: list[list[ImageSource]] = []
        self.urgencies: list[bool] = []
        self.is_broken = False
        self.is_closed = False
        self._before = before

    async def analyse(
        self, model: str, version: str, images: Sequence[ImageSource], *, urgent: bool = False
    ) -> list[Outcome]:
        self.batches.append(list(images))
        self.urgencies.append(urgent)
        if self._before is not None:
            self._before()
        await asyncio.sleep(0)
        if self.is_broken or KILLER in images:
            raise BackendDied(-11)
        if SLEEPER in images:
            raise BackendTimedOut
        return [_answer(image) for image in images]

    async def close(self) -> None:
        self.is_closed = True


def _answer(image: ImageSource) -> Outcome:
    if image == BROKEN:
        return ImageUndecodable("Broken.", detail="broken")
    return analysis(float(len(image)) if isinstance(image, bytes) else 0.0)


class FakeTasks:
    """Hands out what it is given, once."""

    def __init__(self, *batches: Sequence[ClaimedTask]) -> None:
        self.batches = [list(batch) for batch in batches]
        self.acknowledged: list[str] = []
        self.extended: list[str] = []

    async def claim(self, model: str, max_count: int, wait: timedelta) -> list[ClaimedTask]:
        if self.batches:
            return self.batches.pop(0)
        await asyncio.sleep(0.005)
        return []

    async def extend(self, model: str, delivery_ids: Sequence[str]) -> None:
        self.extended.extend(delivery_ids)

    async def acknowledge(self, model: str, delivery_ids: Sequence[str]) -> None:
        self.acknowledged.extend(delivery_ids)


class FakeReporter:
    """Takes results, after the failures that it is told to make."""

    def __init__(self, *failures: Exception) -> None:
        self.results: list[TaskResult] = []
        self.calls = 0
        self._failures = list(failures)

    async def report(self, results: Sequence[TaskResult]) -> None:
        self.calls += 1
        if self._failures:
            raise self._failures.pop(0)
        self.results.extend(results)


class InMemoryFeatureStore:
    """A `FeatureStore` in dictionaries."""

    def __init__(self) -> None:
        self.vectors: dict[tuple[FeatureKey, bytes], tuple[str, np.ndarray]] = {}
        self.objects: dict[tuple[FeatureKey, bytes], Matrix] = {}

    async def put(
        self, project_id: str, key: FeatureKey, block: FeatureBlock, objects: Sequence[Matrix] | None = None
    ) -> None:
        known = await self.dimension(project_id, key)
        if known not in (0, block.values.shape[1]):
            raise FeatureDimensionMismatch("Wrong length.", expected=str(known), actual=str(block.values.shape[1]))
        for image, vector in zip(_each(block.image_ids), block.values, strict=True):
            self.vectors[key, image] = (project_id, vector.copy())
        if objects is not None:
            self.objects |= {(key, image): each for image, each in zip(_each(block.image_ids), objects, strict=True)}

    async def read(self, key: FeatureKey, image_ids: bytes) -> AsyncIterator[FeatureBlock]:
        for image in dict.fromkeys(_each(image_ids)):
            if (key, image) in self.vectors:
                yield FeatureBlock(image, self.vectors[key, image][1][None])

    async def read_objects(self, key: FeatureKey, image_ids: bytes) -> AsyncIterator[ObjectFeatureBlock]:
        for image in dict.fromkeys(_each(image_ids)):
            found = self.objects.get((key, image))
            if found is not None and len(found):
                yield ObjectFeatureBlock(image, (len(found),), found)

    async def count(self, key: FeatureKey, image_ids: bytes) -> tuple[int, int]:
        found = [self.vectors[key, image][1] for image in set(_each(image_ids)) if (key, image) in self.vectors]
        return len(found), max((len(vector) for vector in found), default=0)

    async def missing(self, key: FeatureKey, image_ids: bytes) -> bytes:
        return b"".join(sorted(image for image in set(_each(image_ids)) if (key, image) not in self.vectors))

    async def dimension(self, project_id: str, key: FeatureKey) -> int:
        lengths = [len(v) for (k, _), (project, v) in self.vectors.items() if (k, project) == (key, project_id)]
        return lengths[0] if lengths else 0

    async def delete(self, *, image_ids: bytes, project_id: str, model: str, version: str) -> int:
        wanted = set(_each(image_ids))
        doomed = [
            (key, image)
            for (key, image), (project, _) in self.vectors.items()
            if (not wanted or image in wanted)
            and project_id in ("", project)
            and model in ("", key.model)
            and version in ("", key.version)
        ]
        for place in doomed:
            del self.vectors[place]
            self.objects.pop(place, None)
        return len(doomed)

    async def list_sets(self, project_id: str) -> list[FeatureSet]:
        counts: dict[tuple[FeatureKey, int], int] = {}
        for (key, _), (project, vector) in self.vectors.items():
            if project == project_id:
                counts[key, len(vector)] = counts.get((key, len(vector)), 0) + 1
        sets = [FeatureSet(key, dimension, count) for (key, dimension), count in counts.items()]
        return sorted(sets, key=lambda feature_set: (feature_set.key.model, feature_set.key.version))

    async def close(self) -> None:
        """Nothing to close."""


def _each(packed: bytes) -> list[bytes]:
    return [packed[at : at + BYTES_PER_ID] for at in range(0, len(packed), BYTES_PER_ID)]
