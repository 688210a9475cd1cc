"""What watching for drift needs from outside: a store, and who delivers alerts."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from loupe_kit.errors import Unavailable
from loupe_project.domain.drift import Verdict
from loupe_project.domain.drift_watch import Channel, DriftAlert, DriftPoint, DriftWatch, NewcomerImage
from loupe_project.ports.drift import DriftFacts


class DriftRepository(DriftFacts, Protocol):
    """Facts that drift is measured from, watches and their history. Rights on watches are checked by who calls."""

    async def get_watch(self, project_id: str, *, for_change: bool = False) -> DriftWatch | None:
        """The watch of a project; nobody else changes it while this transaction does."""
        ...

    async def put_watch(self, watch: DriftWatch) -> None:
        """Write a watch over what there was, and let go of it."""
        ...

    async def delete_watch(self, project_id: str) -> None:
        """Delete a watch with its history, and take its tag off the project's images."""
        ...

    async def forget_findings(self, project_id: str) -> None:
        """Delete the points of a watch, and take its tag off the project's images."""
        ...

    async def has_work(self, now: datetime) -> bool:
        """Whether `take_due` or `take_alert` would find any; cheap, and writes nothing."""
        ...

    async def take_due(self, now: datetime, until: datetime) -> DriftWatch | None:
        """A watch whose look is due and that no process has in its hands; it is in the caller's until then."""
        ...

    async def finish_look(self, watch: DriftWatch, before: DriftWatch) -> bool:
        """Write what a look changed, and let go of the watch.

        Args:
            watch: As it is now.
            before: As it was taken.

        Returns:
            Whether it was still as it was taken; if not, nothing is written and all that the look found is void.
        """
        ...

    async def newcomers(self, watch: DriftWatch, before: datetime, limit: int) -> list[NewcomerImage]:
        """Images behind the cursor that were uploaded before then and are not in the trash, by id."""
        ...

    async def add_points(self, project_id: str, points: Sequence[DriftPoint]) -> None:
        """Write what a look found."""
        ...

    async def points(
        self, project_id: str, value: str | None, *, before: tuple[date, str] | None, limit: int
    ) -> list[DriftPoint]:
        """Points, newest first, of one group or of all, older than the one with this day and id."""
        ...

    async def last_verdicts(self, project_id: str, values: Sequence[str]) -> Mapping[str, Verdict]:
        """What each group was when it was judged last; groups that never were are left out."""
        ...

    async def forget_old(self, before: date) -> None:
        """Forget points and alerts of all projects from before a day."""
        ...

    async def add_alerts(self, alerts: Sequence[DriftAlert]) -> None:
        """Write new ones."""
        ...

    async def take_alert(self, channel: Channel, now: datetime, until: datetime) -> DriftAlert | None:
        """An alert that is to be sent now in this way, with the try counted; it is the caller's until then."""
        ...

    async def end_try(self, alert: DriftAlert, channel: Channel) -> None:
        """Write what a try came to."""
        ...

    async def alerts(self, project_id: str, *, before: str, limit: int) -> list[DriftAlert]:
        """Alerts, newest first, older than the one with the id `before` unless it is empty."""
        ...


class WebhookFailed(Unavailable):
    """The webhook did not take what it was sent. The message says why, for people."""


class Webhook(Protocol):
    """Posts to an address that somebody gave."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> str:
        """Post JSON; what it answered, such as "HTTP 204".

        Raises:
            WebhookFailed: If it did not answer with a status of 2xx in time, or lies where nothing may be sent to.
        """
        ...


class Mails(Protocol):
    """Mails people whom only auth can address."""

    async def send(self, user_ids: Sequence[str], subject: str, text: str) -> Mapping[str, str]:
        """Mail a text to at most 20 people, each for himself.

        Returns:
            Why people were not reached, by user id; whoever is missing in it was.

        Raises:
            LoupeError: If auth does not answer, and nobody is known to have been reached.
        """
        ...
