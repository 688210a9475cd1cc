"""The review queue as messages."""

from loupe.project.v1 import review_service_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.convert import image as convert_image
from loupe_project.convert.values import timestamp
from loupe_project.domain.review import ReviewAction, ReviewOrder, ReviewProgress
from loupe_project.use_cases.review_images import Reviewed, ReviewItem, Verdict

MAX_LABELS = 1_000
_ORDERS = {
    pb.REVIEW_ORDER_UNSPECIFIED: ReviewOrder.LEAST_CONFIDENCE,
    pb.REVIEW_ORDER_LEAST_CONFIDENCE: ReviewOrder.LEAST_CONFIDENCE,
    pb.REVIEW_ORDER_OUTLIER: ReviewOrder.OUTLIER,
    pb.REVIEW_ORDER_DISAGREEMENT: ReviewOrder.DISAGREEMENT,
    pb.REVIEW_ORDER_NEWEST: ReviewOrder.NEWEST,
}
_ACTIONS = {
    pb.ReviewImageRequest.ACTION_AGREE: ReviewAction.AGREE,
    pb.ReviewImageRequest.ACTION_RELABEL: ReviewAction.RELABEL,
    pb.ReviewImageRequest.ACTION_SKIP: ReviewAction.SKIP,
}


def order_of(value: "pb.ReviewOrder.ValueType") -> ReviewOrder:
    """Which images come first.

    Raises:
        InvalidArgument: If there is no such order.
    """
    order = _ORDERS.get(value)
    if order is None:
        raise InvalidArgument(
            f"There is no review order {value}; leave it out for the least sure first.",
            fields=[FieldViolation("order", "must be one of ReviewOrder")],
        )
    return order


def verdict_of(request: pb.ReviewImageRequest) -> Verdict:
    """What a reviewer says.

    Raises:
        InvalidArgument: If he says nothing, or his labels do not go with it.
    """
    action = _ACTIONS.get(request.action)
    if action is None:
        raise InvalidArgument(
            "Say what is to be done with the image: AGREE, RELABEL or SKIP.",
            fields=[FieldViolation("action", "must be set")],
        )
    labels = tuple(convert_image.label_of(one, f"labels[{number}]") for number, one in enumerate(request.labels))
    fits = 1 <= len(labels) <= MAX_LABELS if action is ReviewAction.RELABEL else not labels
    if not fits or sum(one.box is None for one in labels) > 1:
        raise InvalidArgument(
            f"RELABEL takes 1 to {MAX_LABELS:,} labels, at most one of them without a box; the others take none.",
            fields=[FieldViolation("labels", f"must hold 1 to {MAX_LABELS} for RELABEL, none otherwise")],
        )
    if not 0 <= request.min_confidence <= 1:
        raise InvalidArgument(
            f"min_confidence is {request.min_confidence}; give a number in [0, 1].",
            fields=[FieldViolation("min_confidence", "must be in [0, 1]")],
        )
    return Verdict(action, labels, request.prediction_etag, request.min_confidence)


def item_to_message(item: ReviewItem) -> pb.ReviewItem:
    """An image to review."""
    return pb.ReviewItem(
        image=convert_image.to_message(item.details),
        prediction_etag=item.etag,
        expire_time=timestamp(item.until),
        skipped=item.is_skipped,
    )


def reviewed_to_message(project_id: str, reviewed: Reviewed) -> pb.ReviewImageResponse:
    """An image after a review."""
    review = reviewed.review
    return pb.ReviewImageResponse(
        labels=[convert_image.label_to_message(project_id, one) for one in reviewed.labels],
        reviewer=review.reviewer if review else "",
        review_time=timestamp(review.time) if review else None,
    )


def progress_to_message(progress: ReviewProgress) -> pb.ReviewProgress:
    """How far the review is."""
    return pb.ReviewProgress(
        image_count=progress.images,
        reviewed_count=progress.images - progress.left,
        left_count=progress.left,
        taken_count=progress.taken,
        mine_count=progress.mine,
    )
