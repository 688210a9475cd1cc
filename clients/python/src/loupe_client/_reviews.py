"""The review queue: one image after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

from loupe.project.v1 import image_pb2
from loupe.project.v1 import review_service_pb2 as pb
from loupe.project.v1 import review_service_pb2_grpc as pb_grpc
from loupe_client import _convert
from loupe_client._transport import Transport
from loupe_client._types import Image

ReviewOrder = Literal["LEAST_CONFIDENCE", "OUTLIER", "DISAGREEMENT", "NEWEST"]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An image to review; nobody else gets it for two minutes."""

    image: Image
    etag: str
    """Mark of the prediction."""


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """How far the review is."""

    image_count: int
    reviewed_count: int
    left_count: int
    mine_count: int


class Reviews:
    """People say whether predictions are right."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = pb_grpc.ReviewServiceStub(transport.channel)

    def take(
        self,
        project: str,
        query: str = "",
        *,
        order: ReviewOrder = "LEAST_CONFIDENCE",
        include_labelled: bool = False,
        count: int = 10,
    ) -> list[ReviewItem]:
        """Takes the next images for the caller; those that he has come first.

        Args:
            project: `projects/{project}`.
            query: Which images.
            order: Which come first.
            include_labelled: Whether images with labels that nobody confirmed come too.
            count: How many, at most 50.
        """
        request = pb.TakeReviewItemsRequest(
            parent=project,
            query=query,
            order=pb.ReviewOrder.Value(f"REVIEW_ORDER_{order}"),
            include_labelled=include_labelled,
            page_size=count,
            request_id=str(uuid4()),
        )
        answer = self._transport.unary(self._stub.TakeReviewItems, request)
        return [ReviewItem(_convert.image(one.image), one.prediction_etag) for one in answer.items]

    def agree(self, item: ReviewItem, *, min_confidence: float = 0.0) -> None:
        """The prediction is right and becomes the label.

        Raises:
            ApiError: PREDICTION_CHANGED when it is another one by now.
        """
        self._review(
            pb.ReviewImageRequest(
                name=item.image.name,
                action=pb.ReviewImageRequest.ACTION_AGREE,
                prediction_etag=item.etag,
                min_confidence=min_confidence,
            )
        )

    def relabel(self, image: str, labels: Sequence[image_pb2.Label | str]) -> None:
        """The image shows something else.

        Args:
            image: `projects/{project}/images/{image}`.
            labels: A class, or messages with boxes; they take the place of all labels.
        """
        given = [image_pb2.Label(display_name=one) if isinstance(one, str) else one for one in labels]
        self._review(pb.ReviewImageRequest(name=image, action=pb.ReviewImageRequest.ACTION_RELABEL, labels=given))

    def skip(self, image: str) -> None:
        """The image comes last for the caller, and others may have it at once."""
        self._review(pb.ReviewImageRequest(name=image, action=pb.ReviewImageRequest.ACTION_SKIP))

    def progress(self, project: str, query: str = "", *, include_labelled: bool = False) -> ReviewProgress:
        """How far the review of the images of a query is."""
        request = pb.GetReviewProgressRequest(parent=project, query=query, include_labelled=include_labelled)
        found = self._transport.unary(self._stub.GetReviewProgress, request)
        return ReviewProgress(found.image_count, found.reviewed_count, found.left_count, found.mine_count)

    def _review(self, request: pb.ReviewImageRequest) -> None:
        request.request_id = str(uuid4())
        self._transport.unary(self._stub.ReviewImage, request)
