"""`python -m loupe_auth` serves auth alone; `create-admin` and `rotate-signing-key` are the operator's commands."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from functools import partial

from loupe_auth.adapters.key_cipher import KeyCipher
from loupe_auth.adapters.signing import StoredSigningKeys
from loupe_auth.adapters.sql.store import AuthUnitOfWork
from loupe_auth.bootstrap import MIGRATIONS, bootstrap
from loupe_auth.domain.audit import Action, CallInfo
from loupe_auth.domain.calls import Call
from loupe_auth.settings import AuthSettings
from loupe_auth.use_cases import recording
from loupe_auth.use_cases.create_administrator import create_administrator
from loupe_kit import serving, telemetry
from loupe_kit.caller import ANONYMOUS
from loupe_kit.clock import SystemClock
from loupe_kit.errors import LoupeError
from loupe_kit.sql import create_engine, upgrade


def main(arguments: list[str] | None = None) -> None:
    """Runs one of the commands.

    Args:
        arguments: command line; None: that of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m loupe_auth", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="serve auth alone (the default); settings are LOUPE_AUTH_… of the environment")
    admin = commands.add_parser(
        "create-admin",
        help="make an administrator, or raise an existing account to one; Loupe may be running meanwhile",
        description="The password of a new account is asked for, or read as one line from a pipe.",
    )
    admin.add_argument("--email", required=True, help="address to sign in with")
    admin.add_argument("--name", default="Administrator", help="name that others see")
    rotate = commands.add_parser(
        "rotate-signing-key",
        help="replace the key that signs access tokens, before its time; Loupe may be running meanwhile",
        description="The new key signs after two minutes; nobody is signed out.",
    )
    rotate.add_argument(
        "--drop-old",
        action="store_true",
        help="somebody has a copy of the old key: tokens of it stop working within five minutes",
    )
    commands.add_parser("migrate", help="bring the database up to date and end; a server does so at its start, too")
    chosen = parser.parse_args(arguments)
    settings = AuthSettings()
    telemetry.configure("auth", level=settings.log_level, log_format=settings.log_format)
    if chosen.command == "create-admin":
        asyncio.run(_create_admin(settings, chosen.email, chosen.name))
    elif chosen.command == "migrate":
        asyncio.run(_migrate(settings))
    elif chosen.command == "rotate-signing-key":
        asyncio.run(_rotate_signing_key(settings, drop_old=chosen.drop_old))
    else:
        asyncio.run(_serve(settings))


async def _serve(settings: AuthSettings) -> None:
    if settings.service_token_key is None:
        raise SystemExit("Set LOUPE_SERVICE_TOKEN_KEY (32 characters or more, the same in all of Loupe's processes).")
    service = bootstrap(settings)
    await serving.serve(service, service.resources["authenticator"], settings.address)


async def _migrate(settings: AuthSettings) -> None:
    if not settings.database_url:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    await upgrade(settings.database, MIGRATIONS)


async def _create_admin(settings: AuthSettings, email: str, name: str) -> None:
    password = await asyncio.to_thread(_read_password)
    # The settings may name an administrator of their own, which is the server's business.
    service = bootstrap(settings.model_copy(update={"admin_email": ""}))
    await service.start()
    try:
        user = await create_administrator(
            service.resources["store"],
            service.resources["hasher"],
            Call(ANONYMOUS, CallInfo(), SystemClock().now()),
            email=email,
            password=password,
            display_name=name,
        )
    except LoupeError as error:
        raise SystemExit(error.message) from error
    finally:
        await service.stop()
    sys.stdout.write(f"{user.email} is an administrator now; sign in with the password of that account.\n")


async def _rotate_signing_key(settings: AuthSettings, *, drop_old: bool) -> None:
    engine = create_engine(settings.database)
    try:
        await upgrade(engine, MIGRATIONS)
        store, clock = partial(AuthUnitOfWork, engine), SystemClock()
        cipher = KeyCipher(settings.key_encryption_key)
        key = await StoredSigningKeys(store, clock, cipher, settings.signing_key_lifetime).rotate(drop_old=drop_old)
        async with store() as tx:
            call = Call(ANONYMOUS, CallInfo(), clock.now())
            await recording.done(tx, call, Action.ROTATE_SIGNING_KEY, key_id=key.id, drop_old=str(drop_old).lower())
            await tx.commit()
    finally:
        await engine.dispose()
    sys.stdout.write(f"{key.id} is the new signing key.\n")


def _read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password of a new account (an existing one keeps its own): ")
    if getpass.getpass("Again: ") != password:
        raise SystemExit("The two passwords differ; nothing was changed.")
    return password


if __name__ == "__main__":
    main()
