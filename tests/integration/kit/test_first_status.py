"""Streams that are refused while messages are on their way."""

import asyncio
import collections
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue

from loupe_kit.channels import open_channel
from loupe_kit.first_status import FirstStatus
from loupe_kit.testing import running_server
from tests.integration.kit import echo

_CALLS = 200


async def _refused(channel: grpc.aio.Channel) -> grpc.aio.AioRpcError:
    start: Any = channel.stream_stream
    call = start(f"/{echo.SERVICE}/StreamStream", StringValue.SerializeToString, StringValue.FromString)()
    first_status = FirstStatus(call)
    try:
        while True:
            await call.write(StringValue(value="a"))
    except grpc.aio.AioRpcError as error:
        return first_status.of(error)
    except asyncio.InvalidStateError:
        return first_status.of(grpc.aio.AioRpcError(grpc.StatusCode.UNKNOWN, grpc.aio.Metadata(), grpc.aio.Metadata()))


async def test_of__tells_what_the_server_answered_not_how_the_write_failed() -> None:
    async with running_server([echo.registration()]) as server, grpc.aio.insecure_channel(server.target) as channel:
        errors = [await _refused(channel) for _ in range(_CALLS)]

    assert collections.Counter(error.code() for error in errors) == {grpc.StatusCode.UNAUTHENTICATED: _CALLS}
    assert all("identity" in (error.details() or "") for error in errors)
    assert all(error.trailing_metadata() for error in errors)


async def test_open_channel__streams_between_services_tell_it_too() -> None:
    async with running_server([echo.registration()]) as server, open_channel(server.target) as channel:
        start: Any = channel.stream_stream
        method = start(f"/{echo.SERVICE}/StreamStream", StringValue.SerializeToString, StringValue.FromString)
        codes = collections.Counter[grpc.StatusCode]()
        for number in range(_CALLS):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                async for _ in method(iter([StringValue(value="a")] * (1 + number % 4))):
                    pass
            codes[refused.value.code()] += 1

    assert codes == {grpc.StatusCode.UNAUTHENTICATED: _CALLS}
