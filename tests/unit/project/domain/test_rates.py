"""Shares and their intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_project.domain.rates import Rate, VerdictCounts


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    # Newcombe 1998, table I, method 3 (Wilson), and the rule of three's neighbour for nothing of ten.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_interval__published_values(count: int, total: int, low: float, high: float) -> None:
    assert Rate(count, total).interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_interval__holds_the_share(counts: tuple[int, int]) -> None:
    rate = Rate(*counts)
    low, high = rate.interval

    assert 0 <= low <= rate.value <= high <= 1
    mirrored = Rate(rate.total - rate.count, rate.total).interval
    assert mirrored == pytest.approx((1 - high, 1 - low))


def test_rate__of_nothing_is_unknown() -> None:
    assert Rate(0, 0).interval == (0.0, 1.0)
    assert Rate(0, 0).value == 0.0


def test_verdicts__rates_are_of_all_good_and_of_all_bad_parts() -> None:
    counts = VerdictCounts(images=10, verified=9, known=8, true_ok=3, true_ng=2, overkills=1, escapes=2)

    assert counts.overkill == Rate(1, 4)
    assert counts.escape == Rate(2, 4)
