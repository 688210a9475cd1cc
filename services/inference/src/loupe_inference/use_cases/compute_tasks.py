"""Compute the outcome of every task of a batch."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import structlog

from loupe_inference.domain.analysis import ImageSource, Outcome, TaskResult
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.ports import ModelBackend
from loupe_inference.use_cases.analyse_batch import analyse_batch
from loupe_inference.use_cases.take_up_tasks import TakenTask
from loupe_kit.errors import LoupeError

_log = structlog.get_logger("loupe.inference.worker")


async def compute_tasks(
    catalogue: Catalogue, backend: ModelBackend, tasks: Sequence[TakenTask], retry: timedelta
) -> list[TaskResult]:
    """One result for each task.

    Args:
        catalogue: Finds the version that a task wants.
        backend: Computes; one call for all tasks of one version.
        tasks: All for one model.
        retry: How long to wait while the model cannot be loaded; the tasks wait with it.
    """
    results: list[TaskResult] = []
    wanted: dict[tuple[str, str], list[tuple[TakenTask, ImageSource]]] = defaultdict(list)
    for taken in tasks:
        task = taken.task
        try:
            _, version = catalogue.resolve(task.model, task.version)
        except LoupeError as error:
            results.append(TaskResult(task, task.version, error))
            continue
        if isinstance(taken.image, LoupeError):
            results.append(TaskResult(task, version.version, taken.image))
        else:
            wanted[task.model, version.version].append((taken, taken.image))
    for (model, version_id), group in wanted.items():
        outcomes = await _when_ready(backend, model, version_id, [image for _, image in group], retry)
        results += [
            TaskResult(taken.task, version_id, outcome) for (taken, _), outcome in zip(group, outcomes, strict=True)
        ]
    return results


async def _when_ready(
    backend: ModelBackend, model: str, version: str, images: Sequence[ImageSource], retry: timedelta
) -> list[Outcome]:
    while True:
        try:
            return await analyse_batch(backend, model, version, images)
        except ModelNotReady as error:
            _log.error("model_not_ready", model=model, version=version, why=error.message)
            await asyncio.sleep(retry.total_seconds())
