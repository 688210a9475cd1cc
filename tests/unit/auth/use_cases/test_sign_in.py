"""Sign-in: the same work for everybody, renewed hashes, limits given back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from loupe_auth.domain.errors import AccountDisabled, InvalidCredentials
from loupe_auth.domain.users import User, UserState
from loupe_auth.ports import Store
from loupe_auth.use_cases.open_session import OpenSession
from loupe_auth.use_cases.opening import SessionLifetime
from loupe_auth.use_cases.sign_in import SignIn
from loupe_kit.testing import FakeClock
from tests.contract.auth import factories
from tests.unit.auth import fakes
from tests.unit.auth.fakes import NoLimits, PlainIssuer, QuickHasher

LIFETIME = SessionLifetime(idle=timedelta(days=14), absolute=timedelta(days=30))


@pytest.fixture
def hasher() -> QuickHasher:
    return QuickHasher()


@pytest.fixture
def limiter() -> NoLimits:
    return NoLimits()


@pytest.fixture
def sign_in(store: Store, hasher: QuickHasher, limiter: NoLimits) -> SignIn:
    return SignIn(store, hasher, limiter, OpenSession(store, PlainIssuer(), LIFETIME))


async def _keep(store: Store, password_hash: str = "hash1:right", **changes: Any) -> User:
    user = factories.user(email="ada@plant.example", **changes)
    async with store() as tx:
        await tx.users.add(user, password_hash)
        await tx.commit()
    return user


async def test_sign_in__opens_a_session(store: Store, clock: FakeClock, sign_in: SignIn, limiter: NoLimits) -> None:
    ada = await _keep(store)

    tokens = await sign_in(fakes.anonymous(clock), " Ada@Plant.example", "right")

    assert tokens.access_token == f"access {ada.id} {tokens.session.id}"
    assert tokens.refresh_token_expire_time == clock.now() + timedelta(days=14)
    assert tokens.session.expire_time == clock.now() + timedelta(days=30)
    assert limiter.taken == []
    (event,) = await fakes.events(store)
    assert (event.action, event.actor, event.call.client_address) == (
        "account.sign_in",
        f"users/{ada.id}",
        "203.0.113.7",
    )


async def test_sign_in__unknown_address_costs_the_same_work(
    clock: FakeClock, sign_in: SignIn, hasher: QuickHasher, limiter: NoLimits
) -> None:
    with pytest.raises(InvalidCredentials):
        await sign_in(fakes.anonymous(clock), "who@plant.example", "right")

    assert hasher.work == [None]
    assert len(limiter.taken) == 3
    assert "who@" not in str(limiter.taken)


async def test_sign_in__disabled_account_is_told_to_its_owner_only(
    store: Store, clock: FakeClock, sign_in: SignIn
) -> None:
    await _keep(store, state=UserState.DISABLED)

    with pytest.raises(InvalidCredentials):
        await sign_in(fakes.anonymous(clock), "ada@plant.example", "wrong")
    with pytest.raises(AccountDisabled):
        await sign_in(fakes.anonymous(clock), "ada@plant.example", "right")


async def test_sign_in__a_password_in_the_wrong_field_is_not_written_down(
    store: Store, clock: FakeClock, sign_in: SignIn
) -> None:
    with pytest.raises(InvalidCredentials):
        await sign_in(fakes.anonymous(clock), "seven green bicycles", "")

    (event,) = await fakes.events(store)
    assert event.details == {"email": ""}


async def test_sign_in__renews_an_outdated_hash(
    store: Store, clock: FakeClock, sign_in: SignIn, hasher: QuickHasher
) -> None:
    ada = await _keep(store, "hash0:right")

    await sign_in(fakes.anonymous(clock), "ada@plant.example", "right")

    async with store(read_only=True) as tx:
        assert await tx.users.get_password_hash(ada.id) == "hash1:right"


async def test_sign_in__known_browser_counts_for_itself(
    store: Store, clock: FakeClock, sign_in: SignIn, limiter: NoLimits
) -> None:
    await _keep(store)
    call = fakes.anonymous(clock)
    token = (await sign_in(call, "ada@plant.example", "right")).device_token

    with pytest.raises(InvalidCredentials):
        await sign_in(call, "ada@plant.example", "wrong", token)
    with pytest.raises(InvalidCredentials):
        await sign_in(call, "bo@plant.example", "wrong", token)

    names = [name for name, _ in limiter.taken]
    assert names == ["sign_in_address", "sign_in_device", "sign_in_address", "sign_in_pair", "sign_in_email"]
    assert (await sign_in(call, "ada@plant.example", "right", token)).device_token == ""
