"""Errors as HTTP answers, in the form of AIP-193: `{"error": {"code", "status", "message", "details"}}`."""

import json
from http import HTTPStatus
from typing import Any

import grpc
import structlog
from google.protobuf import json_format
from google.rpc import code_pb2, error_details_pb2, status_pb2
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from loupe_kit import status
from loupe_kit.errors import LoupeError

_log = structlog.get_logger(__name__)
# google/rpc/code.proto says which HTTP status each code maps to.
_HTTP_STATUS: dict[int, int] = {
    code_pb2.OK: HTTPStatus.OK,
    code_pb2.CANCELLED: 499,
    code_pb2.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    code_pb2.FAILED_PRECONDITION: HTTPStatus.BAD_REQUEST,
    code_pb2.OUT_OF_RANGE: HTTPStatus.BAD_REQUEST,
    code_pb2.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    code_pb2.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    code_pb2.NOT_FOUND: HTTPStatus.NOT_FOUND,
    code_pb2.ABORTED: HTTPStatus.CONFLICT,
    code_pb2.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    code_pb2.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    code_pb2.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED,
    code_pb2.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    code_pb2.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
}
_STATUS_DETAILS = "grpc-status-details-bin"


def status_of(error: Exception) -> status_pb2.Status:
    """Returns what an exception of a call says, as `google.rpc.Status`; unknown ones say INTERNAL and nothing more."""
    if isinstance(error, LoupeError):
        return status.to_status_proto(error)
    if not isinstance(error, grpc.aio.AioRpcError):
        return status_pb2.Status(code=code_pb2.INTERNAL, message="Something went wrong inside Loupe. Try again.")
    for key, value in error.trailing_metadata() or ():
        if key == _STATUS_DETAILS and isinstance(value, bytes):
            return status_pb2.Status.FromString(value)
    number: int = error.code().value[0]
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return status_pb2.Status(code=number, message="This part of Loupe does not answer at the moment. Try again.")
    return status_pb2.Status(code=number, message=error.details() or "")


def error_document(found: status_pb2.Status) -> dict[str, Any]:
    """Returns the body of an error answer."""
    details = json_format.MessageToDict(found).get("details", [])
    code = code_pb2.Code.Name(code_pb2.Code.ValueType(found.code))
    return {
        "error": {
            "code": int(http_status(found.code)),
            "status": code,
            "message": found.message,
            "details": details,
        }
    }


def http_status(code: int) -> int:
    """Returns the HTTP status of a code of google.rpc.Code."""
    return _HTTP_STATUS.get(code, int(HTTPStatus.INTERNAL_SERVER_ERROR))


def error_response(error: Exception) -> Response:
    """Returns the HTTP answer to a failed call; waits are said as `Retry-After`."""
    found = status_of(error)
    body = json.dumps(error_document(found), ensure_ascii=False).encode()
    headers = {"cache-control": "no-store"}
    for detail in found.details:
        retry = error_details_pb2.RetryInfo()
        if detail.Unpack(retry):
            headers["retry-after"] = str(max(1, round(retry.retry_delay.ToTimedelta().total_seconds())))
    return Response(body, http_status(found.code), headers, "application/json")


async def handle_error(request: Request, error: Exception) -> Response:
    """Answers exceptions that leave an endpoint; Starlette's exception handler."""
    if isinstance(error, HTTPException):
        return _no_route(error)
    if not isinstance(error, LoupeError | grpc.aio.AioRpcError):
        _log.error("http_failed", method=request.method, path=request.url.path, exc_info=error)
    return error_response(error)


def _no_route(error: HTTPException) -> Response:
    """Returns what Starlette's router says, in the form of all errors."""
    code = "NOT_FOUND" if error.status_code == HTTPStatus.NOT_FOUND else "UNIMPLEMENTED"
    text = f"{error.detail}. /openapi.json lists what there is."
    body = {"error": {"code": error.status_code, "status": code, "message": text, "details": []}}
    return JSONResponse(body, error.status_code, error.headers)
