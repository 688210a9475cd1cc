"""Builds the ways of images out of a project and back: the trash."""

from dataclasses import dataclass

from loupe.project.v1 import trash_service_pb2_grpc
from loupe_kit.clock import Clock
from loupe_kit.service import Registration
from loupe_project.convert import trash as convert
from loupe_project.convert import work
from loupe_project.domain.operation import OperationKind
from loupe_project.ports.operations import OperationHandler
from loupe_project.ports.store import StoreFactory
from loupe_project.ports.work import WorkSignal
from loupe_project.servicers import trash
from loupe_project.servicers.calls import Calls
from loupe_project.settings import ProjectSettings
from loupe_project.use_cases.delete_images import DeleteImages
from loupe_project.use_cases.empty_trash import TrashEmptier
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.trash import PurgeImages, RestoreImages


@dataclass(frozen=True, slots=True)
class Trash:
    """The trash, built and not yet started."""

    registrations: list[Registration]
    handlers: dict[OperationKind, OperationHandler]
    emptier: TrashEmptier


def build_trash(
    settings: ProjectSettings, stores: StoreFactory, calls: Calls, clock: Clock, hub: OperationHub, removals: WorkSignal
) -> Trash:
    """The trash.

    Args:
        settings: How long images can be restored.
        stores: Makes transactions.
        calls: Transactions and callers of RPCs.
        clock: Dates everything.
        hub: Told of new operations.
        removals: Rung when bytes and features wait for their end.
    """
    return Trash(
        registrations=[
            Registration(
                trash_service_pb2_grpc.add_TrashServiceServicer_to_server,
                trash.TrashServicer(calls, hub, settings.trash_lifetime),
                "loupe.project.v1.TrashService",
                trash.ACCESS,
            )
        ],
        handlers={
            OperationKind.DELETE_IMAGES: DeleteImages(stores, work.deleted, clock),
            OperationKind.RESTORE_IMAGES: RestoreImages(stores, convert.restored, clock),
            OperationKind.PURGE_IMAGES: PurgeImages(stores, removals, convert.purged, clock),
        },
        emptier=TrashEmptier(stores, removals, clock, settings.trash_lifetime),
    )
