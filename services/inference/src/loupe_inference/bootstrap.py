"""Builds the inference service."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict, Unpack

import grpc

from loupe.inference.v1 import feature_service_pb2_grpc, inference_service_pb2_grpc, model_service_pb2_grpc
from loupe_inference.adapters.model_files import ModelFiles
from loupe_inference.adapters.no_servers import NoServers
from loupe_inference.adapters.preparation_child import PreparationChild
from loupe_inference.adapters.project_results import ProjectResultReporter
from loupe_inference.adapters.project_use import ProjectModelUse
from loupe_inference.adapters.sqlite_features import SqliteFeatureStore
from loupe_inference.adapters.sqlite_models import SqliteModelRegistry
from loupe_inference.adapters.task_queue import QueueTaskSource
from loupe_inference.adapters.torch_child import TorchChildBackend
from loupe_inference.background import Background, Crew
from loupe_inference.domain import catalogue as catalogues
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.ports import FeatureStore, ModelBackend, ModelPreparer, ModelRegistry, ModelServers
from loupe_inference.servicers import feature_service, inference_service, model_service
from loupe_inference.servicers.feature_service import FeatureServicer
from loupe_inference.servicers.inference_service import InferenceServicer
from loupe_inference.servicers.model_service import ModelServicer
from loupe_inference.settings import InferenceSettings
from loupe_inference.use_cases.change_models import ModelChanger
from loupe_inference.use_cases.finish_results import ResultFinisher
from loupe_inference.use_cases.keep_catalogue import CatalogueKeeper
from loupe_inference.use_cases.register_model import ModelRegistrar
from loupe_inference.use_cases.roll_out import RollOut
from loupe_inference.use_cases.take_up_tasks import TaskReader
from loupe_inference.use_cases.warm_up import ModelWarmer
from loupe_inference.use_cases.worker import Worker, WorkerLimits
from loupe_kit import ids
from loupe_kit.audit.auth_log import AuthAuditLog
from loupe_kit.audit.relay import AuditLog, AuditRelay
from loupe_kit.call_origin import OriginReader
from loupe_kit.channels import open_channel
from loupe_kit.clock import SystemClock
from loupe_kit.objects import ObjectStore
from loupe_kit.queue import JobQueue
from loupe_kit.service import Hook, Registration, Service
from loupe_kit.shared_stores import Question, open_stores
from loupe_kit.tokens import ServiceTokens

_AUDIT_PAUSE = timedelta(seconds=2)
"""Administrators change models rarely, and each look is a question to the registry."""


class Overrides(TypedDict, total=False):
    """Parts that replace the default ones."""

    objects: ObjectStore
    queue: JobQueue
    project_channel: grpc.aio.Channel
    backend: ModelBackend
    features: FeatureStore
    catalogue: Catalogue
    registry: ModelRegistry
    preparer: ModelPreparer
    limits: WorkerLimits
    audit_log: AuditLog


def bootstrap(settings: InferenceSettings, **overrides: Unpack[Overrides]) -> Service:
    """The inference service: analyses queued images, answers analyse-now, keeps features.

    Args:
        settings: How it runs.
        **overrides: Parts that replace the default ones; an overridden channel is closed by its owner.
    """
    catalogue = overrides.get("catalogue") or catalogues.builtin()
    kept = _features(settings, overrides.get("features"))
    features = kept.store
    stores = open_stores(settings, queue=overrides.get("queue"), objects=overrides.get("objects"))
    files = ModelFiles(catalogue, stores.objects, settings.data_dir / "inference" / "models")
    backend = overrides.get("backend") or _backend(settings, files)
    registry = overrides.get("registry") or _registry(settings)
    keeper = CatalogueKeeper(registry, catalogue)
    tasks = QueueTaskSource(stores.queue, f"inference-{ids.new_id()}")
    channel = overrides.get("project_channel") or _channel(settings, settings.project_target)
    auth = _channel(settings, settings.auth_target)
    reporter = ProjectResultReporter(channel)
    limits = overrides.get("limits") or WorkerLimits(batch_images=settings.batch_images)
    reader = TaskReader(stores.objects, settings.batch_bytes, settings.max_image_bytes)
    finisher = ResultFinisher(features, reporter)
    warmer = ModelWarmer(backend, catalogue)
    crew = Crew(catalogue, lambda model: Worker(model, keeper, tasks, reader, backend, finisher, limits).run)
    servers = _servers(settings, stores.objects)
    roll_out = RollOut(servers, keeper, catalogue)
    background = Background([warmer.run, keeper.run, crew.run, roll_out.run])
    registrar = ModelRegistrar(
        registry,
        stores.objects,
        overrides.get("preparer") or PreparationChild(settings.model_time_limit, settings.nice),
        keeper,
        catalogue,
        settings.data_dir / "inference" / "registering",
        settings.max_model_bytes,
        SystemClock(),
    )
    use = ProjectModelUse(channel)
    changer = ModelChanger(registry, stores.objects, keeper, catalogue, use, roll_out, SystemClock())
    auditor = AuditRelay(registry, overrides.get("audit_log") or AuthAuditLog(auth), pause=_AUDIT_PAUSE)

    async def close() -> None:
        await backend.close()
        await features.close()
        await registry.close()
        await servers.close()
        await auth.close()
        if "project_channel" not in overrides:
            await channel.close()

    async def is_ready() -> bool:
        return await warmer.is_ready() and await kept.answers() and await stores.answer()

    return Service(
        name="inference",
        registrations=[
            Registration(
                model_service_pb2_grpc.add_ModelServiceServicer_to_server,
                ModelServicer(catalogue, warmer, registrar, changer, roll_out, OriginReader(settings.trusted_proxies)),
                model_service.SERVICE,
                model_service.ACCESS,
            ),
            Registration(
                inference_service_pb2_grpc.add_InferenceServiceServicer_to_server,
                InferenceServicer(catalogue, backend, warmer, settings.max_analyse_now_bytes),
                inference_service.SERVICE,
                inference_service.ACCESS,
            ),
            Registration(
                feature_service_pb2_grpc.add_FeatureServiceServicer_to_server,
                FeatureServicer(features),
                feature_service.SERVICE,
                feature_service.ACCESS,
            ),
        ],
        readiness=is_ready,
        on_start=[kept.prepare, *stores.on_start, background.start, auditor.start],
        on_stop=[auditor.stop, background.stop, close, *stores.on_stop],
        resources={"backend": backend, "features": features, "warmer": warmer},
    )


@dataclass(frozen=True, slots=True)
class _Features:
    """A feature store, what opens it and what asks it."""

    store: FeatureStore
    prepare: Hook
    answers: Question


async def _yes() -> bool:
    return True


async def _nothing() -> None:
    """Is all that an embedded store needs."""


def _features(settings: InferenceSettings, given: FeatureStore | None) -> _Features:
    url = settings.mongodb_url.get_secret_value()
    if given is None and url:
        # Imported where it is used: a standalone process has no room to waste.
        from loupe_inference.adapters.mongo_features import MongoFeatureStore

        mongo = MongoFeatureStore(url)
        return _Features(mongo, mongo.prepare, mongo.answers)
    return _Features(given or SqliteFeatureStore(settings.data_dir / "inference" / "features.db"), _nothing, _yes)


def _registry(settings: InferenceSettings) -> ModelRegistry:
    url = settings.mongodb_url.get_secret_value()
    if url:
        from loupe_inference.adapters.mongo_models import MongoModelRegistry

        return MongoModelRegistry(url)
    return SqliteModelRegistry(settings.data_dir / "inference" / "models.db")


def _backend(settings: InferenceSettings, files: ModelFiles) -> ModelBackend:
    if settings.torchserve_target:
        from loupe_inference.adapters.torchserve import TorchServeBackend
        from loupe_inference.adapters.torchserve_calls import TokenFile, connect

        servers = connect(_targets(settings), TokenFile(settings.torchserve_key_file))
        return TorchServeBackend(
            servers[settings.torchserve_target],
            {model: servers[target] for model, target in settings.torchserve_targets.items()},
            time_limit=settings.batch_time_limit,
            request_bytes=settings.torchserve_request_bytes,
        )
    return TorchChildBackend(
        threads=settings.compute_threads,
        device=settings.device,
        max_pixels=settings.max_image_pixels,
        time_limit=settings.batch_time_limit,
        nice=settings.nice,
        files=files,
    )


def _targets(settings: InferenceSettings) -> set[str]:
    return {settings.torchserve_target, *settings.torchserve_targets.values()}


def _servers(settings: InferenceSettings, objects: ObjectStore) -> ModelServers:
    if not settings.torchserve_target:
        return NoServers()
    from loupe_inference.adapters import torchserve_fleet
    from loupe_inference.adapters.torchserve_archive import Serving
    from loupe_inference.adapters.torchserve_calls import TokenFile

    target = settings.torchserve_target
    if settings.torchserve_pods:
        from loupe_inference.adapters import kubernetes_servers

        find: torchserve_fleet.FindServers = kubernetes_servers.connect(settings.torchserve_pods, target).find
    else:
        find = torchserve_fleet.fixed(sorted(_targets(settings)), target)
    return torchserve_fleet.TorchServeFleet(
        find,
        TokenFile(settings.torchserve_key_file),
        objects,
        settings.data_dir / "inference" / "archives",
        Serving(time_limit_seconds=int(settings.batch_time_limit.total_seconds())),
    )


def _channel(settings: InferenceSettings, target: str) -> grpc.aio.Channel:
    if settings.service_token_key is None:
        raise ValueError(
            "Set LOUPE_SERVICE_TOKEN_KEY, the same for all services: without it no result can be reported."
        )
    tokens = ServiceTokens(settings.service_token_key)
    return open_channel(target, lambda: tokens.issue("inference"))
