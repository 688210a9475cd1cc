"""Builds the service from its settings: the only place that knows all parts."""

from __future__ import annotations

from importlib.util import find_spec

import grpc

from loupe.reduction.v1 import (
    curation_service_pb2_grpc,
    neighbour_service_pb2_grpc,
    reduction_service_pb2_grpc,
    teach_service_pb2_grpc,
)
from loupe_kit.channels import open_channel
from loupe_kit.server import Registration, Service
from loupe_kit.service import Hook
from loupe_kit.tokens import ServiceTokens
from loupe_reduction.adapters.feature_service import GrpcFeatureReader
from loupe_reduction.adapters.spool import file_spools
from loupe_reduction.adapters.vector_shelf import FolderShelf
from loupe_reduction.adapters.warming import KernelWarming
from loupe_reduction.adapters.workers import ProcessWorkers
from loupe_reduction.ports import FeatureReader, Workers
from loupe_reduction.servicers import curation, neighbours, reduction, teach
from loupe_reduction.settings import ReductionSettings
from loupe_reduction.use_cases.apply_head import ApplyHead
from loupe_reduction.use_cases.find_neighbour_objects import FindNeighbourObjects
from loupe_reduction.use_cases.find_neighbours import FindNeighbours
from loupe_reduction.use_cases.forget_vectors import VectorForgetter
from loupe_reduction.use_cases.kept_stores import KeptStores
from loupe_reduction.use_cases.run_job import RunJob

NAME = "reduction"
_WARM_AFTER_SECONDS = 3.0


def bootstrap(
    settings: ReductionSettings,
    *,
    inference_channel: grpc.aio.Channel | None = None,
    reader: FeatureReader | None = None,
    workers: Workers | None = None,
) -> Service:
    """Builds the service.

    Args:
        settings: of this process.
        inference_channel: to the inference service, closed by its owner; opened by settings when left out.
        reader: where vectors are read from, instead of the inference service.
        workers: what does the work, instead of processes.

    Raises:
        ValueError: a channel has to be opened and the settings hold no service token key; or a GPU is to be used and
            torch is not there.
    """
    on_start: list[Hook] = []
    on_stop: list[Hook] = []
    if workers is None:
        processes = _processes(settings)
        workers = processes
        on_stop.append(processes.close)
        if settings.warm_kernels:
            warming = KernelWarming(settings.kernel_folder.resolve(), _WARM_AFTER_SECONDS)
            on_start.append(warming.start)
            on_stop.append(warming.close)
    if reader is None:
        if inference_channel is None:
            inference_channel = _open_inference_channel(settings)
            on_stop.append(inference_channel.close)
        reader = GrpcFeatureReader(inference_channel, settings.feature_timeout.total_seconds())
    run_job = RunJob(reader, file_spools(settings.spool_folder), workers)
    stores = KeptStores(FolderShelf(settings.neighbour_folder))
    forgetter = VectorForgetter(reader, stores)
    on_start.append(forgetter.start)
    on_stop.append(forgetter.stop)
    images, objects = FindNeighbours(reader, stores), FindNeighbourObjects(reader, stores)
    neighbour_servicer = neighbours.NeighbourServicer(images, objects, settings.max_images)
    registrations = _registrations(run_job, ApplyHead(reader), neighbour_servicer, settings.max_images)
    return Service(name=NAME, registrations=registrations, on_start=on_start, on_stop=on_stop)


def _registrations(
    run_job: RunJob, apply_head: ApplyHead, neighbour_servicer: neighbours.NeighbourServicer, max_images: int
) -> list[Registration]:
    return [
        Registration(
            reduction_service_pb2_grpc.add_ReductionServiceServicer_to_server,
            reduction.ReductionServicer(run_job, max_images),
            reduction.SERVICE,
            reduction.ACCESS,
        ),
        Registration(
            curation_service_pb2_grpc.add_CurationServiceServicer_to_server,
            curation.CurationServicer(run_job, max_images),
            curation.SERVICE,
            curation.ACCESS,
        ),
        Registration(
            neighbour_service_pb2_grpc.add_NeighbourServiceServicer_to_server,
            neighbour_servicer,
            neighbours.SERVICE,
            neighbours.ACCESS,
        ),
        Registration(
            teach_service_pb2_grpc.add_TeachServiceServicer_to_server,
            teach.TeachServicer(run_job, apply_head, max_images),
            teach.SERVICE,
            teach.ACCESS,
        ),
    ]


def _processes(settings: ReductionSettings) -> ProcessWorkers:
    if settings.gpu and find_spec("torch") is None:
        raise ValueError("LOUPE_REDUCTION_GPU is set and torch is not installed: use the image with -cuda in its tag.")
    return ProcessWorkers(
        places=settings.concurrency,
        max_waiting=settings.max_waiting,
        threads=settings.threads,
        nice=settings.nice,
        idle_s=settings.worker_idle.total_seconds(),
        cache_dir=settings.kernel_folder.resolve(),
        gpu=settings.gpu,
    )


def _open_inference_channel(settings: ReductionSettings) -> grpc.aio.Channel:
    if settings.service_token_key is None:
        raise ValueError("Set LOUPE_SERVICE_TOKEN_KEY, the same for all services: features are for services only.")
    tokens = ServiceTokens(settings.service_token_key)
    return open_channel(settings.inference_target, lambda: tokens.issue(NAME))
