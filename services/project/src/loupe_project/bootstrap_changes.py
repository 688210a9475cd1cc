"""Builds what changes many images and can be taken back: tags, metadata, their history, undoing."""

from collections.abc import Mapping
from dataclasses import dataclass

from loupe.project.v1 import history_service_pb2_grpc, metadata_service_pb2_grpc
from loupe_kit.clock import Clock
from loupe_kit.service import Registration
from loupe_project.adapters.intake.metadata_files import open_metadata_file
from loupe_project.convert import metadata as convert_metadata
from loupe_project.convert import work
from loupe_project.domain.history import Fact
from loupe_project.domain.operation import OperationKind
from loupe_project.ports.history import Reverter
from loupe_project.ports.operations import OperationHandler
from loupe_project.ports.store import StoreFactory
from loupe_project.servicers import history, metadata
from loupe_project.servicers.calls import Calls
from loupe_project.servicers.file_imports import FileImports
from loupe_project.settings import ProjectSettings
from loupe_project.use_cases.delete_tags import DeleteTags
from loupe_project.use_cases.forget_history import HistoryForgetter
from loupe_project.use_cases.import_file import ImportFiles
from loupe_project.use_cases.import_metadata import ImportMetadata
from loupe_project.use_cases.merge_tags import MergeTags
from loupe_project.use_cases.modify_image_metadata import ModifyImageMetadata
from loupe_project.use_cases.modify_image_tags import ModifyImageTags
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.revert_metadata import CaptureTimeReverter, MetadataReverter
from loupe_project.use_cases.revert_tags import TagReverter
from loupe_project.use_cases.undo_operation import UndoOperation


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of images, built and not yet started."""

    registrations: list[Registration]
    handlers: dict[OperationKind, OperationHandler]
    forgetter: HistoryForgetter


def build_changes(
    settings: ProjectSettings,
    stores: StoreFactory,
    calls: Calls,
    files: ImportFiles,
    clock: Clock,
    hub: OperationHub,
    reverters: Mapping[Fact, Reverter],
) -> Changes:
    """Changes of images.

    Args:
        settings: How long the history is kept.
        stores: Makes transactions.
        calls: Transactions and callers of RPCs.
        files: Where tables wait.
        clock: Dates everything.
        hub: Told of new operations.
        reverters: Who takes back facts of other features.
    """
    own: dict[Fact, Reverter] = {
        Fact.TAG: TagReverter(),
        Fact.METADATA: MetadataReverter(),
        Fact.CAPTURE_TIME: CaptureTimeReverter(),
    }
    return Changes(
        registrations=[
            Registration(
                history_service_pb2_grpc.add_HistoryServiceServicer_to_server,
                history.HistoryServicer(calls),
                "loupe.project.v1.HistoryService",
                history.ACCESS,
            ),
            Registration(
                metadata_service_pb2_grpc.add_MetadataServiceServicer_to_server,
                metadata.MetadataServicer(calls, hub, FileImports(calls, hub, files)),
                "loupe.project.v1.MetadataService",
                metadata.ACCESS,
            ),
        ],
        handlers={
            OperationKind.MODIFY_IMAGE_TAGS: ModifyImageTags(stores, work.modified, clock),
            OperationKind.MODIFY_IMAGE_METADATA: ModifyImageMetadata(stores, convert_metadata.modified, clock),
            OperationKind.IMPORT_METADATA: ImportMetadata(
                stores, files, open_metadata_file, convert_metadata.imported, clock
            ),
            OperationKind.MERGE_TAGS: MergeTags(stores, work.merged, clock),
            OperationKind.DELETE_TAGS: DeleteTags(stores, work.tags_deleted, clock),
            OperationKind.UNDO_OPERATION: UndoOperation(stores, {**reverters, **own}, work.undone, clock),
        },
        forgetter=HistoryForgetter(stores, clock, settings.history_lifetime),
    )
