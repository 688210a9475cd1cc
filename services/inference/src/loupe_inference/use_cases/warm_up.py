"""Load models ahead of their first image and prove each by a real inference."""

import asyncio
import base64
from datetime import timedelta

import structlog

from loupe_inference.domain import builtin_models
from loupe_inference.domain.analysis import Analysis
from loupe_inference.domain.catalogue import Catalogue
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

    One model is warmed first, and the service is ready as soon as it answers. The others follow in the background, one
    after the other; what is wrong with one of them keeps nobody from the rest.

    Args:
        backend: Runs the models.
        catalogue: The models to warm, those that are added later too.
        retry: Between looks for models that do not answer; doubles while none of those that are tried answers.
        longest_retry: What it doubles to at most.
    """

    def __init__(
        self,
        backend: ModelBackend,
        catalogue: Catalogue,
        retry: timedelta = timedelta(seconds=1),
        longest_retry: timedelta = timedelta(minutes=2),
    ) -> None:
        self._backend = backend
        self._catalogue = catalogue
        self._retry = retry
        self._longest_retry = longest_retry
        # What was wrong with a version of a model when it was tried last; "" if it answered.
        self._faults: dict[tuple[str, str], str] = {}

    def state(self, model: str) -> ModelState:
        """Where the active version of a model stands.

        Raises:
            ModelNotFound: If there is no such model.
        """
        fault = self._faults.get((model, self._catalogue.get(model).active_version))
        if fault is None:
            return ModelState.LOADING
        return ModelState.FAILED if fault else ModelState.ACTIVE

    def fault(self, model: str) -> str:
        """Why a model is FAILED, for people; empty if it is not.

        Raises:
            ModelNotFound: If there is no such model.
        """
        return self._faults.get((model, self._catalogue.get(model).active_version), "")

    async def is_ready(self) -> bool:
        """Whether the model that is warmed first has answered an image."""
        return self.state(self._in_order()[0].id) is ModelState.ACTIVE

    async def run(self) -> None:
        """Warm every model, and again what fails; goes on until cancelled."""
        pause = self._retry
        while True:
            waiting = [spec for spec in self._in_order() if self.state(spec.id) is not ModelState.ACTIVE]
            answers = [await self.warm(spec) for spec in waiting]
            # Where one has begun to answer, a server has just started: the others are worth a look at once.
            pause = self._retry if any(answers) or not answers else min(pause * 2, self._longest_retry)
            await asyncio.sleep(pause.total_seconds())

    async def warm(self, spec: ModelSpec) -> bool:
        """Whether the active version of a model answers an image; its state is known from then on."""
        outcome: object
        try:
            (outcome,) = await self._backend.analyse(spec.id, spec.active_version, [PROBE_IMAGE])
        except (LoupeError, BackendDied, BackendTimedOut) as error:
            outcome = error
        fault = _fault(spec, outcome)
        if not fault:
            _log.info("model_ready", model=spec.id, version=spec.active_version)
        elif fault != self._faults.get((spec.id, spec.active_version)):
            _log.error("model_not_ready", model=spec.id, version=spec.active_version, why=fault)
        self._faults[spec.id, spec.active_version] = fault
        return not fault

    def _in_order(self) -> list[ModelSpec]:
        return sorted(self._catalogue.all(), key=lambda spec: spec.id != builtin_models.DEFAULT)


def _fault(spec: ModelSpec, outcome: object) -> str:
    """What is wrong with the answer to the probe, "" if nothing is."""
    expected = spec.active.feature_dimension
    match outcome:
        case Analysis() if len(outcome.feature) == expected:
            return ""
        case Analysis():
            return (
                f"The feature of model {spec.id} has {len(outcome.feature)} numbers and the catalogue says {expected}."
            )
        case LoupeError():
            return outcome.message
        case BackendTimedOut():
            return f"Model {spec.id} did not answer a plain image in time; the machine may be too busy or too small."
        case _:
            return f"The process that computes died over model {spec.id}; its log, or a lack of memory, may tell why."
