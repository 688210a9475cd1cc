"""Authentication: who makes the call, and whether he still may while a stream runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from loupe_kit.authentication import Authenticator
from loupe_kit.caller import ANONYMOUS, Caller, CallerKind, set_current_caller
from loupe_kit.errors import LoupeError, Unauthenticated
from loupe_kit.interceptors.base import AroundInterceptor, ServerCall
from loupe_kit.rpc_policy import Access, AccessTable

HEADER = "authorization"
RECHECK_EVERY = timedelta(seconds=2)
"""Pause between two looks at whether the caller of a stream is still signed in."""


class CallerInterceptor(AroundInterceptor):
    """Sets `current_caller()` for the call, and ends streams of people who signed out meanwhile.

    Args:
        authenticator: Reads the `authorization` header.
        table: For PUBLIC methods a header that does not hold counts as none, so that a person whose
            token expired can still sign in.
        recheck_every: See `RECHECK_EVERY`.
    """

    def __init__(
        self, authenticator: Authenticator, table: AccessTable, recheck_every: timedelta = RECHECK_EVERY
    ) -> None:
        self._authenticator = authenticator
        self._table = table
        self._pause = recheck_every.total_seconds()

    @asynccontextmanager
    async def around(self, call: ServerCall) -> AsyncIterator[None]:
        """Authenticate one call."""
        set_current_caller(ANONYMOUS)
        caller = await self._caller(call)
        set_current_caller(caller)
        if call.is_unary or caller.kind not in (CallerKind.USER, CallerKind.API_KEY):
            yield
            return
        serving = asyncio.current_task()
        assert serving is not None  # noqa: S101 - a call is always served by a task
        watcher = asyncio.create_task(self._watch(serving, caller, call.metadata(HEADER)))
        try:
            yield
        except asyncio.CancelledError:
            if watcher.done() and not watcher.cancelled():
                serving.uncancel()
                raise watcher.result() from None
            raise
        finally:
            watcher.cancel()

    async def _caller(self, call: ServerCall) -> Caller:
        try:
            return await self._authenticator.authenticate(call.metadata(HEADER))
        except LoupeError:
            if self._table.get(call.method) is Access.PUBLIC:
                return ANONYMOUS
            raise

    async def _watch(self, serving: asyncio.Task[object], caller: Caller, authorization: str | None) -> Unauthenticated:
        """Returns why the caller may go on no longer, after it has stopped the call."""
        while True:
            await asyncio.sleep(self._pause)
            try:
                await self._authenticator.recheck(caller, authorization)
            except Unauthenticated as error:
                serving.cancel()
                return error
