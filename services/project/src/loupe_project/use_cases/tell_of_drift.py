"""How alerts about drift reach people: posted to a webhook, and mailed."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from loupe_kit.clock import Clock
from loupe_kit.errors import LoupeError
from loupe_project.domain import drift_mail
from loupe_project.domain.drift_watch import DriftAlert, DriftWatch
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.ports.drift_watch import Mails, Webhook, WebhookFailed
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases.scopes import Scopes


@dataclass(frozen=True, slots=True)
class Told:
    """What a try came to."""

    is_delivered: bool
    answer: str
    """For people."""
    mail_left: tuple[str, ...] = ()
    """Ids of the people to try again."""


class Teller(Protocol):
    """One way to tell people."""

    async def tell(self, alert: DriftAlert, watch: DriftWatch, project: Project) -> Told | None:
        """Try to deliver an alert; None: there is nobody to tell any more."""
        ...


class WebhookTeller:
    """Posts alerts.

    Args:
        webhook: Delivers.
        clock: Dates signatures.
    """

    def __init__(self, webhook: Webhook, clock: Clock) -> None:
        self._webhook = webhook
        self._clock = clock

    async def tell(self, alert: DriftAlert, watch: DriftWatch, project: Project) -> Told | None:
        """See `Teller`."""
        if not watch.webhook_url:
            return None
        body = message_of(alert, project.display_name, watch.group_by)
        headers = {"X-Loupe-Event-Id": alert.id}
        if watch.webhook_secret:
            headers["X-Loupe-Signature"] = signature(watch.webhook_secret, int(self._clock.now().timestamp()), body)
        try:
            return Told(is_delivered=True, answer=await self._webhook.post(watch.webhook_url, body, headers))
        except WebhookFailed as error:
            return Told(is_delivered=False, answer=error.message)


class MailTeller:
    """Mails alerts to those of a watch's people who see every image of the project at that moment.

    Args:
        stores: Makes transactions.
        scopes: What exists for people.
        mails: Delivers.
    """

    def __init__(self, stores: StoreFactory, scopes: Scopes, mails: Mails) -> None:
        self._stores = stores
        self._scopes = scopes
        self._mails = mails

    async def tell(self, alert: DriftAlert, watch: DriftWatch, project: Project) -> Told | None:
        """See `Teller`."""
        wanted = [one for one in alert.mail_left if one in watch.mail_users]
        try:
            scopes = await scopes_of(self._scopes, wanted)
            async with self._stores(read_only=True) as store:
                readers = [one for one in wanted if await may_be_told(store, scopes[one], project.id)]
            if not readers:
                return None
            name = project.display_name
            failures = await self._mails.send(
                readers, drift_mail.subject_of(alert, name), drift_mail.text_of(alert, name)
            )
        except LoupeError as error:
            return Told(is_delivered=False, answer=error.message, mail_left=tuple(wanted))
        answer = f"{len(readers) - len(failures)} of {len(readers)} mailed"
        if not failures:
            return Told(is_delivered=True, answer=answer)
        reasons = "; ".join(f"users/{one}: {why}" for one, why in failures.items())
        return Told(is_delivered=False, answer=f"{answer}; {reasons}", mail_left=tuple(failures))


async def scopes_of(scopes: Scopes, user_ids: Sequence[str]) -> dict[str, Scope | None]:
    """What exists for people now; None for accounts that are disabled or gone.

    Raises:
        LoupeError: If auth does not answer.
    """
    return {one: await scopes.of_person(one) for one in user_ids}


async def may_be_told(store: Store, scope: Scope | None, project_id: str) -> bool:
    """Whether somebody sees every image of a project, over which drift is measured."""
    return scope is not None and await store.images.sees_all(scope, project_id)


def message_of(alert: DriftAlert, display_name: str, group_by: str) -> bytes:
    """What a webhook is sent, as JSON."""
    event: Mapping[str, object] = {
        "event": "drift.test" if alert.is_test else "drift.alert",
        "id": alert.id,
        "time": alert.create_time.isoformat(),
        "project": f"projects/{alert.project_id}",
        "project_display_name": display_name,
        "group_by": group_by,
        "value": alert.value,
        "verdict": alert.verdict.value if alert.verdict else "",
        "sentence": alert.sentence,
        "sentence_ko": alert.sentence_ko,
        "query": alert.query,
    }
    return json.dumps(event, ensure_ascii=False).encode()


def signature(secret: str, seconds: int, body: bytes) -> str:
    """Value of the header X-Loupe-Signature: when it was sent, and HMAC-SHA256 over that time, a point and the body.

    Args:
        secret: Of the watch.
        seconds: Time of sending, since 1970.
        body: As it is sent.
    """
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"
