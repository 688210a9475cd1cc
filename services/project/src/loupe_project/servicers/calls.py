"""What the servicers of this service have in common.

Who calls, one transaction a call, first answers kept, streams that end with the right to them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from loupe_kit.audit.origin import event_origin
from loupe_kit.call_origin import OriginReader
from loupe_kit.caller import CallerKind, Role, current_caller
from loupe_kit.clock import Clock
from loupe_kit.transaction import run_once
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store, StoreFactory
from loupe_project.use_cases.recheck import while_allowed
from loupe_project.use_cases.retry import retry_conflicts
from loupe_project.use_cases.scopes import Scopes

R = TypeVar("R")
M = TypeVar("M", bound=Message)
Context = grpc.aio.ServicerContext[Any, Any]


class Calls:
    """Runs the work of an RPC in a transaction, in the scope of its caller.

    Args:
        stores: Makes transactions; units of work of the kit.
        clock: Dates answers.
        scopes: What exists for callers.
        origins: Reads where calls come from.
    """

    def __init__(self, stores: StoreFactory, clock: Clock, scopes: Scopes, origins: OriginReader) -> None:
        self.stores = stores
        self.clock = clock
        self._scopes = scopes
        self._origins = origins

    async def scope(self, context: Context | None = None) -> Scope:
        """What the caller of the current RPC may see and do.

        Args:
            context: Of the call, where the audit will want to know where it came from.
        """
        caller = current_caller()
        scope = await self._scopes.of(caller)
        if context is None:
            return scope
        return replace(scope, origin=event_origin(self._origins, context))

    async def scope_now(self) -> Scope:
        """The same for a stream that has been running: with what auth knows of the caller by now."""
        return await self._scopes.again(Scope.of(current_caller()))

    def is_administrator(self) -> bool:
        """Whether an administrator calls, himself and not by a key."""
        caller = current_caller()
        return caller.kind is CallerKind.USER and caller.role is Role.ADMINISTRATOR

    async def read(self, work: Callable[[Store, Scope], Awaitable[R]]) -> R:
        """Result of `work` in a transaction that writes nothing."""
        scope = await self.scope()
        async with self.stores(read_only=True) as store:
            return await work(store, scope)

    async def write(
        self,
        method: str,
        request: Message,
        response_type: type[M],
        work: Callable[[Store, Scope], Awaitable[M]],
        context: Context | None = None,
    ) -> M:
        """Response of `work` in a transaction that is committed; the first one for a repeated `request_id`.

        Args:
            method: Full RPC method name.
            request: As it came.
            response_type: Class of the response.
            work: Does the work; may be done again when another transaction came first.
            context: Of the call, where `work` tells the audit.
        """
        caller, scope = current_caller(), await self.scope(context)
        factory: Any = self.stores

        async def once() -> M:
            return await run_once(
                factory, caller, method, request, lambda store: work(store, scope), response_type, clock=self.clock
            )

        return await retry_conflicts(once)

    def stream(self, pieces: AsyncIterator[R], check: Callable[[Store, Scope], Awaitable[object]]) -> AsyncIterator[R]:
        """The pieces, for as long as `check` lets the caller pass; it is asked again every two seconds."""

        async def look() -> None:
            scope = await self.scope_now()
            async with self.stores(read_only=True) as store:
                await check(store, scope)

        return while_allowed(pieces, look, self.clock)
