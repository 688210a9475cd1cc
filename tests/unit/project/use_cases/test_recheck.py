"""Streams that end with the right to them, and what each kind of work needs."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from loupe_kit.testing import FakeClock
from loupe_project.domain.errors import ProjectNotFound
from loupe_project.domain.operation import OperationKind
from loupe_project.use_cases import recheck


async def numbers(clock: FakeClock, seconds: float) -> AsyncIterator[int]:
    """Five numbers, so far apart."""
    for number in range(5):
        yield number
        clock.advance(timedelta(seconds=seconds))


async def test_while_allowed__looks_every_two_seconds() -> None:
    clock, looks = FakeClock(), 0

    async def look() -> None:
        nonlocal looks
        looks += 1

    assert [one async for one in recheck.while_allowed(numbers(clock, 1.0), look, clock)] == [0, 1, 2, 3, 4]
    assert looks == 2


async def test_while_allowed__ends_before_the_next_piece() -> None:
    clock = FakeClock()

    async def refuse() -> object:
        raise ProjectNotFound("not shared any more")

    pieces = recheck.while_allowed(numbers(clock, 3.0), refuse, clock)
    assert await anext(pieces) == 0
    with pytest.raises(ProjectNotFound):
        await anext(pieces)


def test_operation_rights__name_every_kind_of_work() -> None:
    assert set(recheck.NEEDS) == set(OperationKind)
