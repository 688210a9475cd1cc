"""Delivery of mail behind the back of the call that caused it: its answer takes as long with a slow mail server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from loupe_auth.domain.mails import Mail
from loupe_auth.ports import MailTransport

_MAXIMUM_PENDING = 500
_PAUSES_SECONDS = (1.0, 5.0, 25.0)

_log = structlog.get_logger("loupe.auth.mail")


class BackgroundMailer:
    """The port Mailer over a transport, with repeats.

    A mail that is lost (crash, server away for long) can be asked for again with ResendVerification.

    Args:
        transport: delivers.
        pauses_seconds: waits between the tries.
    """

    def __init__(self, transport: MailTransport, pauses_seconds: Sequence[float] = _PAUSES_SECONDS) -> None:
        self._transport = transport
        self._pauses = tuple(pauses_seconds)
        self._pending: set[asyncio.Task[None]] = set()

    def post(self, mail: Mail) -> None:
        """Accepts a mail for delivery."""
        if len(self._pending) >= _MAXIMUM_PENDING:
            _log.error("mail_dropped", why="too many mails wait for the mail server", pending=len(self._pending))
            return
        task = asyncio.get_running_loop().create_task(self._deliver(mail))
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def close(self, wait_seconds: float = 5.0) -> None:
        """Waits a little for what is under way, then gives up."""
        if self._pending:
            _, late = await asyncio.wait(self._pending, timeout=wait_seconds)
            for task in late:
                task.cancel()

    async def _deliver(self, mail: Mail) -> None:
        for pause in (*self._pauses, None):
            try:
                await self._transport.deliver(mail)
            except Exception as error:  # noqa: BLE001  whatever a mail server does must not end the service
                _log.warning("mail_failed", error=type(error).__name__, detail=str(error)[:200], again_in_s=pause)
                if pause is not None:
                    await asyncio.sleep(pause)
            else:
                return
