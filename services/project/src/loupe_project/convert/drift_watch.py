"""Watches for drift as messages."""

from collections.abc import Collection

from loupe.project.v1 import drift_service_pb2 as pb
from loupe_project.convert.drift import VERDICTS, group_to_message
from loupe_project.convert.values import timestamp
from loupe_project.domain import names
from loupe_project.domain.drift_queries import standing_out
from loupe_project.domain.drift_watch import UNLIKE_TAG, AlertState, Channel, DriftAlert, DriftPoint, DriftWatch
from loupe_project.domain.project import Project, ProjectRole
from loupe_project.use_cases.drift_points import place_of, query_of
from loupe_project.use_cases.drift_watches import WatchWish

FIELDS = ("reference", "group_by", "every_images", "webhook_url", "webhook_secret", "mail_users")
"""What can be changed."""
_STATES = {one: pb.DriftAlert.State.Value(f"STATE_{one.value}") for one in AlertState}


def watch_to_message(project: Project, watch: DriftWatch) -> pb.DriftWatch:
    """A watch, as far as the project's caller may know it."""
    is_editor = project.caller_role.at_least(ProjectRole.EDITOR)
    return pb.DriftWatch(
        name=watch.name,
        reference=watch.reference,
        group_by=watch.group_by,
        every_images=watch.every_images,
        webhook_url=watch.webhook_url if is_editor else "",
        mail_users=[f"users/{one}" for one in watch.mail_users] if is_editor else (),
        has_webhook_secret=bool(watch.webhook_secret),
        creator=watch.creator,
        create_time=timestamp(watch.create_time),
        update_time=timestamp(watch.update_time),
        look_time=timestamp(watch.look_time),
        next_look_time=timestamp(watch.next_look_time),
        problem=watch.problem,
    )


def wish_of(message: pb.DriftWatch, paths: Collection[str]) -> WatchWish:
    """What a watch shall be.

    Args:
        message: As it was sent.
        paths: What of it counts.

    Raises:
        InvalidArgument: If one of `mail_users` is no user's name.
    """
    values = {name: getattr(message, name) for name in FIELDS if name in paths}
    if "mail_users" in values:
        found = [names.split("users/{user}", one, "drift_watch.mail_users")[0] for one in message.mail_users]
        values["mail_users"] = tuple(dict.fromkeys(found))
    return WatchWish(**values)


def point_to_message(watch: DriftWatch, point: DriftPoint) -> pb.DriftPoint:
    """What one look found of one group."""
    base, found = query_of(watch, point), point.group
    group = group_to_message(found, place_of(watch, point))
    unlike = f'tag:"{UNLIKE_TAG}"'
    group.query = standing_out(base, unlike, found.conspicuous_traits, with_unlike=found.is_unlike)
    return pb.DriftPoint(
        date=point.day.isoformat(),
        group=group,
        query=base,
        look_time=timestamp(point.look_time),
        arrived_count=point.arrived_count,
    )


def alert_to_message(alert: DriftAlert) -> pb.DriftAlert:
    """An alert, and what became of it."""
    posted, mailed = alert.deliveries[Channel.WEBHOOK], alert.deliveries[Channel.MAIL]
    return pb.DriftAlert(
        id=alert.id,
        value=alert.value,
        verdict=pb.DriftGroup.VERDICT_UNSPECIFIED if alert.verdict is None else VERDICTS[alert.verdict],
        sentence=alert.sentence,
        sentence_ko=alert.sentence_ko,
        is_test=alert.is_test,
        state=_STATES[posted.state],
        attempt_count=posted.attempt_count,
        answer=posted.answer,
        create_time=timestamp(alert.create_time),
        end_time=timestamp(posted.end_time),
        mail=pb.DriftAlert.Delivery(
            state=_STATES[mailed.state],
            attempt_count=mailed.attempt_count,
            answer=mailed.answer,
            end_time=timestamp(mailed.end_time),
        ),
    )
