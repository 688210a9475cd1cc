"""Analyse a batch so that an image that kills the backend takes no other with it."""

from collections.abc import Sequence

from loupe_inference.domain.analysis import ImageSource, Outcome
from loupe_inference.domain.errors import AnalysisTimedOut, WorkerCrashed
from loupe_inference.ports import BackendDied, BackendTimedOut, ModelBackend


async def analyse_batch(
    backend: ModelBackend, model: str, version: str, images: Sequence[ImageSource]
) -> list[Outcome]:
    """One outcome for each image, in order.

    If the backend dies or hangs over the batch, the images are tried one by one; the image over which it does so
    again has that as its outcome.

    Raises:
        ModelNotReady: If the model cannot be loaded now.
    """
    try:
        return await backend.analyse(model, version, images)
    except (BackendDied, BackendTimedOut):
        return [await _analyse_alone(backend, model, version, image) for image in images]


async def _analyse_alone(backend: ModelBackend, model: str, version: str, image: ImageSource) -> Outcome:
    try:
        (outcome,) = await backend.analyse(model, version, [image])
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
