"""Limits counted in Redis, so that all replicas count together."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from loupe_auth.domain.limits import AnyLimit, Backoff, Limit
from loupe_auth.ports import RateLimiter

_PREFIX = "loupe:auth:limit"
_log = structlog.get_logger("loupe.auth.limits")

# Time is the server's, so replicas whose clocks differ agree. Each script is one atomic step.
_TAKE_LIMIT = """
local t = redis.call('TIME'); local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
local burst, refill = tonumber(ARGV[1]), tonumber(ARGV[2])
local whole = math.max(now, tonumber(redis.call('GET', KEYS[1]) or now)) + refill
local wait = whole - now - burst * refill
if wait > 0.000001 then return string.format('%.6f', wait) end
redis.call('SET', KEYS[1], string.format('%.6f', whole), 'PX', math.ceil((whole - now) * 1000))
return '0'
"""
_GIVE_BACK_LIMIT = """
local whole = redis.call('GET', KEYS[1])
if whole then
  redis.call('SET', KEYS[1], string.format('%.6f', tonumber(whole) - tonumber(ARGV[1])), 'KEEPTTL')
end
return '0'
"""
_TAKE_BACKOFF = """
local t = redis.call('TIME'); local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
local free, first, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local count = tonumber(redis.call('HGET', KEYS[1], 'count') or 0)
local last = tonumber(redis.call('HGET', KEYS[1], 'last') or now)
if count >= free then
  local delay = math.min(longest, first * 2 ^ math.min(count - free, 40))
  if last + delay > now then return string.format('%.6f', last + delay - now) end
end
redis.call('HSET', KEYS[1], 'count', count + 1, 'last', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(longest * 2000))
return '0'
"""
_GIVE_BACK_BACKOFF = """
if tonumber(redis.call('HGET', KEYS[1], 'count') or 0) > 0 then redis.call('HINCRBY', KEYS[1], 'count', -1) end
return '0'
"""


class RedisRateLimiter:
    """The port RateLimiter over Redis.

    Keys are hashed, so Redis holds no addresses. While Redis is away each replica counts for itself: guessing stays
    slow and nobody is kept out.

    Args:
        redis: client of the server.
        fallback: counts while Redis is away.
    """

    def __init__(self, redis: Redis, fallback: RateLimiter) -> None:
        self._redis = redis
        self._fallback = fallback
        self._scripts = {
            text: redis.register_script(text)
            for text in (_TAKE_LIMIT, _GIVE_BACK_LIMIT, _TAKE_BACKOFF, _GIVE_BACK_BACKOFF)
        }

    async def take(self, limit: AnyLimit, key: str) -> timedelta | None:
        """Counts one try; returns None when it may go on, else how long to wait (the try is then not counted)."""
        try:
            wait = await self._run(_TAKE_BACKOFF if isinstance(limit, Backoff) else _TAKE_LIMIT, limit, key)
        except (RedisError, OSError) as error:
            _log.warning("redis_is_away", error=type(error).__name__, detail=str(error)[:200])
            return await self._fallback.take(limit, key)
        return timedelta(seconds=wait) if wait > 0 else None

    async def give_back(self, limit: AnyLimit, key: str) -> None:
        """Undoes one counted try."""
        try:
            await self._run(_GIVE_BACK_BACKOFF if isinstance(limit, Backoff) else _GIVE_BACK_LIMIT, limit, key)
        except (RedisError, OSError):
            await self._fallback.give_back(limit, key)

    async def forgive(self, limit: AnyLimit, key: str) -> None:
        """Forgets every counted try."""
        await self._fallback.forgive(limit, key)
        try:
            await self._redis.delete(_name(limit, key))
        except (RedisError, OSError) as error:
            _log.warning("redis_is_away", error=type(error).__name__, detail=str(error)[:200])

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()

    async def _run(self, script: str, limit: AnyLimit, key: str) -> float:
        arguments = _arguments(limit) if script in (_TAKE_LIMIT, _TAKE_BACKOFF) else _arguments(limit)[1:]
        return float(await self._scripts[script](keys=[_name(limit, key)], args=arguments))


def connect(url: str) -> Redis:
    """Returns a client with short time-outs: whoever signs in does not wait for a server that is away."""
    return Redis.from_url(url, socket_connect_timeout=1.0, socket_timeout=1.0, decode_responses=True)


def _arguments(limit: AnyLimit) -> list[float]:
    if isinstance(limit, Limit):
        return [limit.burst, limit.refill.total_seconds()]
    return [limit.free, limit.first.total_seconds(), limit.longest.total_seconds()]


def _name(limit: AnyLimit, key: str) -> str:
    return f"{_PREFIX}:{limit.name}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
