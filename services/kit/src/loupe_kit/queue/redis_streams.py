"""Job queue on Redis Streams, for processes on several machines.

Each stream is a Redis stream with one consumer group. An entry leaves the stream when it is acknowledged, so the
stream's length is its depth; nothing is ever trimmed: a full stream refuses. Redis may lose everything at any time:
whoever published keeps the job elsewhere until it is done and publishes it again.

Each operation is one script, so it is whole or not at all, and one journey.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from loupe_kit.errors import Unavailable
from loupe_kit.queue.port import Delivery, QueueFull
from loupe_kit.telemetry.metrics import QUEUE_WAIT_SECONDS

_GROUP = "workers"
_FIELD = "job"
# Longer than any read that waits, so that only a dead connection ever takes it.
_SOCKET_SECONDS = 15.0
_LONGEST_WAIT_SECONDS = 5.0
_MAX_CONNECTIONS = 64
_IDLE_CONSUMER_MS = 3_600_000

# At the head of each script: Redis may have been wiped, so group and stream are made whenever they are missing.
_GROUP_EXISTS = f"""
local key = KEYS[1]
redis.pcall('XGROUP', 'CREATE', key, '{_GROUP}', '0', 'MKSTREAM')
"""

# ARGV: capacity, payload… Returns {1, ids}, or {0, length} if there is no room for all.
_PUBLISH = (
    _GROUP_EXISTS
    + f"""
local held = redis.call('XLEN', key)
if held + #ARGV - 1 > tonumber(ARGV[1]) then return {{0, held}} end
local ids = {{}}
for n = 2, #ARGV do ids[#ids + 1] = redis.call('XADD', key, '*', '{_FIELD}', ARGV[n]) end
return {{1, ids}}
"""
)

# ARGV: consumer, count, lease in ms. Returns the jobs as {id, payload, attempt}, and the last id of the stream.
# Not XAUTOCLAIM: it does not tell how often an entry was delivered.
_CLAIM = (
    _GROUP_EXISTS
    + f"""
