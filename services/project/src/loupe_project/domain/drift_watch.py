"""A project that is watched: how, what was found, who is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from loupe_project.domain.drift import MIN_IMAGES, Group, Verdict

UNLIKE_TAG = "drift:unlike"
"""Automatic tag of images that a look found unlike the reference."""
MAX_REFERENCE = 20_000
"""Images of a reference; of more the newest are taken."""
MAX_LOOKED_AT = 50_000
"""Images of one look; what is left over has its look at once."""
MAX_JUDGED = 1_000
"""Images of a group and day that are judged; of more so many, evenly spread."""
LOOK_BACK = timedelta(days=30)
"""How far back the first look goes."""
KEPT_DAYS = 400
"""Days of history."""
SETTLING = timedelta(minutes=10)
"""After midnight, so that the last images of the day are analysed."""
MIN_EVERY, MAX_EVERY = 50, 1_000_000
MAX_MAIL_USERS = 20
"""People whom alerts are mailed to."""

RETRIES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 300))
"""Waits before the second and later tries to deliver an alert."""

_RANKS = {Verdict.QUIET: 0, Verdict.LOOK: 1, Verdict.RETRAIN: 2}


class Channel(StrEnum):
    """Ways in which people are told. The values are columns' prefixes."""

    WEBHOOK = "webhook"
    MAIL = "mail"


class AlertState(StrEnum):
    """How far an alert has come in one way; KEPT: there is nobody to tell."""

    KEPT = "KEPT"
    SENDING = "SENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class DriftWatch:
    """How a project is watched."""

    project_id: str
    epoch: int
    """Of the history; what was found for an older one is thrown away."""
    reference: str
    """Query."""
    group_by: str
    """Field; empty: all images together."""
    every_images: int
    """0: once a day."""
    webhook_url: str
    """Empty: nothing is posted."""
    webhook_secret: str
    creator: str
    create_time: datetime
    update_time: datetime
    start_time: datetime
    """Images that were uploaded before are not looked at."""
    cursor_id: str
    """Id of the last image that was looked at; empty: none."""
    next_look_time: datetime
    look_time: datetime | None = None
    look_wanted: bool = False
    """Whether the next look takes in the day that is not over yet."""
    problem: str = ""
    """Why the last look found nothing out."""
    mail_users: tuple[str, ...] = ()
    """Ids of the people whom alerts are mailed to."""

    @property
    def name(self) -> str:
        """Resource name."""
        return f"projects/{self.project_id}/driftWatch"

    @property
    def channels(self) -> frozenset[Channel]:
        """In which ways people are told."""
        is_used = {Channel.WEBHOOK: bool(self.webhook_url), Channel.MAIL: bool(self.mail_users)}
        return frozenset(one for one, used in is_used.items() if used)


@dataclass(frozen=True, slots=True)
class NewcomerImage:
    """An image that a look may take in."""

    id: str
    upload_time: datetime
    is_pending: bool


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """What one look found of one group on one day."""

    id: str
    day: date
    """Of upload, in the project's time zone."""
    look_time: datetime
    first_time: datetime
    """Upload of the first image."""
    last_time: datetime
    arrived_count: int
    group: Group

    @property
    def is_judged(self) -> bool:
        """Whether it had images enough."""
        return self.group.count >= MIN_IMAGES


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far an alert has come in one way."""

    state: AlertState = AlertState.KEPT
    attempt_count: int = 0
    answer: str = ""
    next_time: datetime | None = None
    """When it is tried next; None: it is over."""
    end_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class DriftAlert:
    """A group turned conspicuous, or somebody tries how alerts arrive."""

    id: str
    project_id: str
    value: str
    verdict: Verdict | None
    """None of a test."""
    sentence: str
    sentence_ko: str
    query: str
    create_time: datetime
    is_test: bool = False
    deliveries: Mapping[Channel, Delivery] = field(default_factory=dict)
    """One for each channel."""
    mail_left: tuple[str, ...] = ()
    """Ids of the people who were not reached yet."""

    def to_be_told(self, watch: DriftWatch) -> "DriftAlert":
        """The alert, on its way to everybody whom the watch tells."""
        way = Delivery(AlertState.SENDING, next_time=self.create_time)
        kept = Delivery(end_time=self.create_time)
        ways = {channel: way if channel in watch.channels else kept for channel in Channel}
        return replace(self, deliveries=ways, mail_left=watch.mail_users)

    def with_delivery(self, channel: Channel, delivery: Delivery) -> "DriftAlert":
        """The alert, further on its way."""
        return replace(self, deliveries={**self.deliveries, channel: delivery})


def is_worse(verdict: Verdict, before: Verdict | None) -> bool:
    """Whether somebody has to be told: a group is more conspicuous than it was when it was judged last.

    Args:
        verdict: Now.
        before: Last time; None: never judged.
    """
    return _RANKS[verdict] > _RANKS[before or Verdict.QUIET]


def next_daily_look(now: datetime, zone: ZoneInfo) -> datetime:
    """When the day that is running now is looked at."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return midnight(tomorrow, zone) + SETTLING


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def settled(images: Sequence[NewcomerImage], waits_since: datetime) -> list[NewcomerImage]:
    """The images up to the first one that is still being analysed, so that none is passed over.

    Args:
        images: By id.
        waits_since: One that was uploaded before and is pending still is waited for no longer.
    """
    found: list[NewcomerImage] = []
    for one in images:
        if one.is_pending and one.upload_time >= waits_since:
            break
        found.append(one)
    return found


def spread(images: Sequence[str], most: int = MAX_JUDGED) -> list[str]:
    """At most `most` of the images, evenly spread over all."""
    if len(images) <= most:
        return list(images)
    return [images[place * len(images) // most] for place in range(most)]


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When an alert is tried again after so many tries that went wrong; None: no more."""
    return now + RETRIES[attempts - 1] if attempts <= len(RETRIES) else None
