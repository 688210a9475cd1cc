"""REST out of the contracts: finds the RPC of a request, calls it, and answers in JSON, as a file, or as events.

Unary RPCs answer JSON. RPCs that take a stream of bytes take a form (`forms.py`). Streams of `google.api.HttpBody`
answer the bytes. Other streams are server-sent events, one JSON message each, ended by an event `end` or `error`.
"""

import json
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from typing import Any

import grpc
from google.api import httpbody_pb2
from google.protobuf.message import Message
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from loupe_gateway import clients as rpc
from loupe_gateway import errors, forms, messages
from loupe_gateway.contracts import HttpBinding
from loupe_gateway.metadata import call_metadata
from loupe_gateway.sessions import Sessions
from loupe_gateway.waiting import while_connected
from loupe_kit.errors import NotFound

_HTTP_BODY = httpbody_pb2.HttpBody.DESCRIPTOR.full_name
_CLIENT_GONE = 499
# A browser may show a picture again for no longer than a right that was revoked may last, and to nobody else.
_DOWNLOAD_HEADERS = {
    "x-content-type-options": "nosniff",
    "cache-control": "private, max-age=5",
    "vary": "cookie, authorization",
}
# What a service may say about a file before its bytes come, as initial metadata of the call.
# gRPC keeps a content-length of its own to itself, so the file's goes by another name.
_FILE_METADATA = {"content-disposition": "content-disposition", "file-size": "content-length", "etag": "etag"}


class Transcoder:
    """Endpoint of all routes that are one RPC."""

    def __init__(self, bindings: Sequence[HttpBinding], clients: rpc.Clients, sessions: Sessions) -> None:
        self._bindings = bindings
        self._clients = clients
        self._sessions = sessions

    async def handle(self, request: Request) -> Response:
        """Answers one request."""
        binding, path = self._find(request)
        if binding is None:
            return self._refuse(request)
        if binding.method.client_streaming:
            return await self._form(request, binding, path)
        try:
            return await self._answer(request, binding, path)
        except ClientDisconnect:
            return Response(status_code=_CLIENT_GONE)

    async def _answer(self, request: Request, binding: HttpBinding, path: dict[str, str]) -> Response:
        body = await request.body() if binding.body else b""
        message = messages.build_request(binding, path, request.query_params.multi_items(), body)
        if binding.method.server_streaming:
            return await self._stream(request, binding, message)
        self._sessions.before_call(request, binding.rpc_path, message)
        call = self._clients.unary(binding.method, message, call_metadata(request))
        # What changes something is done, whether somebody still waits for the answer or not.
        answer = await (while_connected(request, call) if request.method == "GET" else call)
        change = self._sessions.after_call(request, binding.rpc_path, answer)
        response = Response(
            messages.to_json(answer), media_type="application/json", headers={"cache-control": "no-store"}
        )
        change(response)
        return response

    async def _form(self, request: Request, binding: HttpBinding, path: dict[str, str]) -> Response:
        try:
            answer = await forms.call(self._clients, request, binding, path)
        except ClientDisconnect:
            # Nothing of ours is wrong, and nobody reads the answer.
            return Response(status_code=_CLIENT_GONE)
        return Response(messages.to_json(answer), media_type="application/json", headers={"cache-control": "no-store"})

    def _find(self, request: Request) -> tuple[HttpBinding | None, dict[str, str]]:
        path = _raw_path(request)
        for binding in self._bindings:
            if binding.verb == request.method and (values := binding.template.match(path)) is not None:
                return binding, values
        return None, {}

    def _refuse(self, request: Request) -> Response:
        path = _raw_path(request)
        allowed = sorted({binding.verb for binding in self._bindings if binding.template.match(path) is not None})
        if not allowed:
            raise NotFound(f"There is nothing at {request.url.path[:200]}. /openapi.json lists what there is.")
        text = f"{request.method} is not possible here, only {', '.join(allowed)}."
        body = {"error": {"code": 405, "status": "UNIMPLEMENTED", "message": text, "details": []}}
        return JSONResponse(body, HTTPStatus.METHOD_NOT_ALLOWED, {"allow": ", ".join(allowed)})

    async def _stream(self, request: Request, binding: HttpBinding, message: Message) -> Response:
        call = self._clients.server_stream(binding.method, message, call_metadata(request))
        answers = rpc.messages(call)
        # The first message decides between an error answer and a stream: once the head is sent, it is too late.
        first = await while_connected(request, anext(answers, None))
        if binding.method.output_type.full_name == _HTTP_BODY:
            return await _file(call, first, answers)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(_events(first, answers), media_type="text/event-stream", headers=headers)


async def _file(
    call: grpc.aio.UnaryStreamCall[Any, Any], first: Message | None, answers: AsyncIterator[Message]
) -> Response:
    headers = dict(_DOWNLOAD_HEADERS)
    for name, value in await call.initial_metadata() or ():
        if name in _FILE_METADATA:
            headers[_FILE_METADATA[name]] = value if isinstance(value, str) else value.decode("latin-1")
    kind = first.content_type if isinstance(first, httpbody_pb2.HttpBody) else "application/octet-stream"
    return StreamingResponse(_bytes(first, answers), media_type=kind, headers=headers)


async def _bytes(first: Message | None, answers: AsyncIterator[Message]) -> AsyncIterator[bytes]:
    if isinstance(first, httpbody_pb2.HttpBody):
        yield first.data
    async for message in answers:
        if isinstance(message, httpbody_pb2.HttpBody):
            yield message.data


async def _events(first: Message | None, answers: AsyncIterator[Message]) -> AsyncIterator[bytes]:
    try:
        if first is not None:
            yield b"data: " + messages.to_json(first) + b"\n\n"
        async for message in answers:
            yield b"data: " + messages.to_json(message) + b"\n\n"
        yield b"event: end\ndata: {}\n\n"
    except grpc.aio.AioRpcError as error:
        document = errors.error_document(errors.status_of(error))
        yield b"event: error\ndata: " + json.dumps(document, ensure_ascii=False).encode() + b"\n\n"


def _raw_path(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.split(b"?", 1)[0].decode("latin-1")
