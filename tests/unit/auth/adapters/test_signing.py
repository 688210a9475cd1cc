"""Access tokens and their keys."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import SecretStr

from loupe_auth.adapters.key_cipher import KeyCipher, KeyNotReadable
from loupe_auth.adapters.signing import JwtIssuer, StoredSigningKeys
from loupe_auth.ports import Store
from loupe_kit.caller import Role
from loupe_kit.errors import Unauthenticated
from loupe_kit.testing import FakeClock
from loupe_kit.tokens import AccessTokenVerifier
from tests.contract.auth import factories


async def test_issue__services_read_who_it_is_for(store: Store, clock: FakeClock) -> None:
    keys = StoredSigningKeys(store, clock)
    ada = factories.user("Ada", department=factories.department(), role=Role.SUPERVISOR)

    token, expire_time = await JwtIssuer(keys, clock).issue(ada, "session", clock.now())

    caller = await AccessTokenVerifier(keys, clock=clock).verify(token)
    assert (caller.id, caller.display_name, caller.role, caller.session_id, caller.department_id) == (
        ada.id,
        "Ada",
        Role.SUPERVISOR,
        "session",
        ada.profile.department_id,
    )
    assert expire_time == clock.now() + timedelta(minutes=10)
    clock.advance(timedelta(minutes=10, seconds=6))
    with pytest.raises(Unauthenticated, match="expired"):
        await AccessTokenVerifier(keys, clock=clock).verify(token)


async def test_keys__are_shared_by_replicas_and_replaced_with_overlap(store: Store, clock: FakeClock) -> None:
    one, two = StoredSigningKeys(store, clock), StoredSigningKeys(store, clock)
    first = await one.to_sign_with()
    assert await two.to_sign_with() == first

    clock.advance(timedelta(days=30) - timedelta(minutes=2))
    assert await one.to_sign_with() == first
    second, before = await one.published()
    assert before == first
    clock.advance(timedelta(minutes=2))
    assert await two.published() == [second, first]
    assert await two.to_sign_with() == second
    clock.advance(timedelta(minutes=71))
    assert await one.published() == [second]


async def test_rotate__overlaps_and_drop_old_does_not(store: Store, clock: FakeClock) -> None:
    keys, other = StoredSigningKeys(store, clock), StoredSigningKeys(store, clock)
    first = await other.to_sign_with()
    clock.advance(timedelta(days=3))

    second = await keys.rotate(drop_old=False)
    clock.advance(timedelta(minutes=1))
    assert await other.to_sign_with() == first
    assert await other.published() == [second, first]
    clock.advance(timedelta(minutes=1))
    assert await other.to_sign_with() == second
    third = await keys.rotate(drop_old=True)
    clock.advance(timedelta(minutes=1))

    assert await keys.to_sign_with() == await other.to_sign_with() == third
    assert await other.published() == [third]


async def test_cipher__keys_are_encrypted_at_the_next_start_and_wanted_back(store: Store, clock: FakeClock) -> None:
    plain = StoredSigningKeys(store, clock)
    key = await plain.to_sign_with()

    secret = SecretStr("a long random text of the operator's")
    sealed = StoredSigningKeys(store, clock, KeyCipher(secret))
    await sealed.prepare()

    assert await sealed.to_sign_with() == key
    async with store(read_only=True) as tx:
        (stored,) = await tx.signing_keys.list_created_since(clock.now())
    assert stored.private_key.startswith("enc1:")
    assert key.private_key not in stored.private_key
    for other in (None, SecretStr("another long random text, not the first")):
        with pytest.raises(KeyNotReadable, match="LOUPE_AUTH_KEY_ENCRYPTION_KEY"):
            await StoredSigningKeys(store, clock, KeyCipher(other)).prepare()


def test_cipher__keys_cannot_change_places_and_the_text_must_be_long() -> None:
    cipher = KeyCipher(SecretStr("a long random text of the operator's"))

    with pytest.raises(KeyNotReadable):
        cipher.decrypt("two", cipher.encrypt("one", "secret"))
    with pytest.raises(ValueError, match="32 characters"):
        KeyCipher(SecretStr("short"))


async def test_jwks__has_no_private_half(store: Store, clock: FakeClock) -> None:
    keys = StoredSigningKeys(store, clock)
    await keys.prepare()

    (key,) = (await keys.jwks())["keys"]

    assert sorted(key) == ["alg", "crv", "kid", "kty", "use", "x"]
