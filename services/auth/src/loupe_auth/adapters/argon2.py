"""Argon2id hashes, computed in a few threads so that neither the loop nor the memory suffers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from loupe_kit.errors import ResourceExhausted

MEMORY_KIB = 19 * 1024
TIME_COST = 2
PARALLELISM = 1
_MAXIMUM_WAITING = 256

_R = TypeVar("_R")


class Argon2PasswordHasher:
    """The port PasswordHasher with argon2id, 19 MiB, two passes, one lane (about 0.1 s).

    Args:
        concurrency: hashes computed at once; each takes 19 MiB and a core.
    """

    def __init__(self, concurrency: int) -> None:
        self._argon2 = PasswordHasher(
            time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM, type=Type.ID
        )
        self._executor = ThreadPoolExecutor(concurrency, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """Returns a salted hash with its parameters."""
        return await self._run(self._argon2.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the hashed one; takes as long, and says False, when there is no hash."""
        if password_hash is None:
            self._nobody = self._nobody or await self.hash(secrets.token_hex(16))
            await self._run(self._matches, self._nobody, password)
            return False
        return await self._run(self._matches, password_hash, password)

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with weaker parameters than new ones."""
        return self._argon2.check_needs_rehash(password_hash)

    async def prepare(self) -> None:
        """Makes the hash of nobody beforehand, so that the first unknown address takes no longer than others."""
        self._nobody = await self.hash(secrets.token_hex(16))

    async def close(self) -> None:
        """Lets the threads go."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, function: Callable[..., _R], *arguments: str) -> _R:
        if self._waiting >= _MAXIMUM_WAITING:
            raise ResourceExhausted(
                "Too many sign-ins at once; try again in a few seconds.", retry_after=timedelta(seconds=5)
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)
        finally:
            self._waiting -= 1
