"""Fakes and helpers for tests of every service."""

from loupe_kit.testing.clock import FakeClock
from loupe_kit.testing.objects import InMemoryObjectStore
from loupe_kit.testing.servers import RunningServer, running_server
from loupe_kit.testing.tokens import SERVICE_TOKEN_KEY, SigningKeys, bearer, caller_token, make_user

__all__ = [
    "SERVICE_TOKEN_KEY",
    "FakeClock",
    "InMemoryObjectStore",
    "RunningServer",
    "SigningKeys",
    "bearer",
    "caller_token",
    "make_user",
    "running_server",
]
