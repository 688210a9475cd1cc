"""The upload route and a client that goes away."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request

from loupe.project.v1 import upload_batch_service_pb2 as pb
from loupe_gateway.routes.upload import UploadRoute

_HEADERS = [(b"content-type", b"multipart/form-data; boundary=B")]
_BEGUN = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nbytes'


class _Call:
    """A call of UploadFiles that answers nothing until it is cancelled."""

    def __init__(self) -> None:
        self.is_cancelled = False

    async def write(self, message: pb.UploadFilesRequest) -> None:
        pass

    def cancel(self) -> None:
        self.is_cancelled = True

    async def __aiter__(self) -> AsyncIterator[pb.UploadFilesResponse]:
        await asyncio.Event().wait()
        yield pb.UploadFilesResponse()


class _Clients:
    def __init__(self, call: _Call) -> None:
        self._call = call

    def duplex(self, *_: Any) -> _Call:
        return self._call


async def test_upload__client_that_goes_away_is_no_fault_of_ours() -> None:
    messages = [
        {"type": "http.request", "body": _BEGUN, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return messages.pop(0)

    scope = {"type": "http", "method": "POST", "headers": _HEADERS, "path_params": {"project": "p"}, "client": None}
    call = _Call()
    answer = await UploadRoute(_Clients(call)).handle(Request(scope, receive))  # type: ignore[arg-type]
    assert answer.status_code == 499
    assert call.is_cancelled
