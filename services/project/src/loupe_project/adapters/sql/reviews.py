"""The review queue in SQL. Who takes an image writes a row under its id: of two at once one has it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, func, not_, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import sight
from loupe_project.adapters.sql.search_conditions import condition
from loupe_project.adapters.sql.tables import (
    image_reviews,
    images,
    labels,
    outlier_scores,
    predictions,
    review_leases,
    review_skips,
)
from loupe_project.adapters.sql.tag_links import insert_new
from loupe_project.domain.query.tree import Node
from loupe_project.domain.review import Review, ReviewAction, ReviewOrder, ReviewProgress, Taken
from loupe_project.domain.scope import Scope

_UNSURE = 2.0
"""Behind every confidence: images without one come last."""
_ATTEMPTS = 5
"""How often it looks again when others took what it had found."""


class SqlReviewRepository:
    """See `ports.reviews.ReviewRepository`."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def take(
        self,
        scope: Scope,
        project_id: str,
        node: Node,
        order: ReviewOrder,
        *,
        include_labelled: bool,
        limit: int,
        now: datetime,
        until: datetime,
    ) -> list[Taken]:
        """See the port."""
        me = scope.principal
        left = [*await self._matching(scope, project_id, node), _is_left(include_labelled=include_labelled)]
        for _ in range(_ATTEMPTS):
            found: dict[str, Taken] = {}
            for kind in (_is_held(me, now), _is_fresh(me, now), _is_passed(me, now)):
                for also, order_by in _ORDERS[order]:
                    if len(found) < limit:
                        statement = select(images.c.id, _is_skipped(me).label("is_skipped")).where(*left, kind, also)
                        rows = await self._session.execute(statement.order_by(*order_by).limit(limit - len(found)))
                        found.update((row.id, Taken(row.id, bool(row.is_skipped))) for row in rows)
            mine = await self._lease(project_id, list(found), me, now, until)
            # Others may have been faster with some of them: what they left is worth giving, nothing is not.
            if mine or not found:
                return [one for image_id, one in found.items() if image_id in mine]
        return []

    async def holder(self, image_id: str, now: datetime) -> tuple[str, datetime] | None:
        """See the port."""
        found = await self._session.execute(
            select(review_leases.c.reviewer, review_leases.c.expire_time).where(
                review_leases.c.image_id == image_id, review_leases.c.expire_time > now
            )
        )
        row = found.first()
        return None if row is None else (row.reviewer, row.expire_time)

    async def release(self, image_id: str) -> None:
        """See the port."""
        await self._session.execute(delete(review_leases).where(review_leases.c.image_id == image_id))

    async def skip(self, project_id: str, image_id: str, reviewer: str, now: datetime) -> None:
        """See the port."""
        where = (review_skips.c.image_id == image_id, review_skips.c.reviewer == reviewer)
        await self._session.execute(delete(review_skips).where(*where))
        row = {"image_id": image_id, "reviewer": reviewer, "project_id": project_id, "skip_time": now}
        await self._session.execute(insert_new(self._session, review_skips), [row])

    async def put(self, project_id: str, review: Review) -> None:
        """See the port."""
        await self._session.execute(delete(image_reviews).where(image_reviews.c.image_id == review.image_id))
        await self._session.execute(
            insert_new(self._session, image_reviews),
            [
                {
                    "image_id": review.image_id,
                    "project_id": project_id,
                    "reviewer": review.reviewer,
                    "action": review.action,
                    "review_time": review.time,
                }
            ],
        )
        await self._session.execute(delete(review_skips).where(review_skips.c.image_id == review.image_id))

    async def forget(self, image_ids: Sequence[str]) -> None:
        """See the port."""
        for some in chunks(image_ids):
            await self._session.execute(delete(image_reviews).where(image_reviews.c.image_id.in_(some)))

    async def get(self, image_id: str) -> Review | None:
        """See the port."""
        found = await self._session.execute(select(image_reviews).where(image_reviews.c.image_id == image_id))
        row = found.first()
        return None if row is None else Review(row.image_id, row.reviewer, ReviewAction(row.action), row.review_time)

    async def progress(
        self, scope: Scope, project_id: str, node: Node, *, include_labelled: bool, now: datetime
    ) -> ReviewProgress:
        """See the port."""
        me = scope.principal
        left = _is_left(include_labelled=include_labelled)
        mine = _review().where(image_reviews.c.reviewer == me).exists()
        counted = [true(), left, and_(left, _is_taken(me, now)), mine]
        statement = select(*(func.sum(case((one, 1), else_=0)) for one in counted))
        row = (await self._session.execute(statement.where(*await self._matching(scope, project_id, node)))).one()
        return ReviewProgress(*(int(count or 0) for count in row))

    async def _matching(self, scope: Scope, project_id: str, node: Node) -> list[ColumnElement[bool]]:
        seen = await sight(self._session, scope, project_id)
        return [seen.rows(), condition(node, project_id, seen)]

    async def _lease(
        self, project_id: str, image_ids: Sequence[str], me: str, now: datetime, until: datetime
    ) -> set[str]:
        """Take images that nobody else has; which of them are the caller's now."""
        mine: set[str] = set()
        # In one order, so that two who take the same ones wait for each other instead of going in circles.
        for some in chunks(sorted(image_ids)):
            table = review_leases.c
            row = {"project_id": project_id, "reviewer": me, "expire_time": until}
            await self._session.execute(
                insert_new(self._session, review_leases), [{"image_id": one, **row} for one in some]
            )
            await self._session.execute(
                update(review_leases)
                .where(table.image_id.in_(some), or_(table.reviewer == me, table.expire_time <= now))
                .values(reviewer=me, expire_time=until)
            )
            held = select(table.image_id).where(table.image_id.in_(some), table.reviewer == me)
            mine.update(await self._session.scalars(held))
        return mine


