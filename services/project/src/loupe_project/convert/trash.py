"""The trash between messages and domain."""

from datetime import timedelta

from loupe.project.v1 import trash_service_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.convert.values import timestamp
from loupe_project.domain import names
from loupe_project.domain.selection import MAX_IDS
from loupe_project.domain.trash import DeletedImage, TrashSelection

_OPERATION = "projects/{project}/operations/{operation}"


def to_message(project_id: str, image: DeletedImage, lifetime: timedelta) -> pb.DeletedImage:
    """An image in the trash."""
    return pb.DeletedImage(
        name=names.join("projects", project_id, "deletedImages", image.id),
        file_name=image.file_name,
        width=image.width,
        height=image.height,
        size_bytes=image.size_bytes,
        upload_time=timestamp(image.upload_time),
        delete_time=timestamp(image.delete_time),
        deleter=image.deleter,
        deletion=names.operation(project_id, image.deletion_id),
        purge_time=timestamp(image.delete_time + lifetime),
    )


def deletion_of(name: str, field: str) -> str:
    """Id of a deletion."""
    return names.split(_OPERATION, name, field)[1]


def selection_of(message: pb.TrashSelector) -> TrashSelection:
    """Which images in the trash.

    Raises:
        InvalidArgument: If nothing is named, or no id is, more than 100,000 are, or one is none.
    """
    kind = message.WhichOneof("selector")
    if kind == "deletion":
        return TrashSelection(deletion_id=deletion_of(message.deletion, "selector.deletion"))
    if kind != "images":
        return TrashSelection(everything=message.all)
    given = message.images.ids
    if not 1 <= len(given) <= MAX_IDS:
        raise InvalidArgument(
            f"Name 1 to {MAX_IDS:,} images, not {len(given):,}; name the deletion for more.",
            fields=[FieldViolation("selector.images.ids", f"must hold 1 to {MAX_IDS} ids")],
        )
    return TrashSelection(ids=tuple(names.checked_id(one, "selector.images.ids") for one in given))


def restored(count: int) -> pb.RestoreImagesResponse:
    """Response of RestoreImages."""
    return pb.RestoreImagesResponse(restored_count=count)


def purged(count: int) -> pb.PurgeImagesResponse:
    """Response of PurgeImages."""
    return pb.PurgeImagesResponse(purged_count=count)
