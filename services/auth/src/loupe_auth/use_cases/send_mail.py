"""Mails a text of another service to people."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from loupe_auth.domain.mails import Mail
from loupe_auth.ports import MailTransport, Store
from loupe_kit.errors import FieldViolation, InvalidArgument

MAX_PEOPLE = 20
MAX_SUBJECT = 300
MAX_TEXT = 20_000
_AT_ONCE = 5
"""Connections to the mail server, which limits them too."""
_TIMEOUT_SECONDS = 15.0
"""With five at a time, everybody is tried within a minute."""

_log = structlog.get_logger("loupe.auth.mail")


@dataclass(frozen=True)
class Letter:
    """What to mail."""

    user_ids: Sequence[str]
    subject: str
    text: str


async def send_mail(store: Store, transport: MailTransport, letter: Letter) -> dict[str, str]:
    """Returns why people were not reached, by user id; whoever is missing in it was.

    Raises:
        InvalidArgument: nobody or too many people, or a subject or text that is empty, too long or not one line.
    """
    _check(letter)
    addresses: dict[str, str] = {}
    async with store(read_only=True) as tx:
        for user_id in letter.user_ids:
            user = await tx.users.get(user_id)
            if user is not None and user.is_active:
                addresses[user_id] = user.email
    places = asyncio.Semaphore(_AT_ONCE)

    async def deliver(user_id: str) -> str:
        if user_id not in addresses:
            return "there is no such account, or it is disabled"
        mail = Mail(to=addresses[user_id], subject=letter.subject, text=letter.text, gist=letter.subject)
        async with places:
            try:
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    await transport.deliver(mail)
            except TimeoutError:
                return "the mail server did not answer in time"
            except Exception as error:  # noqa: BLE001  whatever a mail server does is this mail's failure alone
                _log.warning("mail_failed", error=type(error).__name__, detail=str(error)[:200])
                return f"the mail server did not take it ({type(error).__name__})"
        return ""

    answers = await asyncio.gather(*map(deliver, letter.user_ids))
    return {user_id: why for user_id, why in zip(letter.user_ids, answers, strict=True) if why}


def _check(letter: Letter) -> None:
    count = len(letter.user_ids)
    if not 1 <= count <= MAX_PEOPLE or len(set(letter.user_ids)) < count:
        raise _invalid("users", f"must be 1 to {MAX_PEOPLE} people, each once", f"{count} people cannot be mailed.")
    if not letter.subject.strip() or len(letter.subject) > MAX_SUBJECT or not letter.subject.isprintable():
        raise _invalid("subject", f"must be one line of 1 to {MAX_SUBJECT} characters", "This cannot be a subject.")
    if not letter.text.strip() or len(letter.text) > MAX_TEXT:
        raise _invalid("text", f"must have 1 to {MAX_TEXT} characters", "This cannot be the text of a mail.")


def _invalid(field: str, rule: str, message: str) -> InvalidArgument:
    return InvalidArgument(f"{message} {field} {rule}.", fields=[FieldViolation(field, rule)])
