"""Images and objects that look like others."""

from dataclasses import dataclass
from pathlib import Path

from loupe.project.v1 import similar_service_pb2 as pb
from loupe.project.v1 import similar_service_pb2_grpc as pb_grpc
from loupe_client import _convert
from loupe_client._errors import InvalidRequest
from loupe_client._transport import Transport
from loupe_client._types import Box

_MAX_PICTURE_BYTES = 12 << 20


@dataclass(frozen=True, slots=True)
class SimilarImage:
    """An image that looks like another one."""

    image: str
    """`projects/{project}/images/{image}`."""
    file_name: str
    similarity: float
    """Cosine similarity of the features, in [-1, 1]; 1 for equal ones."""


@dataclass(frozen=True, slots=True)
class SimilarObject:
    """An object, found by a detector, that looks like another one."""

    image: str
    """The image that holds it, `projects/{project}/images/{image}`."""
    file_name: str
    object: int
    """Its place, from 0, in the boxes of the image's prediction."""
    box: Box
    similarity: float
    """Cosine similarity of the features, in [-1, 1]; 1 for equal ones."""


class Similar:
    """What looks alike."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = pb_grpc.SimilarServiceStub(transport.channel)

    def find(self, image: str, *, count: int = 20, query: str = "", feature_source: str = "") -> list[SimilarImage]:
        """Returns the images of the project that are most like one, most alike first.

        Args:
            image: `projects/{project}/images/{image}`.
            count: How many, at most 1,000.
            query: Only among the images that match.
            feature_source: `models/{model}`; default: the project's model.

        Raises:
            NotReady: the image has no features of the source.
        """
        request = pb.FindSimilarImagesRequest(image=image, count=count, query=query, feature_source=feature_source)
        return _images(self._transport.unary(self._stub.FindSimilarImages, request))

    def find_like_picture(
        self, project: str, picture: bytes | Path, *, count: int = 20, query: str = "", feature_source: str = ""
    ) -> list[SimilarImage]:
        """Returns the images of a project that are most like a picture which is not in it, most alike first.

        Args:
            project: `projects/{project}`.
            picture: An image file, or its bytes, at most 12 MiB; nothing of it is kept.
            count: How many, at most 1,000.
            query: Only among the images that match.
            feature_source: The model that looks at the picture, `models/{model}`; default: the project's model.

        Raises:
            InvalidRequest: the picture cannot be decoded, or is too large.
            NotReady: the model is being loaded, or has analysed no image of the project.
        """
        content = picture if isinstance(picture, bytes) else picture.read_bytes()
        if len(content) > _MAX_PICTURE_BYTES:
            raise InvalidRequest(
                f"The picture has {len(content):,} bytes, {_MAX_PICTURE_BYTES:,} are allowed; make it smaller, or "
                "upload it and search for what is like the image.",
                code="INVALID_ARGUMENT",
                reason="",
                metadata={"size_bytes": str(len(content)), "limit": str(_MAX_PICTURE_BYTES)},
            )
        request = pb.FindSimilarToPictureRequest(
            parent=project, picture=content, count=count, query=query, feature_source=feature_source
        )
        return _images(self._transport.unary(self._stub.FindSimilarToPicture, request))

    def find_objects(
        self, image: str, number: int, *, count: int = 20, query: str = "", feature_source: str = ""
    ) -> list[SimilarObject]:
        """Returns the objects, found by a detector, that are most like one of them, most alike first.

        Args:
            image: The image that holds it, `projects/{project}/images/{image}`.
            number: Its place, from 0, in the boxes of the image's prediction.
            count: How many, at most 1,000.
            query: Only in images that match.
            feature_source: The detector, `models/{model}`; default: the project's model.

        Raises:
            NotReady: the model found no such object in the image.
        """
        request = pb.FindSimilarObjectsRequest(
            image=image, object=number, count=count, query=query, feature_source=feature_source
        )
        answer = self._transport.unary(self._stub.FindSimilarObjects, request)
        return [
            SimilarObject(one.image, one.file_name, one.object, _convert.box(one.box), one.similarity)
            for one in answer.similar_objects
        ]


def _images(answer: pb.FindSimilarImagesResponse) -> list[SimilarImage]:
    return [SimilarImage(one.image, one.file_name, one.similarity) for one in answer.similar_images]
