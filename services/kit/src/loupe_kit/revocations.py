"""What running access tokens say wrongly: sessions that have ended since, and people who changed department or role.

Checking a token asks nobody. So that a sign-out still counts everywhere within five seconds, each process keeps auth's
short list of what changed while tokens of before may still run, and renews it while it is being used.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

import structlog

from loupe_kit.caller import Caller, Role
from loupe_kit.clock import Clock, SystemClock
from loupe_kit.errors import LoupeError, Unauthenticated, Unavailable

RENEW_AFTER = timedelta(seconds=1.5)
"""A list older than this is renewed behind the back of the call that finds it so."""
MAX_AGE = timedelta(seconds=4)
"""A call that finds an older list waits for a new one. Below the five seconds that are promised."""
OUTAGE_TOLERANCE = timedelta(seconds=30)
"""So long the last list counts while auth does not answer: nobody signs out at an auth that is away."""
_RETRY_SECONDS = 1.0

_log = structlog.get_logger("loupe.revocations")


@dataclass(frozen=True, slots=True)
class CurrentClaims:
    """What is true of a person now, whatever his tokens say."""

    department_id: str | None
    role: Role


@dataclass(frozen=True, slots=True)
class Revocations:
    """Everything that changed while tokens of before may still run."""

    ended_sessions: frozenset[str] = frozenset()
    claims: Mapping[str, CurrentClaims] = field(default_factory=dict)
    """By user id."""


class RevocationSource(Protocol):
    """Where the list comes from; auth knows it, others ask it."""

    async def revocations(self) -> Revocations:
        """The list as it is now.

        Raises:
            LoupeError: If it cannot be had now.
        """
        ...


class RevocationList:
    """Keeps the list and corrects callers by it.

    Args:
        source: Asked while there are calls, at most every `RENEW_AFTER`.
        clock: Measures the age of the list.
    """

    def __init__(self, source: RevocationSource, clock: Clock | None = None) -> None:
        self._source = source
        self._clock = clock or SystemClock()
        self._list = Revocations()
        self._known_at = float("-inf")
        self._tried_at = float("-inf")
        self._renewal: asyncio.Task[None] | None = None

    async def apply(self, caller: Caller) -> Caller:
        """The caller with department and role as they are now.

        Raises:
            Unauthenticated: If the session of the caller has ended.
            Unavailable: If auth has not answered for too long.
        """
        age = self._clock.monotonic() - self._known_at
        if age > MAX_AGE.total_seconds():
            await self._renewed()
        elif age > RENEW_AFTER.total_seconds():
            self._renew()
        if caller.session_id in self._list.ended_sessions:
            raise Unauthenticated("This session has ended; sign in again.")
        claims = self._list.claims.get(caller.id)
        return caller if claims is None else replace(caller, department_id=claims.department_id, role=claims.role)

    async def _renewed(self) -> None:
        if self._clock.monotonic() - self._tried_at > _RETRY_SECONDS or self._renewal is not None:
            await asyncio.shield(self._renew())
        if self._clock.monotonic() - self._known_at > OUTAGE_TOLERANCE.total_seconds():
            raise Unavailable("Sign-outs cannot be looked up at present; try again in a few seconds.")

    def _renew(self) -> asyncio.Task[None]:
        if self._renewal is None:
            self._renewal = asyncio.get_running_loop().create_task(self._ask())
        return self._renewal

    async def _ask(self) -> None:
        # Dated before asking: the answer is at least as new as that.
        self._tried_at = self._clock.monotonic()
        try:
            self._list = await self._source.revocations()
            self._known_at = self._tried_at
        except LoupeError:
            _log.warning("revocations_not_renewed", exc_info=True)
        finally:
            self._renewal = None
