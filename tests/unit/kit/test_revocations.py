"""Ended sessions count within five seconds, and an auth that is away for a moment harms nobody."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from loupe_kit.caller import Caller, CallerKind, Role
from loupe_kit.errors import Unauthenticated, Unavailable
from loupe_kit.revocations import CurrentClaims, RevocationList, Revocations
from loupe_kit.testing import FakeClock

ADA = Caller(kind=CallerKind.USER, id="ada", session_id="one", department_id="old", role=Role.SUPERVISOR)


class Source:
    """Auth, which may be away."""

    def __init__(self) -> None:
        self.answer = Revocations()
        self.is_away = False
        self.asked = 0

    async def revocations(self) -> Revocations:
        self.asked += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise Unavailable("auth is away")
        return self.answer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def revocations(source: Source, clock: FakeClock) -> RevocationList:
    return RevocationList(source, clock)


async def test_apply__ended_session_is_refused_within_five_seconds(
    revocations: RevocationList, source: Source, clock: FakeClock
) -> None:
    assert await revocations.apply(ADA) == ADA
    source.answer = Revocations(ended_sessions=frozenset({"one"}))

    clock.advance(timedelta(seconds=4.9))

    with pytest.raises(Unauthenticated, match="ended"):
        await revocations.apply(ADA)


async def test_apply__department_and_role_are_those_of_now(revocations: RevocationList, source: Source) -> None:
    source.answer = Revocations(claims={"ada": CurrentClaims(None, Role.MEMBER)})

    now = await revocations.apply(ADA)

    assert (now.department_id, now.role, now.session_id) == (None, Role.MEMBER, "one")


async def test_apply__calls_at_once_ask_once(revocations: RevocationList, source: Source, clock: FakeClock) -> None:
    await asyncio.gather(*(revocations.apply(ADA) for _ in range(50)))
    clock.advance(timedelta(seconds=1))
    await revocations.apply(ADA)

    assert source.asked == 1


async def test_apply__renewal_behind_the_back_of_a_call(
    revocations: RevocationList, source: Source, clock: FakeClock
) -> None:
    await revocations.apply(ADA)
    source.answer = Revocations(ended_sessions=frozenset({"one"}))
    clock.advance(timedelta(seconds=2))

    assert await revocations.apply(ADA) == ADA
    await asyncio.sleep(0.01)
    with pytest.raises(Unauthenticated):
        await revocations.apply(ADA)


async def test_apply__auth_away_for_a_moment_and_for_long(
    revocations: RevocationList, source: Source, clock: FakeClock
) -> None:
    await revocations.apply(ADA)
    source.is_away = True

    clock.advance(timedelta(seconds=20))
    assert await revocations.apply(ADA) == ADA
    clock.advance(timedelta(seconds=11))
    with pytest.raises(Unavailable, match="try again"):
        await revocations.apply(ADA)

    source.is_away = False
    clock.advance(timedelta(seconds=2))
    assert await revocations.apply(ADA) == ADA


async def test_apply__auth_away_from_the_beginning(revocations: RevocationList, source: Source) -> None:
    source.is_away = True

    with pytest.raises(Unavailable):
        await revocations.apply(ADA)
