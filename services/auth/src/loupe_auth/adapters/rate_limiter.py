"""Limits counted in this process."""

from __future__ import annotations

from datetime import timedelta

from loupe_auth.domain.limits import AnyLimit, Backoff, Limit
from loupe_kit.clock import Clock

_MAXIMUM_KEYS = 100_000
_Key = tuple[str, str]


class InProcessRateLimiter:
    """The port RateLimiter in memory, for a bounded number of keys.

    A Limit is one number: the time at which the burst is whole again; a try moves it on by one refill. A Backoff is
    the number of tries and the time of the last one.

    Args:
        clock: gives the time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._whole_at: dict[_Key, float] = {}
        self._tries: dict[_Key, tuple[int, float]] = {}

    async def take(self, limit: AnyLimit, key: str) -> timedelta | None:
        """Counts one try; returns None when it may go on, else how long to wait (the try is then not counted)."""
        now = self._clock.monotonic()
        if len(self._whole_at) + len(self._tries) >= _MAXIMUM_KEYS:
            self._forget(now)
        wait = (
            self._take_backoff(limit, (limit.name, key), now)
            if isinstance(limit, Backoff)
            else self._take_limit(limit, (limit.name, key), now)
        )
        return timedelta(seconds=wait) if wait > 0 else None

    async def give_back(self, limit: AnyLimit, key: str) -> None:
        """Undoes one counted try."""
        at = (limit.name, key)
        if isinstance(limit, Limit):
            if at in self._whole_at:
                self._whole_at[at] -= limit.refill.total_seconds()
        elif at in self._tries:
            count, last = self._tries[at]
            self._tries[at] = (max(0, count - 1), last)

    async def forgive(self, limit: AnyLimit, key: str) -> None:
        """Forgets every counted try."""
        self._whole_at.pop((limit.name, key), None)
        self._tries.pop((limit.name, key), None)

    def _take_limit(self, limit: Limit, at: _Key, now: float) -> float:
        refill = limit.refill.total_seconds()
        whole_at = max(now, self._whole_at.get(at, now)) + refill
        wait = whole_at - now - limit.burst * refill
        # A nanosecond of rounding must not cost the last try of a burst.
        if wait > 1e-9 * refill:
            return wait
        self._whole_at[at] = whole_at
        return 0.0

    def _take_backoff(self, limit: Backoff, at: _Key, now: float) -> float:
        count, last = self._tries.get(at, (0, now))
        longest = limit.longest.total_seconds()
        if now - last > 2 * longest:
            count = 0
        if count >= limit.free:
            # The exponent is bounded before the power is taken.
            delay = min(longest, limit.first.total_seconds() * 2.0 ** min(count - limit.free, 40))
            if last + delay > now:
                return last + delay - now
        self._tries[at] = (count + 1, now)
        return 0.0

    def _forget(self, now: float) -> None:
        self._whole_at = {key: whole_at for key, whole_at in self._whole_at.items() if whole_at > now}
        # Still too many: somebody invents keys. The oldest go: a guesser may start over, but the service stays up.
        for counts in (self._whole_at, self._tries):
            for key in list(counts)[: max(0, len(counts) - _MAXIMUM_KEYS // 4)]:
                del counts[key]
