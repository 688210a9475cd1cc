"""Mail: into the folder, in the background, with repeats."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

from structlog.testing import capture_logs

from loupe_auth.adapters.mailbox import MailboxTransport
from loupe_auth.adapters.outgoing import BackgroundMailer
from loupe_auth.domain import mails
from tests.unit.auth.fakes import RecordingTransport

MAIL = mails.verification_mail("ada@plant.example", "12345678", 10)


async def test_mailbox__keeps_a_file_and_tells_the_code(tmp_path: Path) -> None:

    with capture_logs() as logs:
        await MailboxTransport(tmp_path / "mailbox", "Loupe <loupe@localhost>").deliver(MAIL)

    (path,) = (tmp_path / "mailbox").iterdir()
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert (path.suffix, path.stat().st_mode & 0o777) == (".eml", 0o600)
    assert (message["To"], message["From"]) == ("ada@plant.example", "Loupe <loupe@localhost>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert "1234 5678" in message.get_content()
    assert (logs[0]["gist"], logs[0]["file"]) == ("Your Loupe code is 1234 5678", str(path))
    assert "LOUPE_AUTH_SMTP_HOST" in logs[0]["why"]


async def test_mailer__tries_again() -> None:
    transport = RecordingTransport(failures=2)
    mailer = BackgroundMailer(transport, pauses_seconds=(0.0, 0.0))

    mailer.post(MAIL)
    await mailer.close()

    assert transport.delivered == [MAIL]


async def test_mailer__gives_up_without_harm() -> None:
    transport = RecordingTransport(failures=9)
    mailer = BackgroundMailer(transport, pauses_seconds=(0.0,))

    with capture_logs() as logs:
        mailer.post(MAIL)
        await mailer.close()

    assert transport.delivered == []
    assert [line["event"] for line in logs] == ["mail_failed", "mail_failed"]
    assert "1234" not in str(logs)
