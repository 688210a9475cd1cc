"""Load every model at start and prove it by a real inference."""

import asyncio
import base64
from collections.abc import Sequence
from datetime import timedelta

import structlog

from loupe_inference.domain.analysis import Analysis
from loupe_inference.domain.model import ModelSpec, ModelState
from loupe_inference.ports import BackendDied, BackendTimedOut, ModelBackend
from loupe_kit.errors import LoupeError

# A grey PNG of one pixel.
PROBE_IMAGE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)

_log = structlog.get_logger("loupe.inference.warm_up")


class ModelWarmer:
    """Knows which models answer.

    Args:
        backend: Runs the models.
        specs: The models to warm.
        retry: Between tries of a model that does not load.
    """

    def __init__(
        self, backend: ModelBackend, specs: Sequence[ModelSpec], retry: timedelta = timedelta(seconds=10)
    ) -> None:
        self._backend = backend
        self._specs = tuple(specs)
        self._retry = retry
        self._states = {spec.id: ModelState.LOADING for spec in specs}

    def state(self, model: str) -> ModelState:
        """Where a model stands; LOADING for one that is not known."""
        return self._states.get(model, ModelState.LOADING)

    async def is_ready(self) -> bool:
        """Whether every model has answered an image."""
        return all(state is ModelState.ACTIVE for state in self._states.values())

    async def run(self) -> None:
        """Warm every model; returns when all answer."""
        waiting = list(self._specs)
        while waiting:
            waiting = [spec for spec in waiting if not await self._warm(spec)]
            if waiting:
                await asyncio.sleep(self._retry.total_seconds())

    async def _warm(self, spec: ModelSpec) -> bool:
        outcome: object
        try:
            (outcome,) = await self._backend.analyse(spec.id, spec.active_version, [PROBE_IMAGE])
        except (LoupeError, BackendDied, BackendTimedOut) as error:
            outcome = error
        if isinstance(outcome, Analysis) and len(outcome.feature) == spec.active.feature_dimension:
            self._states[spec.id] = ModelState.ACTIVE
            _log.info("model_ready", model=spec.id, version=spec.active_version)
            return True
        self._states[spec.id] = ModelState.FAILED
        _log.error("model_not_ready", model=spec.id, version=spec.active_version, answer=str(outcome))
        return False
