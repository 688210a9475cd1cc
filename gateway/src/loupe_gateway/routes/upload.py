"""Uploads: a form with any number of files becomes one UploadFiles stream, as fast as the project service takes it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf import json_format
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from loupe.project.v1 import upload_batch_service_pb2 as pb
from loupe_gateway import multipart
from loupe_gateway.clients import Clients
from loupe_gateway.metadata import call_metadata
from loupe_kit.errors import InvalidArgument
from loupe_kit.first_status import FirstStatus

_METHOD = pb.DESCRIPTOR.services_by_name["UploadBatchService"].methods_by_name["UploadFiles"]
_HEADER_FIELDS = {"display_name", "request_id", "feature_set", "source"}
# Answers kept for the response; what was refused beyond them is in ListUploadNotices.
_MOST_ANSWERS = 10_000
_CLIENT_GONE = 499


class UploadRoute:
    """`POST /v1/projects/{project}/uploadBatches:upload`.

    Form fields before the first file: display_name, request_id, feature_set, source. A field `image` (JSON of
    UploadFile: `{"image": {"metadata": …}, "tags": […]}`) describes the file that follows it.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    async def handle(self, request: Request) -> Response:
        """Passes the form on and answers what became of each file."""
        parent = f"projects/{request.path_params['project']}"
        call = self._clients.duplex(_METHOD, call_metadata(request))
        answers = asyncio.create_task(_collect(call))
        try:
            await _send(call, request, parent)
            return JSONResponse(await answers, headers={"cache-control": "no-store"})
        except ClientDisconnect:
            # Nothing of ours is wrong, and nobody reads the answer: what was whole is in.
            return Response(status_code=_CLIENT_GONE)
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            # The service ended the call; read on for a while, else the client sees a broken connection, not the reason.
            await multipart.drain(request)
            return JSONResponse(await answers)
        finally:
            # Also when the client went away in the middle: the file that was on its way is then left out.
            call.cancel()
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)


async def _send(call: Any, request: Request, parent: str) -> None:
    count = 0
    async for message in upload_messages(request.headers.get("content-type", ""), request.stream(), parent):
        await call.write(message)
        count += message.HasField("file")
    if not count:
        raise InvalidArgument("The form holds no file. Add one, for example with curl -F file=@image.png.")
    await call.done_writing()


async def upload_messages(
    content_type: str, body: AsyncIterator[bytes], parent: str
) -> AsyncIterator[pb.UploadFilesRequest]:
    """Yields the messages of UploadFiles that a form means.

    Raises:
        InvalidArgument: the form cannot be read.
    """
    header: pb.UploadHeader | None = pb.UploadHeader(parent=parent, source="http")
    described = pb.UploadFile()
    async for event in multipart.in_large_pieces(multipart.read(content_type, body)):
        match event:
            case multipart.FormField(name="image", value=value):
                described = _describe(value)
            case multipart.FormField(name=name, value=value) if header and name in _HEADER_FIELDS:
                setattr(header, name, value)
            case multipart.FormField(name=name):
                raise InvalidArgument(_field_out_of_place(name))
            case multipart.FileBegin(file_name=file_name):
                if header:
                    yield pb.UploadFilesRequest(header=header)
                    header = None
                described.file_name = file_name
                yield pb.UploadFilesRequest(file=described)
                described = pb.UploadFile()
            case multipart.FileBytes(data=data):
                yield pb.UploadFilesRequest(chunk=data)


def _field_out_of_place(name: str) -> str:
    known = ", ".join(sorted(_HEADER_FIELDS))
    return f"The form's field “{name[:100]}” is not known: {known} come before the first file, image before its own."


def _describe(value: str) -> pb.UploadFile:
    try:
        document: dict[str, Any] = json.loads(value)
        # An empty list would pass for an empty message.
        return json_format.ParseDict(dict(document.items()), pb.UploadFile())
    except (AttributeError, RecursionError, TypeError, ValueError, json_format.ParseError) as error:
        raise InvalidArgument(f"The form's field “image” is not the JSON of an UploadFile: {error}.") from None


async def _collect(call: Any) -> dict[str, Any]:
    first_status = FirstStatus(call)
    try:
        return await _answers(call)
    except grpc.aio.AioRpcError as error:
        raise first_status.of(error) from None


async def _answers(call: Any) -> dict[str, Any]:
    files: list[dict[str, Any]] = []
    batch = pb.UploadBatch()
    async for answer in call:
        if answer.HasField("file"):
            if len(files) < _MOST_ANSWERS:
                files.append(_json(answer.file))
        else:
            batch = answer.batch if answer.HasField("batch") else answer.begun
    return {"batch": _json(batch), "files": files}


def _json(message: pb.UploadedFile | pb.UploadBatch) -> dict[str, Any]:
    return json_format.MessageToDict(message, always_print_fields_with_no_presence=True)
