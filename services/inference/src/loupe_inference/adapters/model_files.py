"""Files of registered versions on this machine, for the processes that run them."""

import asyncio
import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path

from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.registered import RegisteredVersion
from loupe_inference.models.bring.job import ModelFile
from loupe_kit.objects import ObjectNotFound, ObjectStore


class ModelFiles:
    """Finds the file of a version: where the store keeps it, or a copy that is fetched once.

    Args:
        catalogue: The models.
        objects: Where the files are.
        folder: For copies; made when it is needed.
    """

    def __init__(self, catalogue: Catalogue, objects: ObjectStore, folder: Path) -> None:
        self._catalogue = catalogue
        self._objects = objects
        self._folder = folder
        self._turn = asyncio.Lock()

    async def find(self, model: str, version: str) -> ModelFile | None:
        """The file of a registered version; None for those that come with Loupe.

        Raises:
            ModelNotReady: If the store does not have it, or another one.
        """
        registered = self._catalogue.registered(model, version)
        if registered is None:
            return None
        spec, catalogued = self._catalogue.resolve(model, version)
        path = self._objects.local_path(registered.file_key) or await self._copy(registered)
        return ModelFile(spec, catalogued, path)

    async def _copy(self, version: RegisteredVersion) -> Path:
        path = self._folder / f"{version.prepared.sha256}.onnx"
        async with self._turn:
            if not await asyncio.to_thread(path.is_file):
                await self._fetch(version, path)
        return path

    async def _fetch(self, version: RegisteredVersion, path: Path) -> None:
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".new") as new:
            try:
                async for chunk in self._objects.open(version.file_key):
                    digest.update(chunk)
                    await asyncio.to_thread(new.write, chunk)
            except ObjectNotFound as error:
                raise _damaged(version, "is not in the object store") from error
            new.flush()
            if digest.hexdigest() != version.prepared.sha256:
                raise _damaged(version, "has another digest than when it was registered")
            # A second name for the same bytes; the temporary one goes. Another process may have been quicker.
            with suppress(FileExistsError):
                await asyncio.to_thread(path.hardlink_to, new.name)


def _damaged(version: RegisteredVersion, what: str) -> ModelNotReady:
    return ModelNotReady(
        f"The file {version.file_key} of model {version.model} {what}; register the model again.", model=version.model
    )
