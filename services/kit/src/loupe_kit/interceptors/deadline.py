"""No unary call runs for ever: those without a deadline get one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from loupe_kit.errors import DeadlineExceeded
from loupe_kit.interceptors.base import AroundInterceptor, ServerCall


class DeadlineInterceptor(AroundInterceptor):
    """Limits unary calls whose client set no deadline; streams last as long as both sides want.

    Args:
        unary_timeout: The limit.
    """

    def __init__(self, unary_timeout: timedelta) -> None:
        self._seconds = unary_timeout.total_seconds()

    @asynccontextmanager
    async def around(self, call: ServerCall) -> AsyncIterator[None]:
        """Cancel the servicer when the time is over."""
        # The stubs say float; without a deadline it is None.
        remaining: float | None = call.context.time_remaining()
        if not call.is_unary or remaining is not None:
            yield
            return
        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise DeadlineExceeded(
                f"The call took longer than {self._seconds:g} s; set a longer deadline, or ask for less.",
                limit_seconds=f"{self._seconds:g}",
            ) from error
