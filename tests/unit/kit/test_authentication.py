import asyncio
from datetime import timedelta

import pytest

from loupe_kit.authentication import Authenticator, CachedApiKeyResolver
from loupe_kit.caller import ANONYMOUS, Caller, CallerKind
from loupe_kit.errors import Unauthenticated, Unavailable
from loupe_kit.testing import FakeClock, SigningKeys, make_user

KEY_OWNER = Caller(kind=CallerKind.API_KEY, id="u-1", scopes=frozenset({"images.write"}))
SERVICE = Caller(kind=CallerKind.SERVICE, id="inference")
USER = make_user()


class Resolver:
    """Knows one key."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.error = error

    async def resolve(self, api_key: str) -> Caller:
        self.asked.append(api_key)
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        if api_key != "lp_1_good":
            raise Unauthenticated("unknown")
        return KEY_OWNER


@pytest.fixture
def keys() -> SigningKeys:
    return SigningKeys()


@pytest.fixture
def authenticator(keys: SigningKeys) -> Authenticator:
    return keys.authenticator(Resolver())


@pytest.mark.parametrize("header", [None, ""])
async def test_authenticate__no_header(authenticator: Authenticator, header: str | None) -> None:
    assert await authenticator.authenticate(header) is ANONYMOUS


async def test_authenticate__each_kind(authenticator: Authenticator, keys: SigningKeys) -> None:
    assert await authenticator.authenticate(f"Bearer {keys.token_for(USER)}") == USER
    assert await authenticator.authenticate(f"bearer  {keys.token_for(USER)} ") == USER
    assert (await authenticator.authenticate(f"Bearer {keys.token_for(SERVICE)}")).kind is CallerKind.SERVICE
    assert await authenticator.authenticate("Bearer lp_1_good") == KEY_OWNER


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "lp_1_good", "Bearer x.y.z", "Bearer lp_1_bad"])
async def test_authenticate__refused(authenticator: Authenticator, header: str) -> None:
    with pytest.raises(Unauthenticated):
        await authenticator.authenticate(header)


async def test_authenticate__kinds_that_are_not_taken(keys: SigningKeys) -> None:
    nothing = Authenticator()
    for token in (keys.token_for(USER), keys.token_for(SERVICE), "lp_1_good"):
        with pytest.raises(Unauthenticated):
            await nothing.authenticate(f"Bearer {token}")


async def test_cached_keys__asked_once_for_five_seconds() -> None:
    clock, inner = FakeClock(), Resolver()
    cached = CachedApiKeyResolver(inner, clock=clock)
    answers = await asyncio.gather(*(cached.resolve("lp_1_good") for _ in range(10)))
    assert set(answers) == {KEY_OWNER}
    assert len(inner.asked) == 1
    clock.advance(timedelta(seconds=5))
    await cached.resolve("lp_1_good")
    assert len(inner.asked) == 2


async def test_cached_keys__revoked_key_stops_working() -> None:
    clock, inner = FakeClock(), Resolver()
    cached = CachedApiKeyResolver(inner, clock=clock)
    await cached.resolve("lp_1_good")
    inner.error = Unauthenticated("revoked")
    clock.advance(timedelta(seconds=5))
    for _ in range(3):
        with pytest.raises(Unauthenticated, match="revoked"):
            await cached.resolve("lp_1_good")
    assert len(inner.asked) == 2


async def test_cached_keys__failure_is_not_remembered() -> None:
    inner = Resolver(Unavailable("auth is away"))
    cached = CachedApiKeyResolver(inner)
    with pytest.raises(Unavailable):
        await cached.resolve("lp_1_good")
    inner.error = None
    assert await cached.resolve("lp_1_good") == KEY_OWNER


async def test_cached_keys__bounded_and_without_secrets() -> None:
    inner = Resolver()
    cached = CachedApiKeyResolver(inner, capacity=10)
    for number in range(100):
        with pytest.raises(Unauthenticated):
            await cached.resolve(f"lp_{number}_bad")
    assert len(cached._answers) == 10
    assert cached._asking == {}
    assert not [digest for digest in cached._answers if b"bad" in digest]
