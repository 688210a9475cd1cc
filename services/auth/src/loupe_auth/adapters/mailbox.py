"""Mail without a mail server: each mail becomes a file, and the log says what is in it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import structlog

from loupe_auth.adapters import messages
from loupe_auth.domain.mails import Mail
from loupe_kit import ids

_log = structlog.get_logger("loupe.auth.mail")


class MailboxTransport:
    """The port MailTransport into a folder, for installations without SMTP.

    The codes in these mails are secrets for ten minutes; that they are shown here is the point of this transport, and
    why it is used only where no SMTP host is set.

    Args:
        folder: gets one `.eml` file a mail.
        sender: address in the `From` line.
    """

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def deliver(self, mail: Mail) -> None:
        """Writes the file and one line of log."""
        path = await asyncio.to_thread(self._write, messages.email_message(mail, self._sender))
        _log.warning(
            "mail_kept_in_folder",
            to=mail.to,
            gist=mail.gist,
            file=str(path),
            why="LOUPE_AUTH_SMTP_HOST is not set, so mail goes to this folder and codes are shown here",
        )

    def _write(self, message: EmailMessage) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{ids.new_id()[-8:]}.eml"
        # Renamed when whole, so that whoever watches the folder never reads half a mail.
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_bytes(bytes(message))
        part.rename(path)
        return path