def _review() -> Select[Any]:
    return select(image_reviews.c.image_id).where(image_reviews.c.image_id == images.c.id).correlate(images)


def _is_left(*, include_labelled: bool) -> ColumnElement[bool]:
    """Nobody has reviewed it, and unless labels are looked at again it has none."""
    if include_labelled:
        return not_(_review().exists())
    labelled = select(labels.c.id).where(labels.c.image_id == images.c.id).correlate(images)
    return and_(not_(_review().exists()), not_(labelled.exists()))


def _lease_of(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    found = select(review_leases.c.image_id).where(review_leases.c.image_id == images.c.id, *where)
    return found.correlate(images).exists()


def _is_taken(me: str, now: datetime) -> ColumnElement[bool]:
    """Somebody else has it."""
    return _lease_of(review_leases.c.reviewer != me, review_leases.c.expire_time > now)


def _is_held(me: str, now: datetime) -> ColumnElement[bool]:
    """The reviewer has it."""
    lease = review_leases.c
    return images.c.id.in_(select(lease.image_id).where(lease.reviewer == me, lease.expire_time > now))


def _is_fresh(me: str, now: datetime) -> ColumnElement[bool]:
    """Nobody has it, and the reviewer has not skipped it."""
    return and_(not_(_lease_of(review_leases.c.expire_time > now)), not_(_is_skipped(me)))


def _is_passed(me: str, now: datetime) -> ColumnElement[bool]:
    """Nobody has it, and the reviewer has skipped it."""
    skip = review_skips.c
    mine = images.c.id.in_(select(skip.image_id).where(skip.reviewer == me))
    return and_(not_(_lease_of(review_leases.c.expire_time > now)), mine)


def _is_skipped(me: str) -> ColumnElement[bool]:
    found = select(review_skips.c.image_id).where(review_skips.c.image_id == images.c.id, review_skips.c.reviewer == me)
    return found.correlate(images).exists()


def _disagreement() -> ColumnElement[int]:
    """First where a person and the model say different things, then where two models do."""
    wrong = images.c.truth_folded.is_not(None) & (func.coalesce(images.c.label_folded, "") != images.c.truth_folded)
    other = (
        select(predictions.c.id)
        .where(
            predictions.c.image_id == images.c.id,
            func.coalesce(predictions.c.label_folded, "") != func.coalesce(images.c.label_folded, ""),
        )
        .correlate(images)
    )
    return case((wrong, 0), (exists(other), 1), else_=2)


def _outlier() -> ColumnElement[Any]:
    score = select(outlier_scores.c.score).where(outlier_scores.c.image_id == images.c.id).correlate(images)
    return func.coalesce(score.scalar_subquery(), -1.0).desc()


_Step = tuple[ColumnElement[bool], tuple[ColumnElement[Any], ...]]

_CONFIDENCE = func.coalesce(images.c.confidence, _UNSURE)
_ORDERS: dict[ReviewOrder, tuple[_Step, ...]] = {
    # Those without a confidence by themselves, so that the others come out of the index.
    ReviewOrder.LEAST_CONFIDENCE: (
        (images.c.confidence.is_not(None), (images.c.confidence, images.c.id)),
        (images.c.confidence.is_(None), (images.c.id,)),
    ),
    ReviewOrder.OUTLIER: ((true(), (_outlier(), images.c.id)),),
    ReviewOrder.DISAGREEMENT: ((true(), (_disagreement(), _CONFIDENCE, images.c.id)),),
    ReviewOrder.NEWEST: ((true(), (images.c.upload_time.desc(), images.c.id.desc())),),
}
"""Conditions and orders, one after the other."""
