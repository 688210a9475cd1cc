"""The review queue: taking the next images, saying what one shows, and how far it all is."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from loupe_project.domain import query as queries
from loupe_project.domain.errors import ImageInReview, PredictionChanged, PredictionMissing
from loupe_project.domain.evaluation import Asked, ModelAnswer
from loupe_project.domain.image import Box, Image, ImageDetails, Label, NewLabel
from loupe_project.domain.project import Project
from loupe_project.domain.query.tree import Node
from loupe_project.domain.query.verdicts import GOOD_LABEL
from loupe_project.domain.review import (
    DEFAULT_ITEMS,
    LEASE,
    MAX_ITEMS,
    Review,
    ReviewAction,
    ReviewOrder,
    ReviewProgress,
)
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.changes import begin_call
from loupe_project.use_cases.get_image import existing_image
from loupe_project.use_cases.label_changes import as_new, change_labels
from loupe_project.use_cases.manage_labels import check_box


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """An image to review."""

    details: ImageDetails
    etag: str
    """Mark of its prediction; empty without one."""
    until: datetime
    """When others may get it."""
    is_skipped: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer says of an image."""

    action: ReviewAction
    labels: tuple[NewLabel, ...] = ()
    """For RELABEL."""
    etag: str = ""
    """For AGREE: the prediction that he saw; empty: not checked."""
    min_confidence: float = 0.0
    """For AGREE: boxes less sure than this were not shown to him."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An image after a review."""

    labels: tuple[Label, ...]
    review: Review | None
    """None: nobody has reviewed it yet."""


async def take_items(
    store: Store,
    scope: Scope,
    project_id: str,
    query: str,
    order: ReviewOrder,
    *,
    include_labelled: bool,
    page_size: int,
    now: datetime,
) -> list[ReviewItem]:
    """Take the next images for the caller alone.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Which project.
        query: Which images.
        order: Which come first.
        include_labelled: Whether images with labels come too.
        page_size: How many, at most 50; 0: ten.
        now: Begin of the lease.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        QueryInvalid: If the query cannot be read.
    """
    project = await access.editor(store, scope, project_id)
    until = now + LEASE
    taken = await store.reviews.take(
        scope,
        project_id,
        _node(project, query, now),
        order,
        include_labelled=include_labelled,
        limit=min(page_size, MAX_ITEMS) if page_size > 0 else DEFAULT_ITEMS,
        now=now,
        until=until,
    )
    details = {one.image.id: one for one in await store.images.details(scope, project_id, [t.image_id for t in taken])}
    return [
        ReviewItem(details[one.image_id], _shown_etag(details[one.image_id]), until, one.is_skipped)
        for one in taken
        if one.image_id in details
    ]


async def review_image(
    store: Store, scope: Scope, project_id: str, image_id: str, verdict: Verdict, now: datetime
) -> Reviewed:
    """Write down what the caller says of an image.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        ImageNotFound: If there is no such image.
        ImageInReview: If somebody else has taken it.
        PredictionMissing: If he agrees and there is no prediction.
        PredictionChanged: If he agrees with another prediction than there is.
        BoxOutsideImage: If a box leaves the image.
    """
    await access.editor(store, scope, project_id)
    image = await existing_image(store, scope, project_id, image_id)
    await _check_holder(store, scope, image_id, now)
    if verdict.action is ReviewAction.SKIP:
        await store.reviews.skip(project_id, image_id, scope.principal, now)
    else:
        existing = (await store.labels.of_images([image_id]))[image_id]
        wanted = await _wanted(store, image, existing, verdict)
        change = await begin_call(store, scope, project_id, "REVIEW_IMAGE", now)
        await change_labels(store, change, [image_id], lambda _, __: wanted, now)
        await store.reviews.put(project_id, Review(image_id, scope.principal, verdict.action, now))
    await store.reviews.release(image_id)
    labels = (await store.labels.of_images([image_id]))[image_id]
    return Reviewed(tuple(labels), await store.reviews.get(image_id))


async def get_progress(
    store: Store, scope: Scope, project_id: str, query: str, *, include_labelled: bool, now: datetime
) -> ReviewProgress:
    """How far the review of the images of a query is.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        QueryInvalid: If the query cannot be read.
    """
    project = await access.viewer(store, scope, project_id)
    node = _node(project, query, now)
    return await store.reviews.progress(scope, project_id, node, include_labelled=include_labelled, now=now)


def etag(model: str, version: str, time: datetime) -> str:
    """Mark of a prediction: it changes whenever the image is analysed again."""
    return hashlib.sha256(f"{model}@{version} {time.isoformat()}".encode()).hexdigest()[:16]


def _node(project: Project, query: str, now: datetime) -> Node:
    return queries.read(query, queries.Context(now=now, zone=ZoneInfo(project.time_zone)))


def _shown_etag(details: ImageDetails) -> str:
    image = details.image
    for one in details.predictions:
        if (one.model, one.version) == (image.model, image.version):
            return etag(one.model, one.version, one.create_time)
    return ""


async def _check_holder(store: Store, scope: Scope, image_id: str, now: datetime) -> None:
    held = await store.reviews.holder(image_id, now)
    if held is not None and held[0] != scope.principal:
        raise ImageInReview(
            f"Somebody else is reviewing this image until {held[1]:%H:%M:%S} UTC; go on with the next one.",
            image=image_id,
            until=held[1].isoformat(),
        )


async def _wanted(store: Store, image: Image, existing: Sequence[Label], verdict: Verdict) -> list[NewLabel]:
    if verdict.action is ReviewAction.RELABEL:
        for label in verdict.labels:
            if label.box is not None:
                check_box(image, label.box)
        return list(verdict.labels)
    answer = await store.evaluation.answer(image.project_id, image.id, Asked(min_confidence=verdict.min_confidence))
    if answer is None:
        raise PredictionMissing("There is no prediction to agree with yet; give the label yourself.", image=image.id)
    if verdict.etag and verdict.etag != etag(answer.model, answer.version, answer.time):
        raise PredictionChanged("The image was analysed again meanwhile; look at the new prediction.", image=image.id)
    if not answer.is_detector:
        return [*as_new([one for one in existing if one.box is not None]), NewLabel(answer.label or GOOD_LABEL)]
    return _found(image, answer) or [NewLabel(GOOD_LABEL)]


def _found(image: Image, answer: ModelAnswer) -> list[NewLabel]:
    """What a detector found, without what sticks out of the image."""
    clipped = [(one.label, _clipped(one.box, image)) for one in answer.boxes]
    return [NewLabel(label, box) for label, box in clipped if box.width > 0 and box.height > 0]


def _clipped(box: Box, image: Image) -> Box:
    x, y = max(box.x, 0.0), max(box.y, 0.0)
    right, bottom = min(box.x + box.width, float(image.width)), min(box.y + box.height, float(image.height))
    return Box(x, y, right - x, bottom - y)
