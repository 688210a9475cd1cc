"""Keep the catalogue in memory as the registry has it, also when another replica changes that."""

import asyncio
from datetime import timedelta

import structlog

from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_inference.ports import ModelRegistry
from loupe_kit.errors import LoupeError, NotFound

_log = structlog.get_logger("loupe.inference.catalogue")


class CatalogueKeeper:
    """Reads the registry every few seconds, and at once where somebody names what is not known.

    Args:
        registry: Where registered versions are.
        catalogue: Kept up to date.
        pause: Between two looks.
    """

    def __init__(self, registry: ModelRegistry, catalogue: Catalogue, pause: timedelta = timedelta(seconds=3)) -> None:
        self._registry = registry
        self._catalogue = catalogue
        self._pause = pause

    async def refresh(self) -> None:
        """Read the registry now."""
        self._catalogue.take_registered(await self._registry.list())

    async def run(self) -> None:
        """Refresh until cancelled; a registry that does not answer leaves the catalogue as it is."""
        while True:
            try:
                await self.refresh()
            except LoupeError as error:
                _log.warning("registry_does_not_answer", why=error.message)
            await asyncio.sleep(self._pause.total_seconds())

    async def resolve(self, model: str, version: str) -> tuple[ModelSpec, ModelVersion]:
        """As `Catalogue.resolve`, but sure that no other replica knows what this one does not.

        Raises:
            ModelNotFound: If there is no such model.
            ModelVersionNotFound: If it has no such version.
            LoupeError: If it is not known here and the registry does not answer.
        """
        try:
            return self._catalogue.resolve(model, version)
        except NotFound:
            await self.refresh()
            return self._catalogue.resolve(model, version)
