"""Sending files: one stream with any number of them, answered one by one."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

from google.protobuf.timestamp_pb2 import Timestamp

from loupe.project.v1 import upload_batch_service_pb2 as pb
from loupe.project.v1 import upload_batch_service_pb2_grpc as pb_grpc
from loupe_client import _convert
from loupe_client._files import CHUNK_BYTES
from loupe_client._paging import pages
from loupe_client._transport import Transport
from loupe_client._types import Notice, UploadBatch, UploadedFile, UploadFile

_PAGE = 1000


class Uploads:
    """Taking files into a project."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = pb_grpc.UploadBatchServiceStub(transport.channel)

    def send(
        self, project: str, files: Iterable[UploadFile | Path], *, display_name: str = "", feature_set: str = ""
    ) -> Iterator[UploadedFile | UploadBatch]:
        """Sends files and yields what became of each, then the batch as it stands.

        Images, zip archives, metadata and label tables and feature files may be mixed. A refused file does not stop
        the others: look at `failure`.

        Args:
            project: `projects/{project}`.
            files: Read as they are sent. A path is sent under its own name.
            display_name: Of the batch.
            feature_set: That feature files belong to; default "uploaded".

        Raises:
            ApiError: the project cannot be uploaded to, or the connection broke; what was answered is safe.
        """
        header = pb.UploadHeader(
            parent=project, display_name=display_name, feature_set=feature_set, request_id=str(uuid4())
        )
        for answer in self._transport.stream(self._stub.UploadFiles, _messages(header, files)):
            if answer.HasField("file"):
                yield _convert.uploaded_file(answer.file)
            elif answer.HasField("batch"):
                yield _convert.upload_batch(answer.batch)

    def watch(self, batch: str) -> Iterator[UploadBatch]:
        """Yields the counts of a batch at each change, until nothing of it is pending."""
        request = pb.WatchUploadBatchRequest(name=batch)
        for message in self._transport.stream(self._stub.WatchUploadBatch, request):
            yield _convert.upload_batch(message)

    def notices(self, batch: str) -> Iterator[Notice]:
        """Yields what was refused or is worth knowing, file by file."""
        request = pb.ListUploadNoticesRequest(parent=batch, page_size=_PAGE)
        for answer in pages(self._transport, self._stub.ListUploadNotices, request):
            yield from map(_convert.notice, answer.notices)


def _messages(header: pb.UploadHeader, files: Iterable[UploadFile | Path]) -> Iterator[pb.UploadFilesRequest]:
    yield pb.UploadFilesRequest(header=header)
    for file in files:
        if isinstance(file, Path):
            yield pb.UploadFilesRequest(file=pb.UploadFile(file_name=file.name))
            with file.open("rb") as content:
                while chunk := content.read(CHUNK_BYTES):
                    yield pb.UploadFilesRequest(chunk=chunk)
        else:
            yield pb.UploadFilesRequest(file=_description(file))
            for start in range(0, len(file.content), CHUNK_BYTES):
                yield pb.UploadFilesRequest(chunk=file.content[start : start + CHUNK_BYTES])


def _description(file: UploadFile) -> pb.UploadFile:
    message = pb.UploadFile(file_name=file.file_name, tags=file.tags)
    message.image.metadata.update(dict(file.metadata))
    if file.label is not None:
        message.image.labels.add(display_name=file.label)
    if file.capture_time is not None:
        time = Timestamp()
        time.FromDatetime(file.capture_time)
        message.image.capture_time.CopyFrom(time)
    return message
