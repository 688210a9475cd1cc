"""A name for each call, taken from the client or made here, that all logs of the call carry."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

import structlog

from loupe_kit import ids
from loupe_kit.interceptors.base import AroundInterceptor, ServerCall

HEADER = "x-request-id"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")

_current: ContextVar[str] = ContextVar("loupe_request_id", default="")


def current_request_id() -> str:
    """Id of the call that is being served; empty outside of one."""
    return _current.get()


class RequestIdInterceptor(AroundInterceptor):
    """Takes `x-request-id` if it is 8 to 64 letters, digits and `._-`, else makes one."""

    @asynccontextmanager
    async def around(self, call: ServerCall) -> AsyncIterator[None]:
        """Set the id for the rest of the task."""
        sent = call.metadata(HEADER) or ""
        request_id = sent if _ACCEPTED.fullmatch(sent) else ids.new_id()
        # Not reset afterwards: the error interceptor outside of us names it, and the task ends with the call.
        _current.set(request_id)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        yield
