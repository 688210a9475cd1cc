"""Mail through the plant's mail server."""

from __future__ import annotations

from dataclasses import dataclass

import aiosmtplib

from loupe_auth.adapters import messages
from loupe_auth.domain.mails import Mail, SmtpSecurity


@dataclass(frozen=True)
class SmtpServer:
    """Where and how to hand mail over."""

    host: str
    port: int
    security: SmtpSecurity
    username: str | None
    password: str | None
    timeout_seconds: float = 20.0


class SmtpTransport:
    """The port MailTransport over SMTP.

    Args:
        server: where mail is handed over.
        sender: address in the `From` line.
    """

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self._server = server
        self._sender = sender

    async def deliver(self, mail: Mail) -> None:
        """Hands one mail over.

        Raises:
            aiosmtplib.SMTPException: the server is not there or refuses.
        """
        server = self._server
        await aiosmtplib.send(
            messages.email_message(mail, self._sender),
            hostname=server.host,
            port=server.port,
            use_tls=server.security is SmtpSecurity.TLS,
            start_tls=server.security is SmtpSecurity.STARTTLS,
            username=server.username,
            password=server.password,
            timeout=server.timeout_seconds,
        )