local consumer, count, lease = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local taken = {{}}
local function take(entries, attempts)
  for _, entry in ipairs(entries) do
    if entry[2] then taken[#taken + 1] = {{entry[1], entry[2][2], attempts[entry[1]] or 1}} end
  end
end
local expired = redis.call('XPENDING', key, '{_GROUP}', 'IDLE', lease, '-', '+', count)
if #expired > 0 then
  local claim, attempts = {{'XCLAIM', key, '{_GROUP}', consumer, lease}}, {{}}
  for _, row in ipairs(expired) do
    claim[#claim + 1] = row[1]
    attempts[row[1]] = row[4] + 1
  end
  take(redis.call(unpack(claim)), attempts)
end
if #taken < count then
  local fresh = redis.call('XREADGROUP', 'GROUP', '{_GROUP}', consumer, 'COUNT', count - #taken, 'STREAMS', key, '>')
  if fresh then take(fresh[1][2], {{}}) end
end
local info, last = redis.call('XINFO', 'STREAM', key), '0-0'
for n = 1, #info, 2 do if info[n] == 'last-generated-id' then last = info[n + 1] end end
return {{taken, last}}
"""
)

# ARGV: id… Jobs that nobody has claimed yet stay.
_ACK = (
    _GROUP_EXISTS
    + f"""
for _, id in ipairs(ARGV) do
  if redis.call('XACK', key, '{_GROUP}', id) == 1 then redis.call('XDEL', key, id) end
end
return 0
"""
)

# ARGV: consumer, lease in ms, id… Returns the ids whose lease began anew. JUSTID leaves the attempts as they are.
_EXTEND = (
    _GROUP_EXISTS
    + f"""
local consumer, lease, held = ARGV[1], tonumber(ARGV[2]), {{}}
for n = 3, #ARGV do
  local row = redis.call('XPENDING', key, '{_GROUP}', ARGV[n], ARGV[n], 1)[1]
  if row and row[2] == consumer and row[3] < lease then
    redis.call('XCLAIM', key, '{_GROUP}', consumer, 0, ARGV[n], 'JUSTID')
    held[#held + 1] = ARGV[n]
  end
end
return held
"""
)


class RedisStreamsQueue:
    """A `JobQueue` on a Redis server.

    Args:
        url: Such as `redis://host:6379/0`; `rediss://` for TLS, with user and password where needed.
        lease: How long a claim holds.
        capacity: Most jobs that one stream may hold.
        prefix: Begins the keys of all streams.
    """

    def __init__(
        self,
        url: str,
        *,
        lease: timedelta = timedelta(seconds=60),
        capacity: int = 100_000,
        prefix: str = "loupe:queue:",
    ) -> None:
        self._lease_ms = max(1, int(lease.total_seconds() * 1000))
        self._capacity = capacity
        self._prefix = prefix
        pool = BlockingConnectionPool.from_url(
            url,
            # The shape of answers depends on the protocol, and the client's default has changed before.
            protocol=2,
            socket_timeout=_SOCKET_SECONDS,
            socket_connect_timeout=5.0,
            health_check_interval=30,
            max_connections=_MAX_CONNECTIONS,
            timeout=_SOCKET_SECONDS,
            retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), retries=3),
        )
        self._redis: Redis = Redis.from_pool(pool)
        self._tidied: set[str] = set()
        self._publish = self._redis.register_script(_PUBLISH)
        self._claim = self._redis.register_script(_CLAIM)
        self._ack = self._redis.register_script(_ACK)
        self._extend = self._redis.register_script(_EXTEND)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def answers(self) -> bool:
        """Whether the server answers.

        Raises:
            Unavailable: It does not.
        """
        async with _reported():
            return bool(await self._redis.ping())

    async def publish(self, stream: str, payloads: Sequence[bytes]) -> list[str]:
        """See `JobQueue`. After a lost connection the jobs may be there twice, as after a lease that ran out."""
        if not payloads:
            return []
        async with _reported():
            has_room, answer = await self._publish(keys=[self._key(stream)], args=[self._capacity, *payloads])
        if not has_room:
            raise QueueFull.of(stream, int(answer), self._capacity)
        return [job_id.decode() for job_id in answer]

    async def claim(self, stream: str, consumer: str, max_count: int, wait: timedelta) -> list[Delivery]:
        """See `JobQueue`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + wait.total_seconds()
        async with _reported():
            await self._tidy(stream)
            while True:
                rows, last = await self._claim(keys=[self._key(stream)], args=[consumer, max_count, self._lease_ms])
                patience = end - loop.time()
                if rows or patience <= 0:
                    _measure_wait(stream, [job_id for job_id, _, attempt in rows if attempt == 1])
                    return [Delivery(job_id.decode(), payload, int(attempt)) for job_id, payload, attempt in rows]
                await self._wait_for_news(stream, last, patience)

    async def ack(self, stream: str, ids: Sequence[str]) -> None:
        """See `JobQueue`."""
        if ids:
            async with _reported():
                await self._ack(keys=[self._key(stream)], args=list(ids))

    async def extend(self, stream: str, consumer: str, ids: Sequence[str]) -> list[str]:
        """See `JobQueue`."""
        if not ids:
            return []
        async with _reported():
            held = await self._extend(keys=[self._key(stream)], args=[consumer, self._lease_ms, *ids])
        return [job_id.decode() for job_id in held]

    async def depth(self, stream: str) -> int:
        """See `JobQueue`."""
        async with _reported():
            return int(await self._redis.xlen(self._key(stream)))

    async def _tidy(self, stream: str) -> None:
        """Once a process: remove consumers that hold nothing and were silent for an hour, such as ended processes."""
        if stream in self._tidied or not await self._redis.exists(self._key(stream)):
            return
        self._tidied.add(stream)
        for consumer in await self._redis.xinfo_consumers(self._key(stream), _GROUP):
            if not consumer["pending"] and consumer["idle"] > _IDLE_CONSUMER_MS:
                await self._redis.xgroup_delconsumer(self._key(stream), _GROUP, consumer["name"])

    async def _wait_for_news(self, stream: str, last: bytes, patience: float) -> None:
        """Return at the next publish, and early enough to see a lease that runs out.

        Reads without the group: a wait that is cancelled must not have taken anything.
        """
        seconds = min(patience, _LONGEST_WAIT_SECONDS, self._lease_ms / 4000)
        await self._redis.xread({self._key(stream): last}, count=1, block=max(1, int(seconds * 1000)))

    def _key(self, stream: str) -> str:
        return f"{self._prefix}{stream}"


def _measure_wait(stream: str, ids: Sequence[bytes]) -> None:
    # An id begins with Redis' clock in ms when the job was published.
    now = time.time()
    for job_id in ids:
        QUEUE_WAIT_SECONDS.labels(stream).observe(max(0.0, now - int(job_id.partition(b"-")[0]) / 1000))


@asynccontextmanager
async def _reported() -> AsyncIterator[None]:
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError) as error:
        raise Unavailable(f"Redis does not answer ({error}); check the server that LOUPE_REDIS_URL names.") from error
    except RedisError as error:
        raise Unavailable(f"Redis refuses: {error}. Check its state and LOUPE_REDIS_URL.") from error
