"""Compute the outcome of every task of a batch."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import structlog

from loupe_inference.domain.analysis import AnalysisTask, ImageSource, Outcome, TaskResult
from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.model import ModelVersion
from loupe_inference.ports import ModelBackend
from loupe_inference.use_cases.analyse_batch import analyse_batch
from loupe_inference.use_cases.keep_catalogue import CatalogueKeeper
from loupe_inference.use_cases.take_up_tasks import TakenTask
from loupe_kit.errors import LoupeError, NotFound

_log = structlog.get_logger("loupe.inference.worker")


async def compute_tasks(
    keeper: CatalogueKeeper, backend: ModelBackend, tasks: Sequence[TakenTask], retry: timedelta
) -> list[TaskResult]:
    """One result for each task.

    Args:
        keeper: Finds the version that a task wants.
        backend: Computes; one call for all tasks of one version.
        tasks: All for one model.
        retry: How long to wait while the model cannot be loaded; the tasks wait with it.
    """
    results: list[TaskResult] = []
    wanted: dict[tuple[str, str], list[tuple[TakenTask, ImageSource]]] = defaultdict(list)
    for taken in tasks:
        task = taken.task
        version = await _resolved(keeper, task, retry)
        if isinstance(version, LoupeError):
            results.append(TaskResult(task, task.version, version))
        elif isinstance(taken.image, LoupeError):
            results.append(TaskResult(task, version.version, taken.image))
        else:
            wanted[task.model, version.version].append((taken, taken.image))
    for (model, version_id), group in wanted.items():
        outcomes = await _when_ready(backend, model, version_id, [image for _, image in group], retry)
        results += [
            TaskResult(taken.task, version_id, outcome) for (taken, _), outcome in zip(group, outcomes, strict=True)
        ]
    return results


async def _resolved(keeper: CatalogueKeeper, task: AnalysisTask, retry: timedelta) -> ModelVersion | NotFound:
    while True:
        try:
            return (await keeper.resolve(task.model, task.version))[1]
        except NotFound as error:
            return error
        except LoupeError as error:
            _log.error("registry_does_not_answer", model=task.model, version=task.version, why=error.message)
            await asyncio.sleep(retry.total_seconds())


async def _when_ready(
    backend: ModelBackend, model: str, version: str, images: Sequence[ImageSource], retry: timedelta
) -> list[Outcome]:
    while True:
        try:
            return await analyse_batch(backend, model, version, images)
        except ModelNotReady as error:
            _log.error("model_not_ready", model=model, version=version, why=error.message)
            await asyncio.sleep(retry.total_seconds())
