"""Sends the models that come with Loupe to one backend and registered ones to another."""

from collections.abc import Sequence

from loupe_inference.domain.analysis import ImageSource, Outcome
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.ports import ModelBackend


class RoutedBackend:
    """A `ModelBackend` of two.

    Args:
        catalogue: Says which versions were registered.
        builtin: Runs the others.
        registered: Runs them.
    """

    def __init__(self, catalogue: Catalogue, builtin: ModelBackend, registered: ModelBackend) -> None:
        self._catalogue = catalogue
        self._builtin = builtin
        self._registered = registered

    async def analyse(
        self, model: str, version: str, images: Sequence[ImageSource], *, urgent: bool = False
    ) -> list[Outcome]:
        """See `ModelBackend`."""
        is_registered = self._catalogue.registered(model, version) is not None
        backend = self._registered if is_registered else self._builtin
        return await backend.analyse(model, version, images, urgent=urgent)

    async def close(self) -> None:
        """See `ModelBackend`."""
        await self._builtin.close()
        await self._registered.close()
