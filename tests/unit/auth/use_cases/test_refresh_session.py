"""Refresh: one successor, the newest within the grace, the end of the family after it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loupe_auth.domain import sessions
from loupe_auth.domain.errors import RefreshTokenInvalid, RefreshTokenReused, SessionEnded
from loupe_auth.domain.users import UserState
from loupe_auth.ports import Store
from loupe_auth.use_cases.refresh_session import RefreshSession
from loupe_kit.testing import FakeClock
from tests.contract.auth import factories
from tests.unit.auth import fakes
from tests.unit.auth.fakes import PlainIssuer
from tests.unit.auth.use_cases.test_sign_in import LIFETIME


async def _opened(store: Store, clock: FakeClock, state: UserState = UserState.ACTIVE) -> str:
    token = sessions.new_token()
    ada = factories.user(state=state)
    session = factories.session(ada, create_time=clock.now(), expire_time=clock.now() + LIFETIME.absolute)
    async with store() as tx:
        await tx.users.add(ada, "hash")
        await tx.sessions.add(session, factories.refresh_token(session, token, expire_time=clock.now() + LIFETIME.idle))
        await tx.commit()
    return token


@pytest.fixture
def refresh(store: Store) -> RefreshSession:
    return RefreshSession(store, PlainIssuer(), LIFETIME)


async def test_refresh__a_late_twin_gets_the_newest_token(
    store: Store, clock: FakeClock, refresh: RefreshSession
) -> None:
    first = await _opened(store, clock)
    second = (await refresh(fakes.anonymous(clock), first)).refresh_token
    third = (await refresh(fakes.anonymous(clock), second)).refresh_token

    clock.advance(timedelta(seconds=10))

    assert (await refresh(fakes.anonymous(clock), first)).refresh_token == third
    assert len({first, second, third}) == 3


async def test_refresh__reuse_after_the_grace_ends_the_family_for_good(
    store: Store, clock: FakeClock, refresh: RefreshSession
) -> None:
    first = await _opened(store, clock)
    second = (await refresh(fakes.anonymous(clock), first)).refresh_token
    clock.advance(timedelta(seconds=10.1))

    with pytest.raises(RefreshTokenReused):
        await refresh(fakes.anonymous(clock), first)

    for token in (first, second):
        with pytest.raises(SessionEnded):
            await refresh(fakes.anonymous(clock), token)
    assert [event.action for event in await fakes.events(store)] == ["account.refresh_reused"]


async def test_refresh__an_idle_session_is_over(store: Store, clock: FakeClock, refresh: RefreshSession) -> None:
    token = await _opened(store, clock)
    clock.advance(LIFETIME.idle)

    with pytest.raises(RefreshTokenInvalid):
        await refresh(fakes.anonymous(clock), token)


async def test_refresh__unknown_token(clock: FakeClock, refresh: RefreshSession) -> None:
    with pytest.raises(RefreshTokenInvalid):
        await refresh(fakes.anonymous(clock), sessions.new_token())


async def test_refresh__disabled_account(store: Store, clock: FakeClock, refresh: RefreshSession) -> None:
    token = await _opened(store, clock, UserState.DISABLED)

    with pytest.raises(SessionEnded):
        await refresh(fakes.anonymous(clock), token)


async def test_refresh__the_store_keeps_no_token(store: Store, clock: FakeClock, refresh: RefreshSession) -> None:
    first = await _opened(store, clock)
    second = (await refresh(fakes.anonymous(clock), first)).refresh_token

    async with store(read_only=True) as tx:
        kept = [await tx.sessions.get_token(sessions.token_hash(token)) for token in (first, second)]

    assert first[3:] not in str(kept)
    assert second[3:] not in str(kept)
