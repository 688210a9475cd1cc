"""Store features, then tell project."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import structlog

from loupe_inference.domain.analysis import Analysis, TaskResult
from loupe_inference.domain.features import FeatureBlock, FeatureKey
from loupe_inference.ports import FeatureStore, ResultReporter
from loupe_kit import ids
from loupe_kit.errors import Code, LoupeError

_PASSING = frozenset({Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.RESOURCE_EXHAUSTED, Code.ABORTED, Code.CANCELLED})
_TRIES_OF_OTHERS = 5

_log = structlog.get_logger("loupe.inference.worker")


class ResultFinisher:
    """Brings results where they belong, in an order that loses none: features first, then the report.

    Args:
        features: Keeps the vectors.
        reporter: Takes the results.
        first_delay: Before the second try; doubles with each.
        longest_delay: Between two tries.
    """

    def __init__(
        self,
        features: FeatureStore,
        reporter: ResultReporter,
        *,
        first_delay: timedelta = timedelta(milliseconds=200),
        longest_delay: timedelta = timedelta(seconds=10),
    ) -> None:
        self._features = features
        self._reporter = reporter
        self._first_delay = first_delay
        self._longest_delay = longest_delay

    async def finish(self, results: Sequence[TaskResult]) -> bool:
        """Store and report; waits as long as project or a store does not answer.

        Returns:
            Whether the results were taken. If not, their tasks should be left to a later delivery.
        """
        tries = 0
        delay = self._first_delay
        while True:
            tries += 1
            try:
                await self._store(results)
                await self._reporter.report(results)
            except Exception as error:  # noqa: BLE001 - whatever a store raises, these results must not be lost
                passing = isinstance(error, LoupeError) and error.code in _PASSING
                _log.warning("report_failed", images=len(results), tries=tries, passing=passing, exc_info=not passing)
                if not passing and tries >= _TRIES_OF_OTHERS:
                    return False
            else:
                return True
            await asyncio.sleep(delay.total_seconds())
            delay = min(delay * 2, self._longest_delay)

    async def _store(self, results: Sequence[TaskResult]) -> None:
        groups: dict[tuple[str, FeatureKey], list[tuple[str, Analysis]]] = defaultdict(list)
        for result in results:
            if isinstance(result.outcome, Analysis):
                key = FeatureKey(result.task.model, result.version)
                groups[result.task.project_id, key].append((result.task.image_id, result.outcome))
        for (project_id, key), group in groups.items():
            values = np.stack([analysis.feature for _, analysis in group])
            block = FeatureBlock(ids.pack_ids([image_id for image_id, _ in group]), values)
            objects = [found for _, analysis in group if (found := analysis.object_features) is not None]
            # A detector gives them for every image, a classifier for none.
            await self._features.put(project_id, key, block, objects or None)
