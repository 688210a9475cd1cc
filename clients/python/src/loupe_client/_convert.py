"""From messages of the contracts to the client's dataclasses."""

from datetime import UTC, datetime
from typing import Any, cast

from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp

from loupe.auth.v1 import user_pb2
from loupe.inference.v1 import model_service_pb2, prediction_pb2
from loupe.project.v1 import (
    analysis_service_pb2,
    curation_service_pb2,
    export_service_pb2,
    image_pb2,
    operation_service_pb2,
    project_service_pb2,
    tag_service_pb2,
    upload_batch_service_pb2,
)
from loupe_client import _errors
from loupe_client._types import (
    Analysis,
    Box,
    CurationRun,
    Duplicate,
    DuplicateGroup,
    Export,
    Image,
    Method,
    Model,
    Notice,
    Outlier,
    Pick,
    Placement,
    Prediction,
    Progress,
    Project,
    Selection,
    State,
    Strategy,
    Tag,
    UploadBatch,
    UploadedFile,
    User,
)


def user(message: user_pb2.User) -> User:
    """Returns the person."""
    return User(message.name, message.display_name, message.email)


def model(message: model_service_pb2.Model) -> Model:
    """Returns the model."""
    task = model_service_pb2.Task.Name(message.task).removeprefix("TASK_")
    return Model(message.name, message.display_name, cast("Any", task), message.feature_dimension)


def project(message: project_service_pb2.Project) -> Project:
    """Returns the project."""
    counts = message.image_counts
    return Project(message.name, message.display_name, message.model, counts.total, counts.analysed, counts.failed)


def image(message: image_pb2.Image) -> Image:
    """Returns the image."""
    classes = [label.display_name for label in message.labels if not label.HasField("box")]
    return Image(
        name=message.name,
        file_name=message.file_name,
        state=cast("State", image_pb2.Image.State.Name(message.state).removeprefix("STATE_")),
        failure=message.failure.message,
        width=message.width,
        height=message.height,
        sha256=message.sha256,
        metadata=json_format.MessageToDict(message.metadata),
        tags=[tag.display_name for tag in message.tags],
        label=classes[0] if classes else None,
        boxes=[
            Box(label.display_name, label.box.x, label.box.y, label.box.width, label.box.height)
            for label in message.labels
            if label.HasField("box")
        ],
        predictions=[prediction(each) for each in message.predictions],
        capture_time=_time(message.capture_time) if message.HasField("capture_time") else None,
    )


def prediction(message: prediction_pb2.Prediction) -> Prediction:
    """Returns the prediction."""
    return Prediction(
        message.model,
        message.version,
        [(score.label, score.confidence) for score in message.class_scores.scores],
        [box(one) for one in message.boxes.boxes],
    )


def box(message: prediction_pb2.Box) -> Box:
    """Returns the predicted object."""
    return Box(message.label, message.x, message.y, message.width, message.height, message.confidence)


def uploaded_file(message: upload_batch_service_pb2.UploadedFile) -> UploadedFile:
    """Returns what became of a file."""
    kind = upload_batch_service_pb2.UploadedFile.Kind.Name(message.kind).removeprefix("KIND_")
    reason = _errors.from_status(message.failure).reason if message.HasField("failure") else ""
    return UploadedFile(
        message.file_name,
        cast("Any", kind),
        message.image,
        message.duplicate,
        message.operation,
        message.failure.message,
        reason,
    )


def upload_batch(message: upload_batch_service_pb2.UploadBatch) -> UploadBatch:
    """Returns the counts of an upload."""
    counts = message.image_counts
    return UploadBatch(
        name=message.name,
        is_finished=message.state == upload_batch_service_pb2.UploadBatch.STATE_FINISHED,
        image_count=counts.total,
        pending_count=counts.pending,
        analysed_count=counts.analysed,
        failed_count=counts.failed,
        duplicate_count=message.duplicate_count,
        refused_count=message.refused_count,
        metadata_count=message.metadata_count,
        label_count=message.label_count,
        feature_count=message.feature_count,
    )


def notice(message: upload_batch_service_pb2.UploadNotice) -> Notice:
    """Returns the notice."""
    is_error = message.severity == upload_batch_service_pb2.UploadNotice.SEVERITY_ERROR
    reason = _errors.from_status(message.status).reason
    return Notice(message.file_name, message.row, is_error, message.status.message, reason)


def tag(message: tag_service_pb2.Tag) -> Tag:
    """Returns the tag."""
    return Tag(message.name, message.display_name, message.origin == image_pb2.TAG_ORIGIN_AUTO, message.image_count)


def analysis(message: analysis_service_pb2.Analysis) -> Analysis:
    """Returns the map."""
    kind = analysis_service_pb2.Analysis
    return Analysis(
        message.name,
        message.display_name,
        cast("Method", kind.Method.Name(message.method).removeprefix("METHOD_")),
        message.dimensions,
        kind.State.Name(message.state).removeprefix("STATE_"),
        message.point_count,
        message.compute_seconds,
        message.trustworthiness,
        message.placed_count,
        message.kept_current,
        message.landmark_count,
    )


def placement(message: analysis_service_pb2.PlaceImagesResponse) -> Placement:
    """Returns what came of placing images."""
    return Placement(analysis(message.analysis), message.placed_count, message.present_count, message.skipped_count)


def selection(message: curation_service_pb2.Selection) -> Selection:
    """Returns the selection."""
    strategy = curation_service_pb2.Selection.Strategy.Name(message.strategy).removeprefix("STRATEGY_")
    return Selection(
        message.name,
        message.display_name,
        curation_service_pb2.CurationState.Name(message.state).removeprefix("CURATION_STATE_"),
        cast("Strategy", "AUTO" if strategy == "UNSPECIFIED" else strategy),
        message.count,
        message.pick_count,
        message.candidate_count,
        message.coverage,
    )


def pick(message: curation_service_pb2.Pick) -> Pick:
    """Returns the pick."""
    return Pick(
        message.image, message.file_name, message.rank, message.represented_count, message.margin, message.reason
    )


def curation_run(message: curation_service_pb2.CurationRun) -> CurationRun:
    """Returns the run."""
    return CurationRun(
        message.name,
        cast("Any", curation_service_pb2.CurationRun.Kind.Name(message.kind).removeprefix("KIND_")),
        curation_service_pb2.CurationState.Name(message.state).removeprefix("CURATION_STATE_"),
        message.image_count,
        message.group_count,
        message.duplicate_count,
    )


def outlier(message: curation_service_pb2.Outlier) -> Outlier:
    """Returns the score."""
    return Outlier(message.image, message.file_name, message.score, message.mean_distance, message.reason)


def duplicate_group(message: curation_service_pb2.DuplicateGroup) -> DuplicateGroup:
    """Returns the group."""
    members = [Duplicate(one.image, one.file_name, one.is_exact, one.pixel_difference) for one in message.members]
    return DuplicateGroup(message.keeper, message.keeper_file_name, members, message.member_count)


def export(message: export_service_pb2.Export) -> Export:
    """Returns the export."""
    state = export_service_pb2.Export.State.Name(message.state).removeprefix("STATE_")
    return Export(message.name, state, message.image_count, message.size_bytes)


def progress(message: operation_service_pb2.OperationMetadata) -> Progress:
    """Returns how far an operation has come."""
    return Progress(message.fraction, message.phase, message.done_count, message.total_count)


def _time(message: Timestamp) -> datetime:
    return message.ToDatetime(tzinfo=UTC)
