"""Activate, roll back and delete registered versions."""

from loupe_inference.domain import audit
from loupe_inference.domain.audit import Author
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import ModelBuiltin, ModelVersionInUse, ModelVersionNotFound
from loupe_inference.domain.registered import RegisteredVersion, Request
from loupe_inference.ports import ModelRegistry, ModelUse
from loupe_inference.use_cases.keep_catalogue import CatalogueKeeper
from loupe_inference.use_cases.register_model import remove_objects
from loupe_inference.use_cases.roll_out import RollOut
from loupe_kit.clock import Clock
from loupe_kit.objects import ObjectStore


class ModelChanger:
    """Changes the catalogue for administrators.

    Args:
        registry: Where registered versions are.
        objects: Where their files are.
        keeper: Told of the change.
        catalogue: The models.
        use: Knows who uses a version.
        roll_out: Knows whether all servers have a version.
        clock: Dates changes.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        objects: ObjectStore,
        keeper: CatalogueKeeper,
        catalogue: Catalogue,
        use: ModelUse,
        roll_out: RollOut,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._objects = objects
        self._keeper = keeper
        self._catalogue = catalogue
        self._use = use
        self._roll_out = roll_out
        self._clock = clock

    async def activate(self, model: str, version: str, author: Author, request: Request | None) -> None:
        """Make a version the one that analyses new images, once every server has it.

        Raises:
            ModelNotFound: If there is no such model.
            ModelVersionNotFound: If it has no such version.
            ModelBuiltin: If it comes with Loupe.
            ModelNotReady: If a server cannot load it; the version that was active stays so.
        """
        if not await self._is_repeat(request):
            found = await self._registered(model, version)
            await self._roll_out.require(model, version)
            # Another replica may have activated one since the last look.
            await self._keeper.refresh()
            previous = self._catalogue.get(model).active_version
            event = audit.activated(author, found, previous, self._clock.now())
            await self._registry.activate(found.model, found.number, request, event)
        await self._keeper.refresh()

    async def delete(self, model: str, version: str, author: Author, request: Request | None) -> None:
        """Take a version and its file away; what it has predicted stays.

        Raises:
            ModelNotFound: If there is no such model.
            ModelVersionNotFound: If it has no such version.
            ModelBuiltin: If it comes with Loupe.
            ModelVersionInUse: If it is the active one of several, or projects or waiting images use it.
        """
        if not await self._is_repeat(request):
            found = await self._registered(model, version)
            projects, images = await self._use.count(model, version)
            if projects or images:
                raise _in_use(found, projects, images)
            event = audit.deleted(author, found, self._clock.now())
            await self._registry.delete(found.model, found.number, request, event)
            await remove_objects(self._objects, found)
        await self._keeper.refresh()

    async def _is_repeat(self, request: Request | None) -> bool:
        return request is not None and await self._registry.answer(request) is not None

    async def _registered(self, model: str, version: str) -> RegisteredVersion:
        spec, _ = await self._keeper.resolve(model, version)
        if spec.is_builtin:
            raise ModelBuiltin(f"Model {model} comes with Loupe; its versions come and go with Loupe's.", model=model)
        found = self._catalogue.registered(model, version)
        if found is None:
            # Deleted by somebody else just now.
            raise ModelVersionNotFound(
                f"Model {model} has no version {version[:80]!r}; ListModelVersions names those there are.",
                model=model,
                version=version[:80],
            )
        return found


def _in_use(version: RegisteredVersion, projects: int, images: int) -> ModelVersionInUse:
    return ModelVersionInUse(
        f"Version {version.version} of model {version.model} is used by {projects} projects, and {images} images wait "
        "for it; choose another model in those projects first.",
        model=version.model,
        version=version.version,
        projects=str(projects),
        images=str(images),
    )
