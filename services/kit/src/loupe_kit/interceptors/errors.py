"""Outermost: faults become statuses. Known ones are told as they are, unknown ones are logged and hidden."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import structlog
from google.rpc import status_pb2

from loupe_kit import status
from loupe_kit.errors import Code, Internal, LoupeError
from loupe_kit.interceptors.base import AroundInterceptor, Context, ServerCall
from loupe_kit.interceptors.request_id import current_request_id
from loupe_kit.storage_full import storage_full
from loupe_kit.telemetry import trace_id

# What another service says about *our* call to it is not the caller's fault.
_OUR_FAULT = frozenset({Code.UNAUTHENTICATED, Code.PERMISSION_DENIED, Code.UNIMPLEMENTED, Code.UNKNOWN, Code.CANCELLED})

_log = structlog.get_logger("loupe.rpc")


class ErrorInterceptor(AroundInterceptor):
    """Answers with `google.rpc.Status` in the trailing metadata."""

    @asynccontextmanager
    async def around(self, call: ServerCall) -> AsyncIterator[None]:
        """Turn whatever is raised into a status; cancellation and deliberate aborts pass."""
        try:
            yield
        except grpc.aio.AbortError:
            raise
        except LoupeError as error:
            await _abort(call.context, _told(error))
        except grpc.RpcError as error:
            await _abort(call.context, _told(_from_other_service(error, call.method)))
        except Exception as error:  # noqa: BLE001 - the last resort of every call
            await _abort(call.context, _told(_full(error, call.method) or _unknown(error, call.method)))


def _told(error: LoupeError) -> status_pb2.Status:
    if error.code is Code.INTERNAL:
        return status.to_status_proto(error, request_id=current_request_id())
    return status.to_status_proto(error)


def _from_other_service(error: grpc.RpcError, method: str) -> LoupeError:
    remote = status.from_rpc_error(error)
    if remote.code in _OUR_FAULT:
        return _unknown(error, method)
    return remote


def _full(error: Exception, method: str) -> LoupeError | None:
    full = storage_full(error)
    if full is not None:
        _log.error("storage_full", method=method, request_id=current_request_id(), error=str(error)[:300])
    return full


def _unknown(error: Exception, method: str) -> Internal:
    request_id = current_request_id()
    _log.error("rpc_failed", method=method, request_id=request_id, trace_id=trace_id(), exc_info=error)
    return Internal(f"Something went wrong on our side; if it stays so, tell the operator request {request_id}.")


async def _abort(context: Context, told: status_pb2.Status) -> None:
    code = grpc.StatusCode[status.code_name(told)]
    await context.abort(code, told.message, ((status.STATUS_KEY, told.SerializeToString()),))
