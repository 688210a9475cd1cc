"""Repeats of a request get its first answer, which is written in the transaction that made it true."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Never, TypeVar

from google.protobuf.message import Message
from sqlalchemy.ext.asyncio import AsyncEngine

from loupe_auth.adapters.sql.store import AuthUnitOfWork
from loupe_auth.ports import Transaction
from loupe_kit import transaction
from loupe_kit.caller import Caller
from loupe_kit.clock import Clock

R = TypeVar("R", bound=Message)


class _NotAnswered(Exception):
    """The request is new."""


class SqlOnce:
    """Runs a change once for each request id.

    A request is remembered by a hash. Fields marked `debug_redact` in the contract are left out of it: a hash of a
    password that is quick to compute must not lie in the database.

    Args:
        engine: the database.
        clock: dates the answers.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._units = partial(AuthUnitOfWork, engine)
        self._clock = clock

    async def change(
        self,
        caller: Caller,
        method: str,
        request: Message,
        handler: Callable[[Transaction], Awaitable[R]],
        response_type: type[R],
    ) -> R:
        """Runs `handler` in a transaction and commits it, or returns the first answer to this request.

        Args:
            caller: whose request ids are looked at.
            method: full RPC method name.
            request: with a field `request_id`.
            handler: does the work; its answer is kept, so it must hold no secret.
            response_type: class of the answer.
        """
        return await transaction.run_once(
            self._units, caller, method, without_secrets(request), handler, response_type, clock=self._clock
        )

    async def first_answer(self, caller: Caller, method: str, request: Message, response_type: type[R]) -> R | None:
        """Returns the first answer to this request, or None when it is new."""
        if not getattr(request, "request_id", ""):
            return None
        try:
            return await self.change(caller, method, request, _refuse, response_type)
        except _NotAnswered:
            return None


def without_secrets(request: Message) -> Message:
    """Returns a copy without the fields that the contract marks as secret."""
    copy = type(request)()
    copy.CopyFrom(request)
    for field in request.DESCRIPTOR.fields:
        if field.GetOptions().debug_redact:
            copy.ClearField(field.name)
    return copy


async def _refuse(_: Transaction) -> Never:
    raise _NotAnswered
