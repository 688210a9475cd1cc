"""Slow hashes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from loupe_auth.adapters.argon2 import Argon2PasswordHasher
from loupe_kit.errors import ResourceExhausted


@pytest.fixture
async def hasher() -> AsyncIterator[Argon2PasswordHasher]:
    made = Argon2PasswordHasher(concurrency=1)
    yield made
    await made.close()


async def test_hash__names_its_parameters_and_verifies(hasher: Argon2PasswordHasher) -> None:
    made = await hasher.hash("seven green bicycles")

    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await hasher.verify(made, "seven green bicycles")
    assert not await hasher.verify(made, "seven green bicycle")
    assert not await hasher.verify("no hash at all", "seven green bicycles")
    assert not hasher.is_outdated(made)
    assert hasher.is_outdated("$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$" + "A" * 43)


async def test_verify__nobody_is_nobody(hasher: Argon2PasswordHasher) -> None:
    await hasher.prepare()

    assert not await hasher.verify(None, "seven green bicycles")


async def test_hash__a_crowd_is_turned_away(hasher: Argon2PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loupe_auth.adapters.argon2._MAXIMUM_WAITING", 2)

    results = await asyncio.gather(*(hasher.hash("x") for _ in range(3)), return_exceptions=True)

    assert [type(result) for result in results] == [str, str, ResourceExhausted]
