"""Analyse one image while its sender waits."""

from datetime import timedelta

from loupe_inference.domain.analysis import Analysis
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import ImageTooLarge, ImageUndecodable, ModelNotReady
from loupe_inference.domain.model import ModelState
from loupe_inference.ports import ModelBackend
from loupe_inference.use_cases.analyse_batch import analyse_batch
from loupe_inference.use_cases.warm_up import ModelWarmer
from loupe_kit.errors import LoupeError

_RETRY_AFTER = timedelta(seconds=5)


class ImageBuffer:
    """Collects the pieces of one image file.

    Args:
        max_bytes: Refuse more.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._data = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take the next piece.

        Raises:
            ImageTooLarge: If the file is over the limit.
        """
        self._data += chunk
        if len(self._data) > self._max_bytes:
            raise ImageTooLarge(
                f"The image file has more than {self._max_bytes:,} bytes; send a smaller one or "
                "upload it to a project.",
                unit="bytes",
                actual=str(len(self._data)),
                limit=str(self._max_bytes),
            )

    def content(self) -> bytes:
        """The whole file."""
        return bytes(self._data)


async def analyse_image(
    catalogue: Catalogue, backend: ModelBackend, warmer: ModelWarmer, model_name: str, image: bytes
) -> Analysis:
    """The verdict of a model's active version on an image; nothing is kept.

    Args:
        catalogue: Finds the model.
        backend: Computes.
        warmer: Knows whether the model is ready.
        model_name: Resource name of the model.
        image: The image file.

    Raises:
        ModelNotFound: If there is no such model.
        ModelNotReady: If it is not loaded yet.
        LoupeError: What is wrong with the image.
    """
    spec = catalogue.get_by_name(model_name)
    state = warmer.state(spec.id)
    if state is ModelState.FAILED:
        raise ModelNotReady(warmer.fault(spec.id), model=spec.id)
    if state is not ModelState.ACTIVE:
        raise ModelNotReady(
            f"Model {spec.id} is being loaded; try again in a few seconds.", retry_after=_RETRY_AFTER, model=spec.id
        )
    if not image:
        raise ImageUndecodable("The stream held no bytes of an image; send its file as chunks.", detail="no bytes")
    (outcome,) = await analyse_batch(backend, spec.id, spec.active_version, [image], urgent=True)
    if isinstance(outcome, LoupeError):
        raise outcome
    return outcome
