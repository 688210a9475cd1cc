"""The process: the first administrator from the command line, and refusals that say what to set."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from loupe.auth.v1 import account_service_pb2 as account
from loupe.auth.v1 import account_service_pb2_grpc
from loupe_auth import __main__ as process
from loupe_auth.bootstrap import bootstrap
from loupe_auth.domain.errors import PasswordTooWeak
from loupe_auth.settings import AuthSettings
from loupe_kit.testing import running_server


def _run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "loupe_auth", *arguments]
    return subprocess.run(command, input=typed, env=os.environ, capture_output=True, text=True, check=False)


def test_create_admin__while_loupe_is_not_running(settings: AuthSettings) -> None:
    done = _run("create-admin", "--email", "boss@plant.example", typed="eleven quiet tractors\n")

    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "boss@plant.example is an administrator now; sign in with the password of that account.",
    )
    assert "tractors" not in done.stdout + done.stderr


def test_create_admin__weak_password_says_so(settings: AuthSettings) -> None:
    done = _run("create-admin", "--email", "boss@plant.example", typed="admin\n")

    assert done.returncode == 1
    assert "The password must have at least 10 characters." in done.stderr


def test_serve__says_which_key_is_missing(settings: AuthSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOUPE_SERVICE_TOKEN_KEY")

    done = _run()

    assert done.returncode == 1
    assert "LOUPE_SERVICE_TOKEN_KEY" in done.stderr


def test_migrate__may_be_repeated(settings: AuthSettings) -> None:
    shutil.rmtree(settings.data_dir, ignore_errors=True)

    first, second = _run("migrate"), _run("migrate")

    assert (first.returncode, second.returncode) == (0, 0)
    with contextlib.closing(sqlite3.connect(settings.data_dir / "auth.db")) as database:
        assert database.execute("SELECT count(*) FROM users").fetchone() == (0,)


async def test_create_admin__while_loupe_runs(settings: AuthSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("eleven quiet tractors\n"))
    service = bootstrap(settings)
    await service.start()
    await process._create_admin(settings, "boss@plant.example", "Boss")

    async with running_server(service.registrations, authenticator=service.resources["authenticator"]) as server:
        stub = account_service_pb2_grpc.AccountServiceStub(server.channel)
        tokens = await stub.SignIn(account.SignInRequest(email="boss@plant.example", password="eleven quiet tractors"))
    await service.stop()

    assert tokens.user.display_name == "Boss"


async def test_bootstrap__weak_administrator_password_stops_the_start(
    settings: AuthSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOUPE_AUTH_ADMIN_PASSWORD", "admin")
    service = bootstrap(AuthSettings())

    with pytest.raises(PasswordTooWeak, match="at least 10 characters"):
        await service.start()
