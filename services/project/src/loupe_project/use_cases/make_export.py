"""Making the zip file of an export: what the operation CREATE_EXPORT does."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from loupe_kit import ids
from loupe_kit.clock import Clock
from loupe_kit.errors import FailedPrecondition, LoupeError, NotFound
from loupe_kit.objects import ObjectStore
from loupe_project.domain import keys
from loupe_project.domain.analysis import Analysis, AnalysisState
from loupe_project.domain.errors import ExportNotFound, NothingToExport, OperationCancelled
from loupe_project.domain.export import Content, Export, ExportState
from loupe_project.domain.image import FeatureSource, ImageDetails
from loupe_project.domain.operation import Operation
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.split import Part
from loupe_project.ports.export import ExportBuilder, ExportBuilders, FeatureReader
from loupe_project.ports.operations import ProgressSink
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import access, splits
from loupe_project.use_cases.cancelling import run_unless
from loupe_project.use_cases.create_export import MAX_MAPS
from loupe_project.use_cases.forget_images import tell_remover
from loupe_project.use_cases.map_points import read_points
from loupe_project.use_cases.select_images import select_images

PAGE = 500
"""Images in memory at a time."""
_WITH_FILES = frozenset({Content.IMAGES, Content.IMAGE_FOLDER})


@dataclass(frozen=True, slots=True)
class MakeExport:
    """Does the work of an export that was promised. Safe to run again: it replaces what it stored before."""

    uow_factory: StoreFactory
    objects: ObjectStore
    features: FeatureReader
    builders: ExportBuilders
    clock: Clock
    respond: Callable[[Export], Any]
    """Makes the response message of the operation."""

    async def run(self, operation: Operation, progress: ProgressSink, cancelled: asyncio.Event) -> Any:
        """Make the file.

        Raises:
            OperationCancelled: If it was cancelled; the export is CANCELLED then.
            LoupeError: Why it could not be made; the export is FAILED then.
        """
        export = await self._load(operation)
        if export.state is ExportState.SUCCEEDED:
            return self.respond(export)
        try:
            return self.respond(await run_unless(cancelled, self._make(export, operation.scope, progress)))
        except OperationCancelled:
            await self._end(replace(export, state=ExportState.CANCELLED))
            raise
        except Exception:
            await self._end(replace(export, state=ExportState.FAILED))
            raise

    async def _load(self, operation: Operation) -> Export:
        export_id = operation.request.decode()
        async with self.uow_factory(read_only=True) as store:
            found = await store.exports.get(Scope.of_loupe(), operation.project_id, export_id)
        if found is None:
            raise ExportNotFound("The export was deleted before it was made.", export=export_id)
        return found

    async def _make(self, export: Export, scope: Scope, progress: ProgressSink) -> Export:
        image_ids, parts = await self._images(export, scope)
        if not image_ids:
            raise NothingToExport("No image matches any more; search again.", query=export.selection.query[:200])
        async with self.builders(export.contents, parts) as builder:
            written = await self._add_images(builder, export, scope, image_ids, progress)
            if Content.MAPS in export.contents:
                await progress.report(phase="maps")
                await self._add_maps(builder, export, scope)
            await progress.report(phase="packing")
            path = await builder.finish()
            key = keys.export(export.project_id, export.id)
            size = path.stat().st_size
            # The images first: a file without them is one that nobody may download.
            await self.objects.put_bytes(keys.export_images(export.project_id, export.id), ids.pack_ids(written))
            await self.objects.put_file(key, path, "application/zip")
        done = replace(export, state=ExportState.SUCCEEDED, image_count=len(written), size_bytes=size, object_key=key)
        if not await self._end(done):
            await self.objects.delete(key)
            await self.objects.delete(keys.export_images(export.project_id, export.id))
            raise ExportNotFound("The export was deleted while it was made.", export=export.id)
        await tell_remover(self.uow_factory, export.project_id, written, self.clock.now())
        return done

    async def _images(self, export: Export, scope: Scope) -> tuple[list[str], dict[str, Part] | None]:
        """Ids of the images, and of a split the part of each."""
        async with self.uow_factory(read_only=True) as store:
            project = await access.viewer(store, scope, export.project_id, Right.EXPORT)
            if not export.split_id:
                return await select_images(store, scope, project, export.selection), None
            split = await splits.get_finished_split(store, scope, project.id, export.split_id)
            parts = await store.splits.parts(scope, split)
            return list(parts), parts

    async def _add_images(
        self,
        builder: ExportBuilder,
        export: Export,
        scope: Scope,
        image_ids: Sequence[str],
        progress: ProgressSink,
    ) -> list[str]:
        """Ids of the images that are in: those that the one who asked still sees when their turn comes."""
        written: list[str] = []
        failed = 0
        await progress.report(phase="images", done=0, total=len(image_ids))
        for start in range(0, len(image_ids), PAGE):
            async with self.uow_factory(read_only=True) as store:
                await access.viewer(store, scope, export.project_id, Right.EXPORT)
                page = await store.images.details(scope, export.project_id, image_ids[start : start + PAGE])
            await builder.add_images(page)
            if Content.FEATURES in export.contents:
                await self._add_features(builder, page)
            if _WITH_FILES.intersection(export.contents):
                faults = await self._add_files(builder, export, page)
                failed += len(faults)
                await progress.report(failures=faults, failed=failed)
            written += [details.image.id for details in page]
            await progress.report(done=min(start + PAGE, len(image_ids)))
        return written

    async def _add_files(
        self, builder: ExportBuilder, export: Export, page: Sequence[ImageDetails]
    ) -> list[LoupeError]:
        """Copy the files; those that are gone meanwhile or have no class are told, the rest goes on."""
        faults: list[LoupeError] = []
        for details in page:
            image = details.image
            if not await self.objects.exists(image.object_key):
                faults.append(NotFound(f"The bytes of {image.file_name} are gone; it is left out.", image=image.id))
                continue
            if Content.IMAGES in export.contents:
                await builder.add_file(image.id, self.objects.open(image.object_key), image.size_bytes)
            if Content.IMAGE_FOLDER not in export.contents:
                continue
            if image.truth is None:
                text = f"{image.file_name} has no class of the whole image; it is left out of imagefolder/."
                faults.append(FailedPrecondition(text, image=image.id))
                continue
            await builder.add_class_file(image.id, self.objects.open(image.object_key), image.size_bytes)
        return faults

    async def _add_features(self, builder: ExportBuilder, page: Sequence[ImageDetails]) -> None:
        by_source: dict[FeatureSource, list[str]] = {}
        for details in page:
            for source in details.feature_sources:
                by_source.setdefault(source, []).append(details.image.id)
        for source, image_ids in sorted(by_source.items(), key=lambda item: (item[0].model, item[0].version)):
            found, vectors = await self.features.read(source, image_ids)
            if found:
                await builder.add_features(source, found, vectors)

    async def _add_maps(self, builder: ExportBuilder, export: Export, scope: Scope) -> None:
        for analysis in await self._maps(export, scope):
            coordinates = await read_points(self.uow_factory, self.objects, analysis)
            image_ids = ids.unpack_ids(coordinates.ids.tobytes())
            names: dict[str, str] = {}
            for start in range(0, len(image_ids), PAGE):
                async with self.uow_factory(read_only=True) as store:
                    part = image_ids[start : start + PAGE]
                    names |= await store.exports.file_names(scope, export.project_id, part)
            rows = [row for row, image_id in enumerate(image_ids) if image_id in names]
            shown = [image_ids[row] for row in rows]
            await builder.add_map(analysis.display_name, shown, [names[one] for one in shown], coordinates.points[rows])

    async def _maps(self, export: Export, scope: Scope) -> list[Analysis]:
        async with self.uow_factory(read_only=True) as store:
            if export.analysis_ids is None:
                found = await store.analyses.list_newest_first(scope, export.project_id, before="", limit=MAX_MAPS)
            else:
                asked = [await store.analyses.get(scope, export.project_id, one) for one in export.analysis_ids]
                found = [one for one in asked if one is not None]
        return [one for one in found if one.state is AnalysisState.SUCCEEDED]

    async def _end(self, export: Export) -> bool:
        """Write how it ended; False when it was deleted."""
        async with self.uow_factory() as store:
            is_there = await store.exports.save(export)
            await store.commit()
        return is_there
