"""API keys in use: what is refused, and how often use is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from loupe_auth.domain import api_keys
from loupe_auth.domain.errors import ApiKeyInvalid
from loupe_auth.domain.users import UserState
from loupe_auth.ports import Store
from loupe_auth.use_cases.resolve_api_key import resolve_api_key
from loupe_kit.testing import FakeClock
from tests.contract.auth import factories
from tests.unit.auth import fakes

SECRET = "ab" * 24


async def _keep(store: Store, clock: FakeClock, *, state: UserState = UserState.ACTIVE) -> str:
    owner = factories.user(state=state)
    key = factories.api_key(
        owner,
        secret_hash=api_keys.secret_hash(SECRET),
        create_time=clock.now(),
        expire_time=clock.now() + timedelta(days=1),
    )
    async with store() as tx:
        await tx.users.add(owner, "hash")
        await tx.api_keys.add(key)
        await tx.commit()
    return api_keys.key_text(key.id, SECRET)


async def test_resolve__use_is_written_to_the_key_each_minute_and_to_the_audit_each_hour(
    store: Store, clock: FakeClock
) -> None:
    text = await _keep(store, clock)
    last_uses = []
    for step in (0, 30, 31, 3600):
        clock.advance(timedelta(seconds=step))
        key, _ = await resolve_api_key(store, fakes.anonymous(clock), text)
        last_uses.append(key.last_use_time)

    assert len(set(last_uses)) == 3
    assert [event.action for event in await fakes.events(store)] == ["api_key.use", "api_key.use"]


async def test_resolve__expired(store: Store, clock: FakeClock) -> None:
    text = await _keep(store, clock)
    clock.advance(timedelta(days=1))

    with pytest.raises(ApiKeyInvalid):
        await resolve_api_key(store, fakes.anonymous(clock), text)
    (event,) = await fakes.events(store)
    assert (event.outcome, event.reason) == ("REFUSED", "API_KEY_INVALID")


async def test_resolve__owner_disabled(store: Store, clock: FakeClock) -> None:
    text = await _keep(store, clock, state=UserState.DISABLED)

    with pytest.raises(ApiKeyInvalid):
        await resolve_api_key(store, fakes.anonymous(clock), text)


@pytest.mark.parametrize("change", [("ab" * 24, "ab" * 23 + "ac"), ("lp_", "lx_")])
async def test_resolve__altered(store: Store, clock: FakeClock, change: tuple[str, str]) -> None:
    text = (await _keep(store, clock)).replace(*change)

    with pytest.raises(ApiKeyInvalid):
        await resolve_api_key(store, fakes.anonymous(clock), text)
    assert await fakes.events(store) == []


def test_key__revoked_is_not_live() -> None:
    key = factories.api_key(factories.user())

    assert key.is_live(factories.NOW)
    assert not replace(key, revoke_time=factories.NOW).is_live(factories.NOW)
