"""Deleting images, bringing them back, and copying them to other projects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from loupe.project.v1 import image_pb2, image_service_pb2, image_service_pb2_grpc
from loupe.project.v1 import trash_service_pb2 as pb
from loupe.project.v1 import trash_service_pb2_grpc as pb_grpc
from loupe_client._images import Selection, selector
from loupe_client._operations import Operation
from loupe_client._paging import pages
from loupe_client._transport import Transport

_PAGE = 200


@dataclass(frozen=True, slots=True)
class DeletedImage:
    """An image in the trash."""

    name: str
    """`projects/{project}/deletedImages/{image}`."""
    file_name: str
    delete_time: datetime
    purge_time: datetime
    """Until then it can be restored."""
    deleter: str
    deletion: str
    """`projects/{project}/operations/{operation}`: what was deleted together can be restored together."""

    @property
    def id(self) -> str:
        """Id of the image, which it keeps when it is restored."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of images that were copied or moved."""

    copied_count: int
    duplicate_count: int
    """Images whose bytes the other project had."""
    restored_count: int
    """Of those, how many came out of its trash."""
    pending_count: int
    """Of the new ones, how many wait for their analysis."""


class Trash:
    """Images on their way out of projects, and back."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._images = image_service_pb2_grpc.ImageServiceStub(transport.channel)
        self._trash = pb_grpc.TrashServiceStub(transport.channel)

    def delete(self, project: str, selection: Selection) -> Operation[int]:
        """Puts images into the trash; the result is how many. Its `name` is the deletion that `restore` takes."""
        request = image_service_pb2.DeleteImagesRequest(
            parent=project, selector=selector(selection), request_id=str(uuid4())
        )
        message = self._transport.unary(self._images.DeleteImages, request)
        return Operation(
            self._transport, message, image_service_pb2.DeleteImagesResponse, lambda answer: answer.deleted_count
        )

    def list(self, project: str, *, deletion: str = "") -> Iterator[DeletedImage]:
        """Yields the images in the trash, those deleted last first.

        Args:
            project: `projects/{project}`.
            deletion: Only those of one deletion, `projects/{project}/operations/{operation}`.
        """
        request = pb.ListDeletedImagesRequest(parent=project, page_size=_PAGE, deletion=deletion)
        for answer in pages(self._transport, self._trash.ListDeletedImages, request):
            yield from map(_deleted, answer.deleted_images)

    def restore(self, project: str, *, ids: Sequence[str] = (), deletion: str = "") -> Operation[int]:
        """Brings images back; the result is how many.

        Args:
            project: `projects/{project}`.
            ids: Of the images; without them and without a deletion, all of the trash.
            deletion: What was deleted together.
        """
        request = pb.RestoreImagesRequest(parent=project, selector=_which(ids, deletion), request_id=str(uuid4()))
        message = self._transport.unary(self._trash.RestoreImages, request)
        return Operation(self._transport, message, pb.RestoreImagesResponse, lambda answer: answer.restored_count)

    def purge(self, project: str, *, ids: Sequence[str] = (), deletion: str = "") -> Operation[int]:
        """Deletes images in the trash for good; the result is how many. Arguments are those of `restore`."""
        request = pb.PurgeImagesRequest(parent=project, selector=_which(ids, deletion), request_id=str(uuid4()))
        message = self._transport.unary(self._trash.PurgeImages, request)
        return Operation(self._transport, message, pb.PurgeImagesResponse, lambda answer: answer.purged_count)

    def copy(
        self, project: str, destination: str, selection: Selection = "", *, move: bool = False
    ) -> Operation[Copied]:
        """Copies images to another project, without copying their bytes.

        Args:
            project: `projects/{project}` that has them.
            destination: `projects/{project}` that gets them.
            selection: Which.
            move: They leave `project` for its trash.
        """
        request = image_service_pb2.CopyImagesRequest(
            parent=project,
            selector=selector(selection),
            destination=destination,
            move=move,
            request_id=str(uuid4()),
        )
        message = self._transport.unary(self._images.CopyImages, request)
        return Operation(self._transport, message, image_service_pb2.CopyImagesResponse, _copied)


def _which(ids: Sequence[str], deletion: str) -> pb.TrashSelector:
    if ids:
        return pb.TrashSelector(images=image_pb2.ImageSelector.Ids(ids=ids))
    return pb.TrashSelector(deletion=deletion) if deletion else pb.TrashSelector(all=True)


def _deleted(message: pb.DeletedImage) -> DeletedImage:
    return DeletedImage(
        name=message.name,
        file_name=message.file_name,
        delete_time=message.delete_time.ToDatetime(UTC),
        purge_time=message.purge_time.ToDatetime(UTC),
        deleter=message.deleter,
        deletion=message.deletion,
    )


def _copied(message: image_service_pb2.CopyImagesResponse) -> Copied:
    return Copied(message.copied_count, message.duplicate_count, message.restored_count, message.pending_count)
