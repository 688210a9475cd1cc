"""Mail over SMTP, against a real server in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email.message import Message
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
from aiosmtpd.handlers import Message as MessageHandler
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from loupe.auth.v1 import account_service_pb2 as account
from loupe.auth.v1 import account_service_pb2_grpc
from loupe_auth.adapters.smtp import SmtpServer, SmtpTransport
from loupe_auth.bootstrap import bootstrap
from loupe_auth.domain import mails
from loupe_auth.domain.mails import SmtpSecurity
from loupe_auth.settings import AuthSettings
from loupe_kit.testing import running_server
from tests.integration.auth.conftest import PASSWORD

MAIL = mails.verification_mail("ada@plant.example", "12345678", 10)


class Inbox(MessageHandler):
    """Keeps what comes."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.messages.append(message)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def port(inbox: Inbox) -> AsyncIterator[int]:
    """Port of a mail server that knows one password and has no TLS."""

    def check(_server: object, _session: object, _envelope: object, _kind: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=data.login == b"loupe" and data.password == b"post office", handled=False)

    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(inbox, authenticator=check, auth_require_tls=False, hostname="localhost"),
        "127.0.0.1",
        0,
    )
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


def _transport(port: int, **changes: Any) -> SmtpTransport:
    server: dict[str, Any] = {"security": SmtpSecurity.NONE, "username": "loupe", "password": "post office"} | changes
    return SmtpTransport(SmtpServer("127.0.0.1", port, **server), "Loupe <loupe@plant.example>")


async def test_smtp__delivers_with_a_password(port: int, inbox: Inbox) -> None:
    await _transport(port).deliver(MAIL)

    (message,) = inbox.messages
    assert (message["To"], message["X-MailFrom"]) == ("ada@plant.example", "loupe@plant.example")
    assert "1234 5678" in str(message.get_payload())


async def test_smtp__wrong_password_is_an_error(port: int) -> None:
    with pytest.raises(aiosmtplib.SMTPAuthenticationError):
        await _transport(port, password="wrong").deliver(MAIL)


async def test_smtp__never_without_the_protection_that_was_asked_for(port: int, inbox: Inbox) -> None:
    with pytest.raises(aiosmtplib.SMTPException):
        await _transport(port, security=SmtpSecurity.STARTTLS).deliver(MAIL)

    assert inbox.messages == []


async def test_sign_up__mails_through_the_server_of_the_settings(
    port: int, inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "LOUPE_DATA_DIR": str(tmp_path),
        "LOUPE_AUTH_SMTP_HOST": "127.0.0.1",
        "LOUPE_AUTH_SMTP_PORT": str(port),
        "LOUPE_AUTH_SMTP_SECURITY": "none",
        "LOUPE_AUTH_SMTP_USERNAME": "loupe",
        "LOUPE_AUTH_SMTP_PASSWORD": "post office",
    }.items():
        monkeypatch.setenv(name, value)
    service = bootstrap(AuthSettings())
    await service.start()
    async with running_server(service.registrations, authenticator=service.resources["authenticator"]) as server:
        stub = account_service_pb2_grpc.AccountServiceStub(server.channel)
        await stub.SignUp(account.SignUpRequest(email="ada@plant.example", password=PASSWORD, display_name="Ada"))
    await service.stop()

    assert [message["To"] for message in inbox.messages] == ["ada@plant.example"]
    assert not (tmp_path / "mailbox").exists()
