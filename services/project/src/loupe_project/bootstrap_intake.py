"""Builds the way in: spool, decoders, committer, uploads, archive imports."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from loupe_kit.clock import Clock
from loupe_kit.objects import ObjectStore
from loupe_project.adapters.intake.feature_files import read_features
from loupe_project.adapters.intake.pillow import PillowInspector
from loupe_project.adapters.intake.spool import FolderSpool
from loupe_project.adapters.intake.workers import intake_executor
from loupe_project.convert import upload
from loupe_project.ports.intake import FeatureSink, Limits
from loupe_project.ports.store import StoreFactory
from loupe_project.ports.work import WorkSignal
from loupe_project.settings import ProjectSettings
from loupe_project.use_cases.import_file import ImportFiles
from loupe_project.use_cases.intake import recover
from loupe_project.use_cases.intake.commit_images import ImageCommitter
from loupe_project.use_cases.intake.context import Tools
from loupe_project.use_cases.intake.fresh_images import FreshImages
from loupe_project.use_cases.intake.import_archive import ImportArchive
from loupe_project.use_cases.intake.upload_files import UploadFiles
from loupe_project.use_cases.operation_hub import OperationHub


@dataclass(frozen=True, slots=True)
class Intake:
    """The way in, built and not yet started."""

    uploads: UploadFiles
    imports: ImportArchive
    files: ImportFiles
    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]


def build_intake(
    settings: ProjectSettings,
    stores: StoreFactory,
    objects: ObjectStore,
    features: FeatureSink,
    clock: Clock,
    hub: OperationHub,
    jobs: WorkSignal,
    fresh: FreshImages,
) -> Intake:
    """The way in.

    Args:
        settings: Limits, and where the spool is.
        stores: Makes transactions.
        objects: Where bytes go.
        features: Where vectors go.
        clock: Dates everything.
        hub: Told of new imports.
        jobs: Rung when images with their analysis jobs were written.
        fresh: Holds small images until their jobs are published.
    """
    executor = intake_executor(settings.intake_threads)
    limits = _limits(settings)
    tools = Tools(
        uow_factory=stores,
        objects=objects,
        spool=FolderSpool(_spool_folder(settings), executor),
        inspector=PillowInspector(limits.megapixels),
        features=features,
        executor=executor,
        clock=clock,
        limits=limits,
    )
    committer = ImageCommitter(tools, jobs, fresh)

    async def start() -> None:
        await recover.sweep(tools)
        if settings.is_alone:
            await recover.end_abandoned_batches(tools)
        await committer.start()

    async def stop() -> None:
        await committer.stop()
        executor.shutdown(wait=False, cancel_futures=True)

    return Intake(
        uploads=UploadFiles(tools, committer, read_features, hub),
        imports=ImportArchive(tools, committer, read_features, upload.import_response),
        files=ImportFiles(stores, objects, tools.spool),
        start=start,
        stop=stop,
    )


def _spool_folder(settings: ProjectSettings) -> Path:
    return settings.data_dir / "spool"


def _limits(settings: ProjectSettings) -> Limits:
    return Limits(
        image_bytes=settings.max_image_bytes,
        archive_bytes=settings.max_archive_bytes,
        unpacked_bytes=settings.max_unpacked_bytes,
        archive_entries=settings.max_archive_entries,
        megapixels=settings.max_megapixels,
    )
