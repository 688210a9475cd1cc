"""Whether production still looks like the reference."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast

from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import drift_service_pb2 as pb
from loupe.project.v1 import drift_service_pb2_grpc as pb_grpc
from loupe_client._paging import pages
from loupe_client._transport import Transport

Verdict = Literal["QUIET", "LOOK", "RETRAIN", "UNSPECIFIED"]
AlertState = Literal["KEPT", "SENDING", "DELIVERED", "FAILED", "UNSPECIFIED"]


@dataclass(frozen=True, slots=True)
class DriftTrait:
    """How the images of a group look, whatever they show. Shares are in [0, 1], 0.01 is usual."""

    kind: str
    """BRIGHTNESS, CONTRAST, SHARPNESS, WIDTH or HEIGHT."""
    median: float
    usual_low: float
    """One in a hundred images of the reference has less."""
    usual_high: float
    """One in a hundred has more."""
    below_share: float
    above_share: float
    is_conspicuous: bool


@dataclass(frozen=True, slots=True)
class DriftGroup:
    """Images that belong together, compared with the reference. Shares are in [0, 1]."""

    value: str
    """A day as in 2026-11-22, or a value of the field."""
    verdict: Verdict
    image_count: int
    unlike_share: float
    """0.01 is usual."""
    unsure_share: float
    """0.05 is usual."""
    wrong_share: float
    chance: float
    """Probability that chance alone makes a group as conspicuous as this one."""
    sentence: str
    query: str
    """For its images that stand out."""
    traits: list[DriftTrait] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DriftWatch:
    """How Loupe watches a project by itself."""

    reference: str
    """Query of the images that say what is usual."""
    group_by: str
    """Field; empty: all images together."""
    every_images: int
    """0: once a day."""
    webhook_url: str
    """Where alerts are posted; shown to editors only."""
    has_webhook_secret: bool
    look_time: datetime | None
    """When it looked last; None: not yet."""
    next_look_time: datetime | None
    problem: str
    """Why the last look found nothing out; empty when it went well."""
    mail_users: list[str] = field(default_factory=list)
    """Whom alerts are mailed to, `users/{user}`; shown to editors only."""


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """What one look found of one group."""

    date: str
    """Day of upload, as in 2026-11-22."""
    group: DriftGroup
    query: str
    """For all its images."""
    look_time: datetime
    arrived_count: int
    """Images that came; `group.image_count` of them were judged."""


@dataclass(frozen=True, slots=True)
class DriftAlert:
    """A group turned conspicuous, and whether the webhook and the mail server took it."""

    id: str
    value: str
    sentence: str
    is_test: bool
    state: AlertState
    """With the webhook; KEPT: there is none."""
    attempt_count: int
    answer: str
    create_time: datetime
    mail_state: AlertState
    """By mail; KEPT: nobody was to be mailed."""
    mail_answer: str


class Drift:
    """The sign to train again."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = pb_grpc.DriftServiceStub(transport.channel)

    def measure(self, project: str, *, group_by: str = "day") -> list[DriftGroup]:
        """Returns how far the images of the newest outlier scores are from their reference.

        Args:
            project: `projects/{project}`.
            group_by: `day`, or a field such as `line`.

        Raises:
            NotReady: outliers were not scored against a reference yet.
        """
        request = pb.MeasureDriftRequest(parent=project, group_by=group_by)
        return [_group(one) for one in self._transport.unary(self._stub.MeasureDrift, request).drift_groups]

    def watch(
        self,
        project: str,
        *,
        reference: str | None = None,
        group_by: str | None = None,
        every_images: int | None = None,
        webhook_url: str | None = None,
        webhook_secret: str | None = None,
        mail_users: Sequence[str] | None = None,
    ) -> DriftWatch:
        """Has a project watched, or changes how; what is None stays as it is. Returns the watch.

        Args:
            project: `projects/{project}`.
            reference: Query of the images that say what is usual; needed the first time.
            group_by: Field such as `line`; empty: all images together.
            every_images: Look each time so many have come; 0: once a day.
            webhook_url: Where alerts are posted; empty: nowhere.
            webhook_secret: Alerts are signed with it.
            mail_users: Whom alerts are mailed to, `users/{user}`; empty: nobody.
        """
        given = {
            "reference": reference,
            "group_by": group_by,
            "every_images": every_images,
            "webhook_url": webhook_url,
            "webhook_secret": webhook_secret,
            "mail_users": mail_users,
        }
        values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if not values:
            return _watch(self._transport.unary(self._stub.GetDriftWatch, pb.GetDriftWatchRequest(name=_name(project))))
        request = pb.UpdateDriftWatchRequest(
            drift_watch=pb.DriftWatch(name=_name(project), **values),
            update_mask=FieldMask(paths=sorted(values)),
            request_id=str(uuid.uuid4()),
        )
        return _watch(self._transport.unary(self._stub.UpdateDriftWatch, request))

    def unwatch(self, project: str) -> None:
        """Ends the watch and deletes its history."""
        request = pb.DeleteDriftWatchRequest(name=_name(project), request_id=str(uuid.uuid4()))
        self._transport.unary(self._stub.DeleteDriftWatch, request)

    def look(self, project: str) -> DriftWatch:
        """Has Loupe look at once at what has come; `look_time` of the watch tells when it has."""
        request = pb.LookForDriftRequest(name=_name(project), request_id=str(uuid.uuid4()))
        return _watch(self._transport.unary(self._stub.LookForDrift, request))

    def test_webhook(self, project: str) -> DriftAlert:
        """Sends a test to the webhook and by mail; `alerts` tells what became of it."""
        request = pb.TestDriftWebhookRequest(name=_name(project), request_id=str(uuid.uuid4()))
        return _alert(self._transport.unary(self._stub.TestDriftWebhook, request))

    def history(self, project: str, *, value: str | None = None) -> Iterator[DriftPoint]:
        """Yields what the looks found, newest first.

        Args:
            project: `projects/{project}`.
            value: Of one group only; None: of all.
        """
        request = pb.ListDriftPointsRequest(parent=_name(project), page_size=1000, value=value)
        for answer in pages(self._transport, self._stub.ListDriftPoints, request):
            yield from map(_point, answer.drift_points)

    def alerts(self, project: str) -> Iterator[DriftAlert]:
        """Yields alerts, newest first, with what became of them."""
        request = pb.ListDriftAlertsRequest(parent=_name(project), page_size=1000)
        for answer in pages(self._transport, self._stub.ListDriftAlerts, request):
            yield from map(_alert, answer.drift_alerts)


