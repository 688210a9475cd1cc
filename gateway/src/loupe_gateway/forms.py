"""RPCs that take a stream of bytes and answer once: over HTTP a form with fields and one file."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import grpc
from google.protobuf import message_factory
from google.protobuf.message import Message
from starlette.requests import Request

from loupe_gateway import messages, multipart
from loupe_gateway.clients import Clients
from loupe_gateway.contracts import HttpBinding
from loupe_gateway.metadata import call_metadata
from loupe_kit.errors import InvalidArgument
from loupe_kit.first_status import FirstStatus

BYTES_FIELD = "content"
"""Field of the request that carries the bytes."""
_FORM = "multipart/form-data"


async def call(clients: Clients, request: Request, binding: HttpBinding, path: Mapping[str, str]) -> Message:
    """Returns the answer to a form, or to a JSON body with the bytes of a small file in it.

    Args:
        clients: Calls the RPC.
        request: What came.
        binding: The route; its RPC streams in and answers once.
        path: Request fields from the path.

    Raises:
        InvalidArgument: the form cannot be read, or holds no file.
        grpc.aio.AioRpcError: what the service answered.
        ClientDisconnect: the client went away.
    """
    started = clients.client_stream(binding.method, call_metadata(request))
    first_status = FirstStatus(started)
    try:
        try:
            async for message in _messages(request, binding, path):
                await started.write(message)
            await started.done_writing()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            # The service ended the call in the middle.
            await multipart.drain(request)
        answer: Message = await started
    except grpc.aio.AioRpcError as error:
        raise first_status.of(error) from None
    else:
        return answer
    finally:
        started.cancel()


async def _messages(request: Request, binding: HttpBinding, path: Mapping[str, str]) -> AsyncIterator[Message]:
    content_type = request.headers.get("content-type", "")
    query = request.query_params.multi_items()
    if not content_type.lower().startswith(_FORM):
        yield messages.build_request(binding, path, query, await request.body())
        return
    kind = message_factory.GetMessageClass(binding.method.input_type)
    fields, files = list(query), 0
    async for event in multipart.in_large_pieces(multipart.read(content_type, request.stream())):
        match event:
            case multipart.FormField(name=name, value=value) if not files:
                fields.append((name, value))
            case multipart.FormField(name=name):
                raise InvalidArgument(f"The form's field “{name[:100]}” comes after the file; send the file last.")
            case multipart.FileBegin(file_name=file_name):
                files += 1
                if files > 1:
                    raise InvalidArgument("The form holds more than one file; send each in a form of its own.")
                named = any(name in {"file_name", "fileName"} for name, _ in fields)
                yield messages.build_request(
                    binding, path, fields if named else [*fields, ("file_name", file_name)], b""
                )
            case multipart.FileBytes(data=data):
                yield kind(**{BYTES_FIELD: data})
    if not files:
        raise InvalidArgument("The form holds no file. Add one, for example with curl -F content=@table.csv.")
