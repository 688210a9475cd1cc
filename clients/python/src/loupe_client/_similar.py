"""Images that look like another one."""

from dataclasses import dataclass

from loupe.project.v1 import similar_service_pb2 as pb
from loupe.project.v1 import similar_service_pb2_grpc as pb_grpc
from loupe_client._transport import Transport


@dataclass(frozen=True, slots=True)
class SimilarImage:
    """An image that looks like another one."""

    image: str
    """`projects/{project}/images/{image}`."""
    file_name: str
    similarity: float
    """Cosine similarity of the features, in [-1, 1]; 1 for equal ones."""


class Similar:
    """Which images look alike."""

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
        answer = self._transport.unary(self._stub.FindSimilarImages, request)
        return [SimilarImage(one.image, one.file_name, one.similarity) for one in answer.similar_images]
