"""Builds what ground truth is given by and what it is good for: labels, evaluation, the review queue."""

from dataclasses import dataclass

from loupe.project.v1 import evaluation_service_pb2_grpc, label_service_pb2_grpc, review_service_pb2_grpc
from loupe_kit.clock import Clock
from loupe_kit.service import Registration
from loupe_project.adapters.intake.label_files import open_label_file
from loupe_project.convert import label_import
from loupe_project.domain.operation import OperationKind
from loupe_project.ports.operations import OperationHandler
from loupe_project.ports.store import StoreFactory
from loupe_project.servicers import evaluation, label, review
from loupe_project.servicers.calls import Calls
from loupe_project.servicers.file_imports import FileImports
from loupe_project.use_cases.import_file import ImportFiles
from loupe_project.use_cases.import_labels import ImportLabels
from loupe_project.use_cases.modify_image_labels import ModifyImageLabels
from loupe_project.use_cases.operation_hub import OperationHub


@dataclass(frozen=True, slots=True)
class Quality:
    """Ground truth and what it is good for, built and not yet started."""

    registrations: list[Registration]
    handlers: dict[OperationKind, OperationHandler]


def build_quality(stores: StoreFactory, calls: Calls, files: ImportFiles, clock: Clock, hub: OperationHub) -> Quality:
    """Ground truth and what it is good for.

    Args:
        stores: Makes transactions.
        calls: Transactions and callers of RPCs.
        files: Where files of labels wait.
        clock: Dates everything.
        hub: Told of new operations.
    """
    package = "loupe.project.v1"
    return Quality(
        registrations=[
            Registration(
                label_service_pb2_grpc.add_LabelServiceServicer_to_server,
                label.LabelServicer(calls, hub, FileImports(calls, hub, files)),
                f"{package}.LabelService",
                label.ACCESS,
            ),
            Registration(
                evaluation_service_pb2_grpc.add_EvaluationServiceServicer_to_server,
                evaluation.EvaluationServicer(calls),
                f"{package}.EvaluationService",
                evaluation.ACCESS,
            ),
            Registration(
                review_service_pb2_grpc.add_ReviewServiceServicer_to_server,
                review.ReviewServicer(calls),
                f"{package}.ReviewService",
                review.ACCESS,
            ),
        ],
        handlers={
            OperationKind.MODIFY_IMAGE_LABELS: ModifyImageLabels(stores, label_import.modified, clock),
            OperationKind.IMPORT_LABELS: ImportLabels(stores, files, open_label_file, label_import.to_message, clock),
        },
    )
