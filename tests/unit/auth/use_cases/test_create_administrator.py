"""The first administrator."""

from __future__ import annotations

import pytest

from loupe_auth.domain.errors import PasswordTooWeak
from loupe_auth.domain.users import User
from loupe_auth.ports import Store
from loupe_auth.use_cases.create_administrator import create_administrator
from loupe_kit.caller import Role
from loupe_kit.testing import FakeClock
from tests.contract.auth import factories
from tests.unit.auth import fakes
from tests.unit.auth.fakes import QuickHasher


async def _create(store: Store, clock: FakeClock, password: str = "seven green bicycles") -> User:
    return await create_administrator(
        store,
        QuickHasher(),
        fakes.anonymous(clock),
        email="Chief@plant.example",
        password=password,
        display_name="Chief",
    )


async def test_create__twice_is_once(store: Store, clock: FakeClock) -> None:
    first, second = await _create(store, clock), await _create(store, clock, "another good phrase")

    assert first == second
    assert first.is_administrator
    async with store(read_only=True) as tx:
        assert await tx.users.get_password_hash(first.id) == "hash1:seven green bicycles"
    assert [event.action for event in await fakes.events(store)] == ["administrator.create"]


async def test_create__raises_an_existing_account_and_keeps_its_password(store: Store, clock: FakeClock) -> None:
    async with store() as tx:
        await tx.users.add(factories.user(email="chief@plant.example"), "hash1:own")
        await tx.commit()

    raised = await _create(store, clock)

    assert raised.role is Role.ADMINISTRATOR
    async with store(read_only=True) as tx:
        assert await tx.users.get(raised.id) == raised
        assert await tx.users.get_password_hash(raised.id) == "hash1:own"


@pytest.mark.parametrize("password", ["", "admin", "administrator"])
async def test_create__never_with_a_weak_password(store: Store, clock: FakeClock, password: str) -> None:
    with pytest.raises(PasswordTooWeak):
        await _create(store, clock, password)
