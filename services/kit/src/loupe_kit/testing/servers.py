"""A real server on a loopback port, with all interceptors."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import grpc

from loupe_kit.authentication import Authenticator
from loupe_kit.caller import Caller
from loupe_kit.channels import open_channel
from loupe_kit.interceptors import default_interceptors
from loupe_kit.server import GrpcServer, Registration, access_table
from loupe_kit.testing.tokens import SigningKeys, bearer


@dataclass(frozen=True, slots=True)
class RunningServer:
    """What a test needs to call the server."""

    target: str
    """Address for clients."""
    channel: grpc.aio.Channel
    """Open channel without an identity."""
    keys: SigningKeys
    """Sign what the server believes."""
    server: GrpcServer

    def metadata(self, caller: Caller) -> tuple[tuple[str, str], ...]:
        """Metadata that makes a call come from `caller`."""
        return bearer(self.keys.token_for(caller))


@asynccontextmanager
async def running_server(
    registrations: Sequence[Registration],
    *,
    keys: SigningKeys | None = None,
    authenticator: Authenticator | None = None,
    address: str = "127.0.0.1:0",
    unary_timeout: timedelta = timedelta(seconds=60),
) -> AsyncIterator[RunningServer]:
    """Serve `registrations`, all SERVING, until the block ends.

    Args:
        registrations: What to serve.
        keys: Whose tokens are believed; new ones if not given.
        authenticator: Instead of the one that `keys` make.
        address: Where to listen.
        unary_timeout: For unary calls without a deadline.
    """
    keys = keys or SigningKeys()
    interceptors = default_interceptors(
        access_table(registrations), authenticator or keys.authenticator(), unary_timeout=unary_timeout
    )
    server = GrpcServer(registrations, interceptors, address)
    await server.start()
    try:
        await server.set_all_serving()
        async with open_channel(server.target) as channel:
            yield RunningServer(server.target, channel, keys, server)
    finally:
        await server.stop(timedelta(seconds=1))
