"""One RPC, one transaction, one answer: repeats of a `request_id` get the first answer again."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from google.protobuf.message import Message
from sqlalchemy.exc import DBAPIError

from loupe_kit.caller import Caller
from loupe_kit.clock import Clock, SystemClock
from loupe_kit.errors import Aborted, LoupeError, RequestIdReused
from loupe_kit.request_ids import digest_of, request_id_of
from loupe_kit.sql import UnitOfWork, UowFactory, is_conflict, ledger

U = TypeVar("U", bound=UnitOfWork)
R = TypeVar("R", bound=Message)

_CONFLICT_DELAY = timedelta(milliseconds=100)


async def run_once(
    uow_factory: UowFactory[U],
    caller: Caller,
    method: str,
    request: Message,
    handler: Callable[[U], Awaitable[R]],
    response_type: type[R],
    *,
    clock: Clock | None = None,
) -> R:
    """Run `handler` in a transaction, commit, and give its response.

    If the request has a `request_id` that this caller used before with the same request, the handler does
    not run and the first response is given. An error of the handler is not kept: a repeat tries again.
    Not for responses that hold secrets, because they are stored.

    Args:
        uow_factory: Makes the unit of work.
        caller: Whose request ids are looked at.
        method: Full RPC method name.
        request: With or without a field `request_id`.
        handler: Does the work in the unit of work that it is given, and does not commit.
        response_type: Class of the response message.
        clock: Dates the answer.

    Raises:
        InvalidArgument: If the request id is no UUID.
        RequestIdReused: If the request id belongs to another request.
        Aborted: If the database gave up this transaction for another one.
    """
    request_id = request_id_of(request)
    first = _FirstAnswer(caller.id, method, request_id, digest_of(request)) if request_id else None
    try:
        return await _run(uow_factory, handler, response_type, first, clock or SystemClock())
    except (LoupeError, DBAPIError) as error:
        # Either the same request came twice at once and the other one was first, or the fault is the handler's.
        known = await first.look_up(uow_factory) if first is not None else None
        if known is not None:
            return response_type.FromString(known)
        if isinstance(error, DBAPIError) and is_conflict(error):
            raise Aborted("Another change came first; repeat the call.", retry_after=_CONFLICT_DELAY) from error
        raise


async def _run(
    uow_factory: UowFactory[U],
    handler: Callable[[U], Awaitable[R]],
    response_type: type[R],
    first: "_FirstAnswer | None",
    clock: Clock,
) -> R:
    async with uow_factory() as uow:
        known = await first.find(uow) if first is not None else None
        if known is not None:
            return response_type.FromString(known)
        response = await handler(uow)
        if first is not None:
            await first.keep(uow, response, clock)
        await uow.commit()
        return response


class _FirstAnswer:
    """The ledger's row of one request."""

    def __init__(self, caller_id: str, method: str, request_id: str, request_hash: bytes) -> None:
        self._key = (caller_id, method, request_id)
        self._hash = request_hash

    async def find(self, uow: UnitOfWork) -> bytes | None:
        """The response that was given, serialised, or None."""
        row = await ledger.find_answer(uow.session, *self._key)
        if row is None:
            return None
        known_hash, response = row
        if known_hash != self._hash:
            raise RequestIdReused(
                "This request_id was used before for a different request; take a new UUID for each new request.",
                request_id=self._key[2],
            )
        return response

    async def look_up(self, uow_factory: UowFactory[U]) -> bytes | None:
        """As `find`, in a transaction of its own."""
        async with uow_factory(read_only=True) as uow:
            return await self.find(uow)

    async def keep(self, uow: UnitOfWork, response: Message, clock: Clock) -> None:
        """Write the response."""
        await uow.flush()
        await ledger.keep_answer(
            uow.session,
            *self._key,
            request_hash=self._hash,
            response=response.SerializeToString(deterministic=True),
            create_time=clock.now(),
        )
