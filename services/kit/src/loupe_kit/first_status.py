"""Why a streaming call was refused, also when a message was just on its way.

A write that is under way when the server ends a call fails, and grpc.aio (1.85, `_StreamRequestMixin._write`) then
overwrites the status that has come by INTERNAL, "Internal error from Core". Of refused uploads that was one in six.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import grpc

_FAILED_WRITE = (grpc.StatusCode.INTERNAL, "Internal error from Core")


class FirstStatus:
    """Remembers how a call ended at the moment when it ended.

    Args:
        call: A call of a plain channel, just begun; calls of channels with interceptors hide their status.
    """

    def __init__(self, call: Any) -> None:
        self._error: grpc.aio.AioRpcError | None = None
        call.add_done_callback(self._remember)

    def of(self, error: grpc.aio.AioRpcError) -> grpc.aio.AioRpcError:
        """Returns the error that the server answered, or `error` where it answered none."""
        return self._error or error

    def _remember(self, call: Any) -> None:
        # Called once for each status. The first is the server's, unless the write failed before that was read.
        code, details = _result(call.code()), _result(call.details())
        is_of_the_write = (code, details) == _FAILED_WRITE
        if self._error is None and code is not grpc.StatusCode.OK and not is_of_the_write:
            trailing = _result(call.trailing_metadata()) or grpc.aio.Metadata()
            self._error = grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details)


def _result(ready: Coroutine[Any, Any, Any]) -> Any:
    """Returns what a coroutine returns that waits for nothing: the status is there when the call is done."""
    try:
        ready.send(None)
    except StopIteration as done:
        return done.value
    ready.close()
    raise AssertionError("a call that is done keeps nobody waiting for its status")
