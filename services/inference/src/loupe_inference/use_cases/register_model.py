"""Take in a file of a network as a version that projects can choose."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import structlog

from loupe_inference.domain import audit, builtin_models
from loupe_inference.domain.audit import Author
from loupe_inference.domain.catalogue import UPLOADED, Catalogue
from loupe_inference.domain.errors import ModelFileInvalid, ModelFileTooLarge, ModelNameTaken
from loupe_inference.domain.registered import ModelConfig, PreparedModel, RegisteredVersion, Request, to_manifest
from loupe_inference.domain.registry_rules import check_task
from loupe_inference.ports import ModelPreparer, ModelRegistry
from loupe_inference.use_cases.keep_catalogue import CatalogueKeeper
from loupe_kit.clock import Clock
from loupe_kit.objects import ObjectStore

_log = structlog.get_logger("loupe.inference.models")


class ModelRegistrar:
    """Registers versions, one at a time: preparing one may need as much memory as the machine has to spare.

    Args:
        registry: Keeps what is known of them.
        objects: Keeps their files.
        preparer: Converts and checks.
        keeper: Told of the change.
        catalogue: Says which models come with Loupe.
        scratch: Folder for files on their way.
        max_bytes: Refuse files with more.
        clock: Dates the version.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        objects: ObjectStore,
        preparer: ModelPreparer,
        keeper: CatalogueKeeper,
        catalogue: Catalogue,
        scratch: Path,
        max_bytes: int,
        clock: Clock,
    ) -> None:
        self._registry = registry
        self._objects = objects
        self._preparer = preparer
        self._keeper = keeper
        self._catalogue = catalogue
        self._scratch = scratch
        self._max_bytes = max_bytes
        self._clock = clock
        self._turn = asyncio.Lock()

    async def register(
        self, config: ModelConfig, chunks: AsyncIterator[bytes], author: Author, request: Request | None
    ) -> tuple[str, str]:
        """Ids of the model and of its new version; when it fails, nothing is kept.

        Args:
            config: What is said about the file.
            chunks: The file.
            author: Who registers it.
            request: By which a repeat is known.

        Raises:
            LoupeError: What is wrong with what is said, or with the file.
        """
        config.check()
        if request is not None and (number := await self._registry.answer(request)) is not None:
            return config.model, str(number)
        self._check_name(config)
        if config.size_bytes > self._max_bytes:
            raise self._too_large(config.size_bytes)
        with tempfile.TemporaryDirectory(dir=self._folder(), prefix="register-") as name:
            source, target = Path(name, "source"), Path(name, "model.onnx")
            await self._receive(source, config.size_bytes, chunks)
            async with self._turn:
                prepared = await self._preparer.prepare(source, target, config)
            version = await self._keep(config, prepared, target, author, request)
        _log.info("model_registered", model=version.model, version=version.version, sha256=prepared.sha256)
        number = await self._registry.answer(request) if request is not None else None
        if number not in (None, version.number):
            # The same request came twice at once, and the other one was first: its version is the one that counts.
            await remove_objects(self._objects, version)
        await self._keeper.refresh()
        return version.model, str(number or version.number)

    def _check_name(self, config: ModelConfig) -> None:
        builtin = {spec.id for spec in builtin_models.specs()}
        if config.model in builtin or config.model == UPLOADED:
            raise ModelNameTaken(
                f"The name {config.model!r} is Loupe's own; register the file under another one.", model=config.model
            )
        check_task(config.model, config.task, (s.task for s in self._catalogue.all() if s.id == config.model))

    def _folder(self) -> Path:
        self._scratch.mkdir(parents=True, exist_ok=True)
        return self._scratch

    async def _receive(self, path: Path, size: int, chunks: AsyncIterator[bytes]) -> None:
        received = 0
        with await asyncio.to_thread(path.open, "wb") as file:
            async for chunk in chunks:
                received += len(chunk)
                if received > size:
                    break
                await asyncio.to_thread(file.write, chunk)
        if received != size:
            came = "more" if received > size else f"{received:,}"
            raise ModelFileInvalid(
                f"The file was announced with {size:,} bytes and {came} came; send the whole file.",
                detail="truncated" if received < size else "longer than announced",
            )

    async def _keep(
        self, config: ModelConfig, prepared: PreparedModel, graph: Path, author: Author, request: Request | None
    ) -> RegisteredVersion:
        number = await self._registry.reserve(config.model)
        version = RegisteredVersion(config, prepared, number, author.user_id, self._clock.now())
        manifest = json.dumps(to_manifest(version), ensure_ascii=False, indent=1).encode()
        try:
            await self._objects.put_file(version.file_key, graph)
            await self._objects.put_bytes(version.manifest_key, manifest, "application/json")
            # The file is there before anybody may ask for it.
            await self._registry.add(version, request, audit.registered(author, version))
        except BaseException:
            # Cancelled or refused: whatever is in the way of tidying up must not hide why.
            with suppress(Exception):
                await remove_objects(self._objects, version)
            raise
        return version

    def _too_large(self, size: int) -> ModelFileTooLarge:
        return ModelFileTooLarge(
            f"The file has {size:,} bytes and the limit is {self._max_bytes:,}; save the weights in half precision, or "
            "raise LOUPE_INFERENCE_MAX_MODEL_BYTES.",
            actual=str(size),
            limit=str(self._max_bytes),
        )


async def remove_objects(objects: ObjectStore, version: RegisteredVersion) -> None:
    """Take a version's objects away; absent ones are no error."""
    for key in (version.file_key, version.manifest_key, version.archive_key):
        await objects.delete(key)
