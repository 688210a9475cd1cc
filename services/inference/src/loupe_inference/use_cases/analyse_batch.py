"""Analyse a batch so that an image that kills the backend takes no other with it, and a broken model no image."""

from collections.abc import Sequence

from loupe_inference.domain.analysis import ImageSource, Outcome
from loupe_inference.domain.errors import AnalysisTimedOut, ModelNotReady, WorkerCrashed
from loupe_inference.ports import BackendDied, BackendTimedOut, ModelBackend
from loupe_inference.use_cases.warm_up import PROBE_IMAGE


async def analyse_batch(
    backend: ModelBackend, model: str, version: str, images: Sequence[ImageSource], *, urgent: bool = False
) -> list[Outcome]:
    """One outcome for each image, in order.

    If the backend dies or hangs over the batch, the model first has to prove itself on a plain image: a model that
    fails there is broken, and no image is blamed for it. Then the images are tried one by one; the image over which
    the backend dies again has that as its outcome.

    Args:
        backend: Computes.
        model: Id of the model.
        version: Id of the version.
        images: Encoded images, at least one.
        urgent: Whether somebody waits.

    Raises:
        ModelNotReady: If the model cannot be loaded now, or fails whatever it is given.
    """
    try:
        return await backend.analyse(model, version, images, urgent=urgent)
    except (BackendDied, BackendTimedOut):
        await _prove(backend, model, version, urgent=urgent)
        return [await _analyse_alone(backend, model, version, image, urgent=urgent) for image in images]


async def _prove(backend: ModelBackend, model: str, version: str, *, urgent: bool) -> None:
    try:
        await backend.analyse(model, version, [PROBE_IMAGE], urgent=urgent)
    except (BackendDied, BackendTimedOut) as error:
        raise ModelNotReady(
            f"Model {model} fails over every image, also over a plain one. Images wait until it works again; "
            "see the log of the model host, or activate another version.",
            model=model,
        ) from error


async def _analyse_alone(
    backend: ModelBackend, model: str, version: str, image: ImageSource, *, urgent: bool
) -> Outcome:
    try:
        (outcome,) = await backend.analyse(model, version, [image], urgent=urgent)
    except BackendDied as error:
        return WorkerCrashed(
            "The process that analyses images died over this image, twice. Check the file, or convert it and upload it "
            "again.",
            model=model,
            exit_code=str(error.exit_code) if error.exit_code is not None else "unknown",
        )
    except BackendTimedOut:
        return AnalysisTimedOut(
            "Analysing this image took too long, twice. Scale it down or split it and upload it again.", model=model
        )
    return outcome
