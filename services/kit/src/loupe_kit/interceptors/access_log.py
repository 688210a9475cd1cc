"""One line per call: who, what, how it ended, how long it took."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from loupe_kit.caller import current_caller
from loupe_kit.interceptors.base import AroundInterceptor, ServerCall, outcome

# Probes come every few seconds and tell nothing.
_QUIET = ("/grpc.health.", "/grpc.reflection.")

_log = structlog.get_logger("loupe.access")


class AccessLogInterceptor(AroundInterceptor):
    """Logs calls when they end; messages and metadata are never logged."""

    @asynccontextmanager
    async def around(self, call: ServerCall) -> AsyncIterator[None]:
        """Log one call."""
        start = time.perf_counter()
        code, reason = "OK", ""
        try:
            yield
        except BaseException as error:
            code, reason = outcome(error, call)
            raise
        finally:
            write = _log.debug if call.method.startswith(_QUIET) else _log.info
            caller = current_caller()
            write(
                "rpc",
                method=call.method,
                code=code,
                reason=reason,
                milliseconds=round((time.perf_counter() - start) * 1000, 1),
                caller_kind=caller.kind.value,
                caller_id=caller.id,
                peer=call.context.peer(),
            )
