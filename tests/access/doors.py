"""The two doors of Loupe, gRPC and HTTP, and what is answered at them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import grpc
import httpx
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from loupe_gateway.contracts import HttpBinding
from loupe_kit.first_status import FirstStatus

_SECONDS = 60.0
# What a browser sends with a request that the page itself makes.
_BROWSER = {"sec-fetch-site": "same-origin"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    outcome: str
    """`OK` or the name of a `google.rpc.Code`."""
    text: str = ""
    """Message of the error."""
    body: Message | None = None
    """First message of a gRPC answer."""


class GrpcDoor:
    """Calls any RPC by its descriptor.

    Args:
        target: `host:port`.
    """

    def __init__(self, target: str) -> None:
        self._channel = grpc.aio.insecure_channel(target)

    async def close(self) -> None:
        """Ends the connection."""
        await self._channel.close()

    async def call(self, method: MethodDescriptor, requests: Sequence[Message], token: str | None) -> Answer:
        """Returns what the first message of the answer, or the refusal, says."""
        metadata = (("authorization", f"Bearer {token}"),) if token is not None else ()
        arguments: dict[str, Any] = {"metadata": metadata, "timeout": _SECONDS}
        request = _each(requests) if method.client_streaming else requests[0]
        call = self._starter(method)(request, **arguments)
        first_status = FirstStatus(call)
        try:
            if method.server_streaming:
                return Answer("OK", body=await anext(aiter(call), None))
            return Answer("OK", body=await call)
        except grpc.aio.AioRpcError as error:
            error = first_status.of(error)
            return Answer(error.code().name, error.details() or "")
        finally:
            call.cancel()

    def _starter(self, method: MethodDescriptor) -> Any:
        kinds = {
            (False, False): self._channel.unary_unary,
            (False, True): self._channel.unary_stream,
            (True, False): self._channel.stream_unary,
            (True, True): self._channel.stream_stream,
        }
        path = f"/{method.containing_service.full_name}/{method.name}"
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        start: Any = kinds[(method.client_streaming, method.server_streaming)]
        return start(path, request.SerializeToString, response.FromString)


async def _each(requests: Sequence[Message]) -> AsyncIterator[Message]:
    for request in requests:
        yield request


class HttpDoor:
    """Makes requests to the gateway, as a browser does for people and as a program does for others.

    Args:
        url: Of the gateway.
    """

    def __init__(self, url: str) -> None:
        # Plain http: reading the certificate authorities would take longer than most calls.
        self._client = httpx.AsyncClient(base_url=url, timeout=_SECONDS, verify=False)

    async def close(self) -> None:
        """Ends the connections."""
        await self._client.aclose()

    async def call(self, binding: HttpBinding, request: Message, headers: Mapping[str, str]) -> Answer:
        """Returns what the RPC of a route answers to `request`, sent as path, query and body."""
        path, query, body = untranscode(binding, request)
        arguments: dict[str, Any] = {"params": query, "headers": headers}
        if body is not None:
            arguments["json"] = body
        return await self.send(binding.verb, path, **arguments)

    async def send(self, verb: str, path: str, **arguments: Any) -> Answer:
        """Returns what is answered to any request; streams are left after their head."""
        async with self._client.stream(verb, path, **arguments) as response:
            if response.is_success or response.is_redirect:
                return Answer("OK")
            error = json.loads(await response.aread())["error"]
            assert error["code"] == response.status_code
            return Answer(error["status"], error["message"])


def headers_of(token: str | None, *, as_browser: bool) -> dict[str, str]:
    """Returns the headers that say who calls: the session cookie, or an Authorization header."""
    if token is None:
        return {}
    return {"cookie": f"loupe_access={token}"} | _BROWSER if as_browser else {"authorization": f"Bearer {token}"}


def untranscode(binding: HttpBinding, request: Message) -> tuple[str, list[tuple[str, str]], Any]:
    """Returns path, query and JSON body that mean `request`: the way back of what the gateway does."""
    rest = type(request)()
    rest.CopyFrom(request)
    path = binding.template.text
    for name, pattern in zip(binding.template.fields, binding.template.patterns, strict=True):
        *parents, last = name.split(".")
        holder: Any = rest
        for parent in parents:
            holder = getattr(holder, parent)
        value = quote(getattr(holder, last), safe="/")
        path = path.replace(f"{{{name}={pattern}}}", value).replace(f"{{{name}}}", value)
        holder.ClearField(last)
    if binding.body == "*":
        return path, [], json_format.MessageToDict(rest)
    body = None
    if binding.body:
        body = json_format.MessageToDict(getattr(rest, binding.body))
        rest.ClearField(binding.body)
    return path, list(_parameters(rest, "")), body


def _parameters(message: Message, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for field, value in message.ListFields():
        name = prefix + field.name
        if field.message_type is not None and field.message_type.full_name == "google.protobuf.FieldMask":
            found.append((name, ",".join(value.paths)))
        elif field.message_type is not None and not field.is_repeated:
            found += _parameters(value, f"{name}.")
        else:
            values = value if field.is_repeated else [value]
            found += [(name, _text(field, each)) for each in values]
    return found


def _text(field: FieldDescriptor, value: Any) -> str:
    return str(value).lower() if field.type == FieldDescriptor.TYPE_BOOL else str(value)
