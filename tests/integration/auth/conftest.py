"""A running auth service: a real server with all interceptors, SQLite or MariaDB, a mailbox, a clock to move."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from loupe.auth.v1 import account_service_pb2 as account
from loupe.auth.v1 import (
    account_service_pb2_grpc,
    api_key_service_pb2_grpc,
    audit_service_pb2_grpc,
    department_service_pb2_grpc,
    key_service_pb2_grpc,
    membership_service_pb2_grpc,
    session_service_pb2_grpc,
    user_service_pb2_grpc,
)
from loupe_auth.bootstrap import bootstrap
from loupe_auth.settings import AuthSettings
from loupe_kit.authentication import Authenticator
from loupe_kit.testing import SERVICE_TOKEN_KEY, FakeClock, bearer, running_server
from loupe_kit.tokens import ServiceTokens
from tests.contract.auth.databases import KINDS, empty_database
from tests.unit.auth.fakes import QuickHasher

PASSWORD = "seven green bicycles"
ADMIN = "chief@plant.example"
Metadata = tuple[tuple[str, str], ...]


@dataclass
class Auth:
    """The running service and its stubs."""

    channel: grpc.aio.Channel
    target: str
    mailbox: Path
    clock: FakeClock
    authenticator: Authenticator
    read: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.accounts = account_service_pb2_grpc.AccountServiceStub(self.channel)
        self.sessions = session_service_pb2_grpc.SessionServiceStub(self.channel)
        self.users = user_service_pb2_grpc.UserServiceStub(self.channel)
        self.memberships = membership_service_pb2_grpc.MembershipServiceStub(self.channel)
        self.departments = department_service_pb2_grpc.DepartmentServiceStub(self.channel)
        self.keys = api_key_service_pb2_grpc.ApiKeyServiceStub(self.channel)
        self.signing = key_service_pb2_grpc.KeyServiceStub(self.channel)
        self.audit = audit_service_pb2_grpc.AuditServiceStub(self.channel)

    async def mail(self) -> tuple[str, str]:
        """Returns address and text of the next mail."""
        for _ in range(200):
            new = sorted(set(self.mailbox.glob("*.eml")) - self.read) if self.mailbox.exists() else []
            if new:
                self.read.add(new[0])
                message = email.message_from_bytes(new[0].read_bytes(), policy=email.policy.default)
                return str(message["To"]), message.get_content()
            await asyncio.sleep(0.02)
        raise AssertionError("no mail came")

    async def code(self) -> str:
        """Returns the code in the next mail."""
        _, text = await self.mail()
        found = re.search(r"code is (\d{4} \d{4})", text)
        assert found, text
        return found[1]

    async def sign_up(self, address: str, name: str = "Ada Lovelace", **fields: str) -> account.VerifyEmailResponse:
        """Signs up and verifies."""
        started = await self.accounts.SignUp(
            account.SignUpRequest(email=address, password=PASSWORD, display_name=name, **fields)
        )
        return await self.accounts.VerifyEmail(
            account.VerifyEmailRequest(verification=started.verification, code=await self.code())
        )

    async def sign_in(self, address: str, password: str = PASSWORD) -> account.SessionTokens:
        """Signs in."""
        return await self.accounts.SignIn(account.SignInRequest(email=address, password=password))

    async def as_person(self, address: str) -> Metadata:
        """Returns the metadata of calls by a person who is signed in."""
        return bearer((await self.sign_in(address)).access_token)

    def as_service(self, name: str = "project") -> Metadata:
        """Returns the metadata of calls by a service."""
        return bearer(ServiceTokens(SERVICE_TOKEN_KEY, self.clock).issue(name))

    def later(self, **step: float) -> None:
        """Lets time go by."""
        self.clock.advance(timedelta(**step))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AuthSettings:
    """Settings of a standalone installation with an administrator."""
    for name, value in {
        "LOUPE_DATA_DIR": str(tmp_path),
        "LOUPE_SERVICE_TOKEN_KEY": SERVICE_TOKEN_KEY.get_secret_value(),
        "LOUPE_AUTH_ADMIN_EMAIL": ADMIN,
        "LOUPE_AUTH_ADMIN_PASSWORD": PASSWORD,
    }.items():
        monkeypatch.setenv(name, value)
    return AuthSettings()


@pytest.fixture(params=KINDS)
async def auth(settings: AuthSettings, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Auth]:
    """The service, started, on each database; without the second that each real hash takes on a busy machine."""
    clock = FakeClock()
    async with empty_database(request.param, tmp_path) as url:
        service = bootstrap(settings.model_copy(update={"database_url": url}), clock=clock, hasher=QuickHasher())
        await service.start()
        authenticator = service.resources["authenticator"]
        async with running_server(service.registrations, authenticator=authenticator) as server:
            yield Auth(server.channel, server.target, settings.mailbox, clock, authenticator)
        await service.stop()