def _name(project: str) -> str:
    return f"{project}/driftWatch"


def _watch(message: pb.DriftWatch) -> DriftWatch:
    return DriftWatch(
        message.reference,
        message.group_by,
        message.every_images,
        message.webhook_url,
        message.has_webhook_secret,
        message.look_time.ToDatetime(tzinfo=UTC) if message.HasField("look_time") else None,
        message.next_look_time.ToDatetime(tzinfo=UTC) if message.HasField("next_look_time") else None,
        message.problem,
        list(message.mail_users),
    )


def _point(message: pb.DriftPoint) -> DriftPoint:
    group, look_time = _group(message.group), message.look_time.ToDatetime(tzinfo=UTC)
    return DriftPoint(message.date, group, message.query, look_time, message.arrived_count)


def _alert(message: pb.DriftAlert) -> DriftAlert:
    return DriftAlert(
        message.id,
        message.value,
        message.sentence,
        message.is_test,
        _state(message.state),
        message.attempt_count,
        message.answer,
        message.create_time.ToDatetime(tzinfo=UTC),
        _state(message.mail.state),
        message.mail.answer,
    )


def _state(state: pb.DriftAlert.State.ValueType) -> AlertState:
    return cast("AlertState", pb.DriftAlert.State.Name(state).removeprefix("STATE_"))


def _trait(message: pb.DriftTrait) -> DriftTrait:
    return DriftTrait(
        pb.DriftTrait.Kind.Name(message.kind).removeprefix("KIND_"),
        message.median,
        message.usual_low,
        message.usual_high,
        message.below_share,
        message.above_share,
        message.is_conspicuous,
    )


def _group(message: pb.DriftGroup) -> DriftGroup:
    return DriftGroup(
        message.value,
        cast("Verdict", pb.DriftGroup.Verdict.Name(message.verdict).removeprefix("VERDICT_")),
        message.image_count,
        message.unlike_share,
        message.unsure_share,
        message.wrong_share,
        message.chance,
        message.sentence,
        message.query,
        [_trait(one) for one in message.traits],
    )
