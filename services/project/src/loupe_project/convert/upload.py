"""Uploads between messages and domain."""

from collections.abc import AsyncIterator

from google.rpc import status_pb2

from loupe.project.v1 import operation_service_pb2
from loupe.project.v1 import upload_batch_service_pb2 as pb
from loupe_kit.errors import LoupeError
from loupe_kit.status import to_status_proto
from loupe_project.convert import image as images
from loupe_project.convert import project as projects
from loupe_project.convert.values import time_of, timestamp
from loupe_project.domain import names
from loupe_project.domain.upload_batch import BatchState, Notice, Severity, UploadBatch
from loupe_project.use_cases.intake.commit_images import GivenFacts
from loupe_project.use_cases.intake.import_request import ImportCounts
from loupe_project.use_cases.intake.stream import Answer, Begun, Chunk, Event, FileAnswer, FileBegin, Header

_STATES = {BatchState.ACTIVE: pb.UploadBatch.STATE_ACTIVE, BatchState.FINISHED: pb.UploadBatch.STATE_FINISHED}
_SEVERITIES = {
    Severity.INFO: pb.UploadNotice.SEVERITY_INFO,
    Severity.ERROR: pb.UploadNotice.SEVERITY_ERROR,
}


async def events_of(requests: AsyncIterator[pb.UploadFilesRequest]) -> AsyncIterator[Event]:
    """Events of a client's messages. What a sender says wrongly of one file is that file's fault alone."""
    async for request in requests:
        payload = request.WhichOneof("payload")
        if payload == "chunk":
            yield Chunk(request.chunk)
        elif payload == "file":
            yield _file_of(request.file)
        elif payload == "header":
            yield _header_of(request.header)


def _header_of(message: pb.UploadHeader) -> Header:
    (project_id,) = names.split("projects/{project}", message.parent, "header.parent")
    return Header(project_id, message.display_name, message.request_id, message.feature_set, message.source)


def _file_of(message: pb.UploadFile) -> FileBegin:
    image = message.image
    try:
        facts = GivenFacts(
            metadata=images.metadata_of(image.metadata, "file.image.metadata"),
            labels=tuple(
                images.label_of(one, f"file.image.labels[{number}]") for number, one in enumerate(image.labels)
            ),
            tags=tuple(tag for tag in message.tags if tag.strip()),
            capture_time=time_of(image.capture_time, "file.image.capture_time")
            if image.HasField("capture_time")
            else None,
        )
    except LoupeError as error:
        return FileBegin(message.file_name, message.sha256, fault=error)
    return FileBegin(message.file_name, message.sha256, facts)


def answer_to_message(project_id: str, answer: Answer) -> pb.UploadFilesResponse:
    """One message of the server."""
    if isinstance(answer, FileAnswer):
        return pb.UploadFilesResponse(file=_file_answer(project_id, answer))
    if isinstance(answer, Begun):
        return pb.UploadFilesResponse(begun=batch_to_message(answer.batch))
    return pb.UploadFilesResponse(batch=batch_to_message(answer.batch))


def _file_answer(project_id: str, answer: FileAnswer) -> pb.UploadedFile:
    return pb.UploadedFile(
        file_name=answer.file_name,
        kind=pb.UploadedFile.Kind.ValueType(answer.kind.value),
        image=names.image(project_id, answer.image_id) if answer.image_id else "",
        duplicate=answer.is_duplicate,
        restored=answer.is_restored,
        operation=names.operation(project_id, answer.operation_id) if answer.operation_id else "",
        failure=to_status_proto(answer.failure) if answer.failure else None,
    )


def batch_to_message(batch: UploadBatch) -> pb.UploadBatch:
    """A batch."""
    return pb.UploadBatch(
        name=batch.name,
        display_name=batch.display_name,
        state=_STATES[batch.state],
        image_counts=projects.counts_to_message(batch.image_counts),
        duplicate_count=batch.duplicate_count,
        refused_count=batch.refused_count,
        metadata_count=batch.metadata_count,
        label_count=batch.label_count,
        feature_count=batch.feature_count,
        waiting_count=batch.waiting_count,
        uploader=batch.uploader,
        create_time=timestamp(batch.create_time),
        finish_time=timestamp(batch.finish_time),
    )


def import_response(counts: ImportCounts) -> operation_service_pb2.ImportArchiveResponse:
    """Response of an archive import."""
    return operation_service_pb2.ImportArchiveResponse(
        image_count=counts.images,
        duplicate_count=counts.duplicates,
        refused_count=counts.refused,
        metadata_count=counts.metadata,
        label_count=counts.labels,
        feature_count=counts.features,
    )


def notice_to_message(notice: Notice) -> pb.UploadNotice:
    """A notice."""
    return pb.UploadNotice(
        file_name=notice.file_name,
        row=notice.row,
        severity=_SEVERITIES[notice.severity],
        status=status_pb2.Status.FromString(notice.status),
    )
