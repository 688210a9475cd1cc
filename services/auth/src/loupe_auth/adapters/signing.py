"""Access tokens and the keys that sign them; the private halves are in SQL, so every replica signs with the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import OKPKey

from loupe_auth.adapters.key_cipher import KeyCipher
from loupe_auth.domain import signing_keys
from loupe_auth.domain.signing_keys import (
    ACCESS_TOKEN_LIFETIME,
    KEEP_PUBLISHED,
    PUBLISH_AHEAD,
    ROTATE_AFTER,
    SigningKey,
)
from loupe_auth.domain.users import User
from loupe_auth.ports import Store
from loupe_kit import tokens
from loupe_kit.caller import Caller, CallerKind
from loupe_kit.clock import Clock

_REREAD_AFTER_SECONDS = 60.0


class StoredSigningKeys:
    """The port SigningKeys over the store, read again each minute; makes a new key when the newest is old.

    Two replicas may make one at the same moment: then both are published, which harms nobody.

    Args:
        store: keeps the keys.
        clock: decides which key is too old.
        cipher: encrypts private keys; None: they are stored as they are.
        rotate_after: age at which a key is replaced.
    """

    def __init__(
        self, store: Store, clock: Clock, cipher: KeyCipher | None = None, rotate_after: timedelta = ROTATE_AFTER
    ) -> None:
        self._store = store
        self._clock = clock
        self._cipher = cipher or KeyCipher(None)
        self._rotate_after = rotate_after
        self._keys: Sequence[SigningKey] = ()
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def published(self) -> Sequence[SigningKey]:
        """Returns every key that a valid token may be signed with, newest first."""
        now = self._clock.now()
        await self._ensure(now)
        return signing_keys.to_publish(self._keys, now)

    async def to_sign_with(self) -> SigningKey:
        """Returns the key to sign with."""
        now = self._clock.now()
        await self._ensure(now)
        return signing_keys.to_sign_with(self._keys, now)

    async def prepare(self) -> None:
        """Makes sure that there is a key, so that no first call has to, and that keys are stored as they should be.

        Raises:
            KeyNotReadable: the keys were encrypted under another key.
        """
        async with self._store() as tx:
            for key in await tx.signing_keys.list_created_since(self._oldest()):
                if not self._cipher.is_in_order(key.private_key):
                    await tx.signing_keys.replace_private_key(key.id, self._cipher.encrypt(key.id, key.private_key))
            await tx.commit()
        await self.to_sign_with()

    async def rotate(self, *, drop_old: bool) -> SigningKey:
        """Makes a new key now, which signs as soon as everybody can have looked it up; returns it.

        Args:
            drop_old: whether those before are removed at once, because somebody has a copy: the new one signs at once,
                and tokens of the old ones are refused as soon as services look at the keys again.
        """
        key = self._new(self._clock.now())
        async with self._store() as tx:
            if drop_old:
                await tx.signing_keys.delete_all()
            await tx.signing_keys.add(self._sealed(key))
            await tx.commit()
        self._read_at = float("-inf")
        return key

    async def jwks(self) -> Mapping[str, Any]:
        """Returns the JWK set, for token checks inside this process."""
        return {"keys": [jwk(key) for key in await self.published()]}

    async def _ensure(self, now: datetime) -> None:
        if self._is_fresh(now):
            return
        async with self._lock:
            if self._is_fresh(now):
                return
            async with self._store(read_only=True) as tx:
                stored = await tx.signing_keys.list_created_since(self._oldest())
            found = [replace(key, private_key=self._cipher.decrypt(key.id, key.private_key)) for key in stored]
            if signing_keys.needs_successor(found, now, self._rotate_after):
                found = [await self._create(now), *found]
            self._keys, self._read_at = found, self._clock.monotonic()

    def _is_fresh(self, now: datetime) -> bool:
        is_recent = self._clock.monotonic() - self._read_at < _REREAD_AFTER_SECONDS
        return is_recent and not signing_keys.needs_successor(self._keys, now, self._rotate_after)

    def _oldest(self) -> datetime:
        return self._clock.now() - self._rotate_after - PUBLISH_AHEAD - KEEP_PUBLISHED

    async def _create(self, now: datetime) -> SigningKey:
        key = self._new(now)
        async with self._store() as tx:
            await tx.signing_keys.add(self._sealed(key))
            await tx.commit()
        return key

    def _sealed(self, key: SigningKey) -> SigningKey:
        return replace(key, private_key=self._cipher.encrypt(key.id, key.private_key))

    @staticmethod
    def _new(now: datetime) -> SigningKey:
        pair = OKPKey.generate_key("Ed25519")
        fields = pair.as_dict(private=True)
        return SigningKey(pair.thumbprint(), str(fields["d"]), str(fields["x"]), now)


class JwtIssuer:
    """The port AccessTokenIssuer.

    Args:
        keys: gives the key to sign with.
        clock: dates the tokens.
    """

    def __init__(self, keys: StoredSigningKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def issue(self, user: User, session_id: str, now: datetime) -> tuple[str, datetime]:
        """Returns a token and when it expires."""
        key = await self._keys.to_sign_with()
        caller = Caller(
            kind=CallerKind.USER,
            id=user.id,
            display_name=user.profile.display_name,
            department_id=user.profile.department_id,
            role=user.role,
            session_id=session_id,
        )
        pair = OKPKey.import_key({**jwk(key), "d": key.private_key})
        token = tokens.issue_access_token(pair, caller, self._clock, ACCESS_TOKEN_LIFETIME)
        return token, now.replace(microsecond=0) + ACCESS_TOKEN_LIFETIME


def jwk(key: SigningKey) -> dict[str, str]:
    """Returns the public half in the fields of RFC 7517."""
    return {"kty": "OKP", "crv": "Ed25519", "x": key.public_key, "kid": key.id, "alg": "Ed25519", "use": "sig"}
