"""Builds the project service: the only place that knows all parts. Each feature has its lines in each function."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypedDict, Unpack

import grpc
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from loupe.project.v1 import (
    image_service_pb2_grpc,
    operation_service_pb2_grpc,
    project_service_pb2_grpc,
    result_service_pb2_grpc,
    tag_service_pb2_grpc,
    upload_batch_service_pb2_grpc,
)
from loupe_kit.audit.auth_log import AuthAuditLog
from loupe_kit.audit.relay import AuditLog, AuditRelay
from loupe_kit.call_origin import OriginReader
from loupe_kit.channels import open_channel
from loupe_kit.clock import Clock, SystemClock
from loupe_kit.objects import ObjectStore
from loupe_kit.queue import InProcessQueue, JobQueue
from loupe_kit.service import Registration, Service
from loupe_kit.shared_stores import SharedStores, open_stores
from loupe_kit.sql import create_engine, empty_log, upgrade
from loupe_kit.tokens import ServiceTokens
from loupe_project.adapters.directory import AuthDirectory
from loupe_project.adapters.inference import (
    InferenceFeatureCopier,
    InferenceFeatureRemover,
    InferenceModelCatalogue,
)
from loupe_project.adapters.intake.feature_service import GrpcFeatureSink
from loupe_project.adapters.intake.pillow import PillowInspector
from loupe_project.adapters.reduction import GrpcReduction
from loupe_project.adapters.search.indexes import SearchIndexes
from loupe_project.adapters.sql.unit_of_work import ProjectUnitOfWork
from loupe_project.adapters.tiles.child import ChildTileCutter
from loupe_project.adapters.tiles.render import PngRenderer
from loupe_project.bootstrap_changes import build_changes
from loupe_project.bootstrap_intake import Intake, build_intake
from loupe_project.bootstrap_quality import build_quality
from loupe_project.bootstrap_results import Channels, Results, build_results
from loupe_project.bootstrap_trash import build_trash
from loupe_project.convert import work
from loupe_project.domain.history import Fact
from loupe_project.domain.job import Job
from loupe_project.domain.operation import OperationKind
from loupe_project.ports.access import Directory
from loupe_project.ports.history import Reverter
from loupe_project.ports.inference import FeatureRemover, ModelCatalogue
from loupe_project.ports.intake import FeatureSink
from loupe_project.ports.operations import OperationHandler
from loupe_project.ports.store import StoreFactory
from loupe_project.servicers import image, operation, project, result, tag, upload_batch
from loupe_project.servicers.calls import Calls
from loupe_project.settings import ProjectSettings
from loupe_project.use_cases.analyse_images import AnalyseImages
from loupe_project.use_cases.copy_images import CopyImages
from loupe_project.use_cases.forget_answers import AnswerForgetter
from loupe_project.use_cases.forget_images import ForgetImages
from loupe_project.use_cases.intake.fresh_images import FreshImages
from loupe_project.use_cases.keep_maps import MapKeeper
from loupe_project.use_cases.label_changes import LabelReverter
from loupe_project.use_cases.modify_image_access import ModifyImageAccess
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.recheck import OperationRights
from loupe_project.use_cases.relay_audit import StoredEvents
from loupe_project.use_cases.relay_jobs import JobRelay, RelayOptions
from loupe_project.use_cases.remove_leftovers import LeftoverRemover
from loupe_project.use_cases.run_operations import OperationRunner, RunnerOptions
from loupe_project.use_cases.scopes import Scopes
from loupe_project.use_cases.signal import Bell
from loupe_project.use_cases.thumbnails import Thumbnails
from loupe_project.use_cases.tiles import Tiles
from loupe_project.use_cases.trashing import TrashReverter

MIGRATIONS = "loupe_project:migrations"


class Overrides(TypedDict, total=False):
    """Parts that replace the default ones."""

    clock: Clock
    objects: ObjectStore
    queue: JobQueue
    catalogue: ModelCatalogue
    features: FeatureRemover
    feature_sink: FeatureSink
    inference_channel: grpc.aio.Channel
    reduction_channel: grpc.aio.Channel
    auth_channel: grpc.aio.Channel
    directory: Directory
    audit_log: AuditLog


@dataclass(slots=True)
class Parts:
    """What the features of this service are built from."""

    settings: ProjectSettings
    clock: Clock
    engine: AsyncEngine
    indexes: SearchIndexes
    stores: StoreFactory
    calls: Calls
    shared: SharedStores
    inference: grpc.aio.Channel
    reduction: grpc.aio.Channel
    auth: grpc.aio.Channel
    directory: Directory
    audit_log: AuditLog
    scopes: Scopes
    catalogue: ModelCatalogue
    features: FeatureRemover
    feature_sink: FeatureSink
    hub: OperationHub = field(default_factory=OperationHub)
    """Wakes who waits for operations, and their runner."""
    jobs: Bell = field(default_factory=Bell)
    """Rung when analysis jobs were written."""
    fresh: FreshImages = field(default_factory=FreshImages)
    """Images that were just written."""
    removals: Bell = field(default_factory=Bell)
    """Rung when something was deleted."""

    @property
    def objects(self) -> ObjectStore:
        """Where bytes are."""
        return self.shared.objects

    @property
    def queue(self) -> JobQueue:
        """Where jobs go."""
        return self.shared.queue


def bootstrap(settings: ProjectSettings, **overrides: Unpack[Overrides]) -> Service:
    """The project service, built and not yet started.

    Its `resources` hold the `Parts` under "parts", for standalone and tests, and who does long work under "handlers".

    Args:
        settings: How it runs.
        **overrides: Parts that replace the default ones; an overridden channel is closed by its owner.
    """
    parts = _parts(settings, overrides)
    relay, remover = _relay(parts), _remover(parts)
    forgetter = AnswerForgetter(parts.stores, parts.clock)
    intake, results, tiles = _intake(parts), _results(parts), _tiles(parts)
    trash = build_trash(settings, parts.stores, parts.calls, parts.clock, parts.hub, parts.removals)
    quality = build_quality(parts.stores, parts.calls, intake.files, parts.clock, parts.hub)
    handlers = _handlers(parts, intake) | results.handlers | trash.handlers | quality.handlers
    reverters: dict[Fact, Reverter] = {Fact.TRASH: TrashReverter(), Fact.LABEL: LabelReverter()}
    changes = build_changes(settings, parts.stores, parts.calls, intake.files, parts.clock, parts.hub, reverters)
    handlers |= changes.handlers
    keeper = MapKeeper(parts.stores, parts.scopes, results.place)
    rights = OperationRights(parts.stores, parts.scopes)
    runner = OperationRunner(parts.stores, handlers, parts.hub, parts.clock, _runner_options(settings), rights.check)
    auditor = AuditRelay(StoredEvents(parts.stores), parts.audit_log)

    async def close() -> None:
        await parts.indexes.stop()
        await parts.engine.dispose()
        if "inference_channel" not in overrides:
            await parts.inference.close()
        if "reduction_channel" not in overrides:
            await parts.reduction.close()
        if "auth_channel" not in overrides:
            await parts.auth.close()

    return Service(
        name="project",
        registrations=[
            *_registrations(parts, intake, tiles),
            *results.registrations,
            *trash.registrations,
            *changes.registrations,
            *quality.registrations,
        ],
        readiness=partial(_answers, parts),
        on_start=[
            partial(upgrade, parts.engine, MIGRATIONS),
            *parts.shared.on_start,
            parts.indexes.start,
            intake.start,
            relay.start,
            remover.start,
            forgetter.start,
            changes.forgetter.start,
            runner.start,
            results.sweeper.start,
            results.answerer.start,
            keeper.start,
            results.counter.start,
            results.watcher.start,
            trash.emptier.start,
            auditor.start,
        ],
        on_stop=[
            auditor.stop,
            trash.emptier.stop,
            results.watcher.stop,
            results.counter.stop,
            keeper.stop,
            results.answerer.stop,
            results.sweeper.stop,
            runner.stop,
            tiles.stop,
            intake.stop,
            relay.stop,
            remover.stop,
            forgetter.stop,
            changes.forgetter.stop,
            close,
        ],
        resources={"parts": parts, "handlers": handlers, "keeper": keeper},
    )


def _parts(settings: ProjectSettings, overrides: Overrides) -> Parts:
    clock = overrides.get("clock") or SystemClock()
    engine = _engine(settings)
    indexes = SearchIndexes(settings.database, settings.search_memory_bytes, settings.data_dir / "search-index")
    stores: Any = partial(ProjectUnitOfWork, engine, indexes=indexes)
    channel = overrides.get("inference_channel") or _channel(settings, settings.inference_target)
    auth = overrides.get("auth_channel") or _channel(settings, settings.auth_target)
    directory = overrides.get("directory") or AuthDirectory(auth, clock)
    scopes = Scopes(directory)
    return Parts(
        settings=settings,
        clock=clock,
        engine=engine,
        indexes=indexes,
        stores=stores,
        calls=Calls(stores, clock, scopes, OriginReader(settings.trusted_proxies)),
        shared=open_stores(settings, queue=overrides.get("queue"), objects=overrides.get("objects")),
        inference=channel,
        reduction=overrides.get("reduction_channel") or _channel(settings, settings.reduction_target),
        auth=auth,
        directory=directory,
        audit_log=overrides.get("audit_log") or AuthAuditLog(auth),
        scopes=scopes,
        catalogue=overrides.get("catalogue") or InferenceModelCatalogue(channel),
        features=overrides.get("features") or InferenceFeatureRemover(channel),
        feature_sink=overrides.get("feature_sink") or GrpcFeatureSink(channel),
    )


def _intake(parts: Parts) -> Intake:
    return build_intake(
        parts.settings,
        parts.stores,
        parts.objects,
        parts.feature_sink,
        parts.clock,
        parts.hub,
        parts.jobs,
        parts.fresh,
    )


def _tiles(parts: Parts) -> Tiles:
    return Tiles(parts.objects, ChildTileCutter(), PngRenderer(), parts.settings.data_dir / "tiles")


def _results(parts: Parts) -> Results:
    return build_results(
        parts.settings,
        parts.stores,
        parts.calls,
        parts.objects,
        parts.clock,
        parts.hub,
        parts.scopes,
        Channels(parts.inference, parts.reduction, parts.auth),
    )


def _handlers(parts: Parts, intake: Intake) -> dict[OperationKind, OperationHandler]:
    return {
        OperationKind.IMPORT_ARCHIVE: intake.imports,
        OperationKind.COPY_IMAGES: CopyImages(
            parts.stores,
            InferenceFeatureCopier(parts.inference),
            parts.features,
            parts.jobs,
            work.copied,
            parts.clock,
        ),
        OperationKind.ANALYSE_IMAGES: AnalyseImages(parts.stores, parts.jobs, work.analysed, parts.clock),
        OperationKind.MODIFY_IMAGE_ACCESS: ModifyImageAccess(parts.stores, work.access_modified, parts.clock),
    }


def _registrations(parts: Parts, intake: Intake, tiles: Tiles) -> list[Registration]:
    package = "loupe.project.v1"
    return [
        Registration(
            project_service_pb2_grpc.add_ProjectServiceServicer_to_server,
            project.ProjectServicer(parts.calls, parts.catalogue, parts.directory, parts.removals, parts.jobs),
            f"{package}.ProjectService",
            project.ACCESS,
        ),
        Registration(
            image_service_pb2_grpc.add_ImageServiceServicer_to_server,
            image.ImageServicer(
                parts.calls,
                parts.objects,
                Thumbnails(parts.objects, PillowInspector()),
                tiles,
                parts.directory,
                parts.hub,
                parts.catalogue,
            ),
            f"{package}.ImageService",
            image.ACCESS,
        ),
        Registration(
            tag_service_pb2_grpc.add_TagServiceServicer_to_server,
            tag.TagServicer(parts.calls, parts.hub),
            f"{package}.TagService",
            tag.ACCESS,
        ),
        Registration(
            result_service_pb2_grpc.add_ResultServiceServicer_to_server,
            result.ResultServicer(parts.calls),
            f"{package}.ResultService",
            result.ACCESS,
        ),
        Registration(
            upload_batch_service_pb2_grpc.add_UploadBatchServiceServicer_to_server,
            upload_batch.UploadBatchServicer(parts.calls, intake.uploads),
            f"{package}.UploadBatchService",
            upload_batch.ACCESS,
        ),
        Registration(
            operation_service_pb2_grpc.add_OperationServiceServicer_to_server,
            operation.OperationServicer(parts.calls, parts.hub),
            f"{package}.OperationService",
            operation.ACCESS,
        ),
    ]


def _engine(settings: ProjectSettings) -> AsyncEngine:
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return create_engine(settings.database)


def _channel(settings: ProjectSettings, target: str) -> grpc.aio.Channel:
    if settings.service_token_key is None:
        raise ValueError("Set LOUPE_SERVICE_TOKEN_KEY, the same for all services: without it no other one answers.")
    tokens = ServiceTokens(settings.service_token_key)
    return open_channel(target, lambda: tokens.issue("project"))


def _remover(parts: Parts) -> LeftoverRemover:
    forget = ForgetImages(parts.stores, parts.objects, GrpcReduction(parts.reduction))
    return LeftoverRemover(
        parts.stores, parts.objects, parts.features, forget, partial(empty_log, parts.engine), parts.removals
    )


def _relay(parts: Parts) -> JobRelay:
    options = RelayOptions(
        depth=parts.settings.relay_depth,
        lease=parts.settings.relay_lease,
        # A queue in this process begins empty, whatever was published before.
        forget_at_start=isinstance(parts.queue, InProcessQueue),
    )

    def encode(job: Job) -> bytes:
        return work.task_of(job, parts.fresh.take(job.object_key))

    return JobRelay(parts.stores, parts.queue, encode, parts.jobs, parts.clock, options)


def _runner_options(settings: ProjectSettings) -> RunnerOptions:
    return RunnerOptions(
        max_running=settings.max_running_operations, lease=settings.operation_lease, is_alone=settings.is_alone
    )


async def _answers(parts: Parts) -> bool:
    async with ProjectUnitOfWork(parts.engine, read_only=True) as unit:
        await unit.session.execute(text("SELECT 1"))
    return await parts.shared.answer()
