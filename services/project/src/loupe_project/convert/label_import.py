"""Imports of labels as messages."""

from google.rpc.status_pb2 import Status

from loupe.project.v1 import label_service_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_kit.status import to_status_proto
from loupe_project.domain.label_files.rows import ImageKey, LabelFault, LabelFormat
from loupe_project.use_cases.import_labels import ImportReport, ImportWish

_FORMATS = {
    pb.ImportLabelsRequest.FORMAT_UNSPECIFIED: None,
    pb.ImportLabelsRequest.FORMAT_COCO: LabelFormat.COCO,
    pb.ImportLabelsRequest.FORMAT_YOLO: LabelFormat.YOLO,
    pb.ImportLabelsRequest.FORMAT_VOC: LabelFormat.VOC,
    pb.ImportLabelsRequest.FORMAT_TABLE: LabelFormat.TABLE,
}
_KEYS = {
    pb.ImportLabelsRequest.KEY_UNSPECIFIED: ImageKey.FILE_NAME,
    pb.ImportLabelsRequest.KEY_FILE_NAME: ImageKey.FILE_NAME,
    pb.ImportLabelsRequest.KEY_SHA256: ImageKey.SHA256,
    pb.ImportLabelsRequest.KEY_ID: ImageKey.ID,
}


def wish_of(request: pb.ImportLabelsRequest) -> ImportWish:
    """What is to be done with a file.

    Raises:
        InvalidArgument: If its form or key is unknown.
    """
    for name, value, known in (("format", request.format, _FORMATS), ("key", request.key, _KEYS)):
        if value not in known:
            raise InvalidArgument(
                f"There is no {name} {value}; leave it out.", fields=[FieldViolation(name, "must be a known value")]
            )
    return ImportWish(
        file_name=request.file_name,
        form=_FORMATS[request.format],
        key=_KEYS[request.key],
        replace=request.replace,
        apply_good_rows=request.apply_good_rows,
        validate_only=request.validate_only,
    )


def to_message(report: ImportReport) -> pb.ImportLabelsResponse:
    """What came of a file."""
    return pb.ImportLabelsResponse(
        applied=report.applied,
        image_count=report.images,
        label_count=report.labels,
        refused_count=report.refused,
        faults=map(_fault, report.faults),
    )


def modified(images: int, changed: int) -> pb.ModifyImageLabelsResponse:
    """Response of ModifyImageLabels."""
    return pb.ModifyImageLabelsResponse(image_count=images, changed_count=changed)


def _fault(fault: LabelFault) -> pb.ImportLabelsResponse.Fault:
    status = Status.FromString(to_status_proto(fault.error).SerializeToString())
    return pb.ImportLabelsResponse.Fault(file_name=fault.file, row=fault.row, status=status)
