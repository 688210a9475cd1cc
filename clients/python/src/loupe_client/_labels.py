"""Ground truth: giving many images a class, and bringing labels in files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

from google.rpc.status_pb2 import Status

from loupe.project.v1 import label_service_pb2 as pb
from loupe.project.v1 import label_service_pb2_grpc as pb_grpc
from loupe_client import _errors
from loupe_client._files import file_messages
from loupe_client._images import Selection, selector
from loupe_client._operations import Operation
from loupe_client._transport import Transport

LabelFormat = Literal["AUTO", "COCO", "YOLO", "VOC", "TABLE"]
ImageKey = Literal["FILE_NAME", "SHA256", "ID"]

_FORMATS = {
    "AUTO": pb.ImportLabelsRequest.FORMAT_UNSPECIFIED,
    "COCO": pb.ImportLabelsRequest.FORMAT_COCO,
    "YOLO": pb.ImportLabelsRequest.FORMAT_YOLO,
    "VOC": pb.ImportLabelsRequest.FORMAT_VOC,
    "TABLE": pb.ImportLabelsRequest.FORMAT_TABLE,
}
_KEYS = {
    "FILE_NAME": pb.ImportLabelsRequest.KEY_FILE_NAME,
    "SHA256": pb.ImportLabelsRequest.KEY_SHA256,
    "ID": pb.ImportLabelsRequest.KEY_ID,
}


@dataclass(frozen=True, slots=True)
class LabelFault:
    """A row of a label file that is not good."""

    file_name: str
    row: int
    """From 1; 0: the whole file."""
    message: str
    reason: str


@dataclass(frozen=True, slots=True)
class LabelImport:
    """What came of a label file."""

    is_applied: bool
    image_count: int
    label_count: int
    refused_count: int
    faults: tuple[LabelFault, ...]
    """The first 1,000."""


class Labels:
    """Ground truth of many images at once."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = pb_grpc.LabelServiceStub(transport.channel)

    def set(self, project: str, images: Selection, label: str = "", *, clear_boxes: bool = False) -> Operation[int]:
        """Starts to give images a class; the result is how many have other labels than before.

        Args:
            project: `projects/{project}`.
            images: Which.
            label: The class; it takes the place of the one before. Empty: images lose theirs.
            clear_boxes: Whether their boxes go.
        """
        request = pb.ModifyImageLabelsRequest(
            parent=project,
            selector=selector(images),
            display_name=label,
            clear_class=not label,
            clear_boxes=clear_boxes,
            request_id=str(uuid4()),
        )
        message = self._transport.unary(self._stub.ModifyImageLabels, request)
        return Operation(self._transport, message, pb.ModifyImageLabelsResponse, lambda one: int(one.changed_count))

    def bring(
        self,
        project: str,
        path: Path,
        *,
        form: LabelFormat = "AUTO",
        key: ImageKey = "FILE_NAME",
        replace: bool = False,
        apply_good_rows: bool = False,
        validate_only: bool = False,
    ) -> Operation[LabelImport]:
        """Starts to give images the labels of a file: COCO, a zip of YOLO or Pascal VOC, a table.

        Args:
            project: `projects/{project}`.
            path: The file.
            form: How it is written; AUTO finds out.
            key: How it names images.
            replace: Whether its labels take the place of all that its images have.
            apply_good_rows: Whether good rows count although others are faulty.
            validate_only: Whether to check alone.
        """
        request = pb.ImportLabelsRequest(
            parent=project,
            file_name=path.name,
            format=_FORMATS[form],
            key=_KEYS[key],
            replace=replace,
            apply_good_rows=apply_good_rows,
            validate_only=validate_only,
            request_id=str(uuid4()),
        )
        message = self._transport.upload(self._stub.ImportLabels, lambda: file_messages(request, path))
        return Operation(self._transport, message, pb.ImportLabelsResponse, _import)


def _import(message: pb.ImportLabelsResponse) -> LabelImport:
    return LabelImport(
        is_applied=message.applied,
        image_count=message.image_count,
        label_count=message.label_count,
        refused_count=message.refused_count,
        faults=tuple(_fault(one.file_name, one.row, one.status) for one in message.faults),
    )


def _fault(file_name: str, row: int, status: Status) -> LabelFault:
    error = _errors.from_status(status)
    return LabelFault(file_name, row, status.message, error.reason)
