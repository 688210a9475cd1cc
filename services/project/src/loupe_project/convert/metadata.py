"""Metadata of many images as messages."""

from google.rpc.status_pb2 import Status

from loupe.project.v1 import metadata_service_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_kit.status import to_status_proto
from loupe_project.convert.image import metadata_of
from loupe_project.domain.metadata_table import TableKey
from loupe_project.domain.search import MetadataKey, ValueType
from loupe_project.use_cases.import_metadata import TableReport, TableWish
from loupe_project.use_cases.modify_image_metadata import MetadataWish, checked_wish

_TYPES = {
    ValueType.TEXT: pb.MetadataKey.TYPE_TEXT,
    ValueType.NUMBER: pb.MetadataKey.TYPE_NUMBER,
    ValueType.TIME: pb.MetadataKey.TYPE_TIME,
    ValueType.TRUTH: pb.MetadataKey.TYPE_TRUTH,
}
_KEYS = {
    pb.ImportMetadataRequest.KEY_UNSPECIFIED: TableKey.FILE_NAME,
    pb.ImportMetadataRequest.KEY_FILE_NAME: TableKey.FILE_NAME,
    pb.ImportMetadataRequest.KEY_SHA256: TableKey.SHA256,
    pb.ImportMetadataRequest.KEY_SERIAL: TableKey.SERIAL,
}


def key_to_message(key: MetadataKey) -> pb.MetadataKey:
    """A metadata key of a project."""
    return pb.MetadataKey(
        key=key.display_key, types=[_TYPES[kind] for kind, _ in key.types], image_count=key.image_count
    )


def wish_of(request: pb.ModifyImageMetadataRequest) -> MetadataWish:
    """What shall become of metadata.

    Raises:
        InvalidArgument: If there is nothing to do, a key is named twice or breaks its rule, or a value is of no type.
    """
    # A null says that somebody meant `remove`.
    nothing = next((key for key, value in request.set.fields.items() if value.WhichOneof("kind") == "null_value"), None)
    if nothing is not None:
        raise InvalidArgument(
            f"{nothing[:50]!r} has no value; name it in remove to take it away.",
            fields=[FieldViolation(f"set.{nothing}", "must be a text, a number or a truth value")],
        )
    return checked_wish(metadata_of(request.set, "set"), request.remove, request.rename)


def table_wish_of(request: pb.ImportMetadataRequest) -> TableWish:
    """What is to be done with a table.

    Raises:
        InvalidArgument: If its key is unknown.
    """
    if request.key not in _KEYS:
        raise InvalidArgument(
            f"There is no key {request.key}; leave it out.", fields=[FieldViolation("key", "must be a known value")]
        )
    return TableWish(
        file_name=request.file_name,
        key=_KEYS[request.key],
        apply_good_rows=request.apply_good_rows,
        validate_only=request.validate_only,
    )


def modified(images: int, changed: int, skipped: int) -> pb.ModifyImageMetadataResponse:
    """Response of ModifyImageMetadata."""
    return pb.ModifyImageMetadataResponse(image_count=images, changed_count=changed, skipped_count=skipped)


def imported(report: TableReport) -> pb.ImportMetadataResponse:
    """Response of ImportMetadata."""
    return pb.ImportMetadataResponse(
        applied=report.applied,
        row_count=report.rows,
        image_count=report.images,
        changed_count=report.changed,
        refused_count=report.refused,
        faults=[
            pb.ImportMetadataResponse.Fault(
                row=row, status=Status.FromString(to_status_proto(error).SerializeToString())
            )
            for row, error in report.faults
        ],
    )
