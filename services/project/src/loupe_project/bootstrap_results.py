"""Builds the ways out: search, maps, curation, exports."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grpc

from loupe.project.v1 import (
    analysis_service_pb2_grpc,
    curation_service_pb2_grpc,
    drift_service_pb2_grpc,
    export_service_pb2_grpc,
    saved_search_service_pb2_grpc,
    search_service_pb2_grpc,
    similar_service_pb2_grpc,
    split_service_pb2_grpc,
    teach_service_pb2_grpc,
)
from loupe_kit.clock import Clock
from loupe_kit.objects import ObjectStore
from loupe_kit.service import Registration
from loupe_project.adapters.curation import GrpcCurator
from loupe_project.adapters.export.builder import zip_builder
from loupe_project.adapters.features import InferenceFeatureReader
from loupe_project.adapters.mails import AuthMails
from loupe_project.adapters.pixels import PillowPixels
from loupe_project.adapters.reduction import GrpcReduction
from loupe_project.adapters.similar import GrpcNeighbourhood, InferencePictureAnalyser
from loupe_project.adapters.teaching import GrpcTeacher
from loupe_project.adapters.webhook import HttpWebhook
from loupe_project.convert import analysis as convert_analysis
from loupe_project.convert import curation as convert_curation
from loupe_project.convert import export as convert_export
from loupe_project.convert import split as convert_split
from loupe_project.convert import teach as convert_teach
from loupe_project.domain.drift_watch import Channel
from loupe_project.domain.operation import OperationKind
from loupe_project.ports.operations import OperationHandler
from loupe_project.ports.store import StoreFactory
from loupe_project.servicers import analysis, curation, drift, export, saved_search, search, similar, split, teach
from loupe_project.servicers.calls import Calls
from loupe_project.settings import ProjectSettings
from loupe_project.use_cases.answer_by_heads import HeadAnswerer
from loupe_project.use_cases.compare_pixels import ComparePixels
from loupe_project.use_cases.count_saved_searches import SavedSearchCounter
from loupe_project.use_cases.expire_exports import ExportSweeper
from loupe_project.use_cases.find_similar import FindSimilar
from loupe_project.use_cases.find_similar_objects import FindSimilarObjects
from loupe_project.use_cases.look_for_drift import LookForDrift
from loupe_project.use_cases.make_analysis import MakeAnalysis
from loupe_project.use_cases.make_export import MakeExport
from loupe_project.use_cases.make_head import LetSpeak, MakeHead, UseHead
from loupe_project.use_cases.make_run import MakeRun
from loupe_project.use_cases.make_selection import MakeSelection
from loupe_project.use_cases.make_split import MakeSplit
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.place_images import PlaceImages, PlaceOnMap
from loupe_project.use_cases.scopes import Scopes
from loupe_project.use_cases.tell_of_drift import MailTeller, Teller, WebhookTeller
from loupe_project.use_cases.watch_for_drift import DriftWatcher


@dataclass(frozen=True, slots=True)
class Results:
    """The ways out, built and not yet started."""

    registrations: list[Registration]
    handlers: dict[OperationKind, OperationHandler]
    sweeper: ExportSweeper
    answerer: HeadAnswerer
    counter: SavedSearchCounter
    place: PlaceOnMap
    watcher: DriftWatcher


@dataclass(frozen=True, slots=True)
class Channels:
    """Ways to the other services."""

    inference: grpc.aio.Channel
    """Has the features."""
    reduction: grpc.aio.Channel
    """Fits maps, searches, teaches."""
    auth: grpc.aio.Channel
    """Mails people."""


def build_results(
    settings: ProjectSettings,
    stores: StoreFactory,
    calls: Calls,
    objects: ObjectStore,
    clock: Clock,
    hub: OperationHub,
    scopes: Scopes,
    channels: Channels,
) -> Results:
    """The ways out.

    Args:
        settings: How long exports are kept, and where they are put together.
        stores: Makes transactions.
        calls: Transactions and callers of RPCs.
        objects: Where coordinates and files are.
        clock: Dates everything.
        hub: Told of new operations.
        scopes: What exists for people.
        channels: To the other services.
    """
    fitter = GrpcReduction(channels.reduction)
    place = PlaceOnMap(stores, objects, fitter)
    builders = partial(zip_builder, folder=_work_folder(settings))
    files = MakeExport(
        stores, objects, InferenceFeatureReader(channels.inference), builders, clock, convert_export.to_message
    )
    teacher = GrpcTeacher(channels.reduction)
    speak = LetSpeak(stores, objects, teacher, clock)
    curator, pixels = GrpcCurator(channels.reduction), ComparePixels(stores, objects, PillowPixels())
    searcher = MakeRun(stores, curator, pixels, clock, convert_curation.run_to_message)
    neighbourhood = GrpcNeighbourhood(channels.reduction)
    similar_servicer = similar.SimilarServicer(
        calls,
        FindSimilar(stores, neighbourhood, InferencePictureAnalyser(channels.inference)),
        FindSimilarObjects(stores, neighbourhood),
    )
    tellers: dict[Channel, Teller] = {
        Channel.WEBHOOK: WebhookTeller(HttpWebhook(), clock),
        Channel.MAIL: MailTeller(stores, scopes, AuthMails(channels.auth)),
    }
    return Results(
        registrations=_registrations(settings, calls, objects, hub, scopes, similar_servicer),
        handlers={
            OperationKind.CREATE_ANALYSIS: MakeAnalysis(stores, objects, fitter, clock, convert_analysis.to_message),
            OperationKind.PLACE_IMAGES: PlaceImages(stores, place, convert_analysis.placed_to_message),
            OperationKind.CREATE_EXPORT: files,
            OperationKind.CREATE_SELECTION: MakeSelection(
                stores, curator, clock, convert_curation.selection_to_message
            ),
            OperationKind.CREATE_SPLIT: MakeSplit(stores, searcher, clock, convert_split.to_message),
            OperationKind.CREATE_CURATION_RUN: searcher,
            OperationKind.CREATE_HEAD: MakeHead(stores, objects, teacher, speak, clock, convert_teach.head_to_message),
            OperationKind.USE_HEAD: UseHead(stores, speak, convert_teach.head_to_message),
        },
        sweeper=ExportSweeper(stores, objects, clock),
        answerer=HeadAnswerer(stores, objects, speak),
        counter=SavedSearchCounter(stores, clock),
        place=place,
        watcher=DriftWatcher(stores, LookForDrift(stores, curator, clock), tellers, clock),
    )


def _work_folder(settings: ProjectSettings) -> Path:
    folder = settings.data_dir / "exports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _registrations(
    settings: ProjectSettings,
    calls: Calls,
    objects: ObjectStore,
    hub: OperationHub,
    scopes: Scopes,
    similar_servicer: similar.SimilarServicer,
) -> list[Registration]:
    package = "loupe.project.v1"
    return [
        Registration(
            search_service_pb2_grpc.add_SearchServiceServicer_to_server,
            search.SearchServicer(calls),
            f"{package}.SearchService",
            search.ACCESS,
        ),
        Registration(
            saved_search_service_pb2_grpc.add_SavedSearchServiceServicer_to_server,
            saved_search.SavedSearchServicer(calls),
            f"{package}.SavedSearchService",
            saved_search.ACCESS,
        ),
        Registration(
            analysis_service_pb2_grpc.add_AnalysisServiceServicer_to_server,
            analysis.AnalysisServicer(calls, objects, hub),
            f"{package}.AnalysisService",
            analysis.ACCESS,
        ),
        Registration(
            curation_service_pb2_grpc.add_CurationServiceServicer_to_server,
            curation.CurationServicer(calls, hub),
            f"{package}.CurationService",
            curation.ACCESS,
        ),
        Registration(
            drift_service_pb2_grpc.add_DriftServiceServicer_to_server,
            drift.DriftServicer(calls, scopes),
            f"{package}.DriftService",
            drift.ACCESS,
        ),
        Registration(
            similar_service_pb2_grpc.add_SimilarServiceServicer_to_server,
            similar_servicer,
            f"{package}.SimilarService",
            similar.ACCESS,
        ),
        Registration(
            split_service_pb2_grpc.add_SplitServiceServicer_to_server,
            split.SplitServicer(calls, hub),
            f"{package}.SplitService",
            split.ACCESS,
        ),
        Registration(
            teach_service_pb2_grpc.add_TeachServiceServicer_to_server,
            teach.TeachServicer(calls, objects, hub),
            f"{package}.TeachService",
            teach.ACCESS,
        ),
        Registration(
            export_service_pb2_grpc.add_ExportServiceServicer_to_server,
            export.ExportServicer(calls, objects, hub, settings.export_lifetime),
            f"{package}.ExportService",
            export.ACCESS,
        ),
    ]
