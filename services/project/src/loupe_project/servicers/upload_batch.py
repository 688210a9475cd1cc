"""UploadBatchService: files come in, and what became of them."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import grpc

from loupe.project.v1 import upload_batch_service_pb2 as pb
from loupe.project.v1 import upload_batch_service_pb2_grpc as pb_grpc
from loupe_kit import client_stream, paging
from loupe_kit.rpc_policy import Access
from loupe_project.convert import upload as convert
from loupe_project.domain import names
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases import access, upload_batches
from loupe_project.use_cases.intake.stream import Begun
from loupe_project.use_cases.intake.upload_files import UploadFiles

_SERVICE = "/loupe.project.v1.UploadBatchService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in ("UploadFiles", "GetUploadBatch", "ListUploadBatches", "WatchUploadBatch", "ListUploadNotices")
}

_NAME = "projects/{project}/uploadBatches/{upload_batch}"
_Context = grpc.aio.ServicerContext[Any, Any]


class UploadBatchServicer(pb_grpc.UploadBatchServiceServicer):
    """Serves `loupe.project.v1.UploadBatchService`.

    Args:
        calls: Transactions and callers.
        uploads: Takes streams of files.
    """

    def __init__(self, calls: Calls, uploads: UploadFiles) -> None:
        self._calls = calls
        self._uploads = uploads

    async def UploadFiles(
        self, request_iterator: AsyncIterator[pb.UploadFilesRequest], context: _Context
    ) -> AsyncIterator[pb.UploadFilesResponse]:
        project_id = ""

        async def allowed(store: Store, scope: Scope) -> None:
            if project_id:
                await access.editor(store, scope, project_id, Right.UPLOAD)

        events = self._calls.stream(convert.events_of(client_stream.whole(request_iterator)), allowed)
        async for answer in self._uploads.run(await self._calls.scope(), events):
            if isinstance(answer, Begun):
                project_id = answer.batch.project_id
            yield convert.answer_to_message(project_id, answer)

    async def GetUploadBatch(self, request: pb.GetUploadBatchRequest, context: _Context) -> pb.UploadBatch:
        project_id, batch_id = names.split(_NAME, request.name)

        async def work(store: Store, scope: Scope) -> pb.UploadBatch:
            return convert.batch_to_message(await upload_batches.get_batch(store, scope, project_id, batch_id))

        return await self._calls.read(work)

    async def ListUploadBatches(
        self, request: pb.ListUploadBatchesRequest, context: _Context
    ) -> pb.ListUploadBatchesResponse:
        (project_id,) = names.split("projects/{project}", request.parent, "parent")
        size = paging.clamp_page_size(request.page_size)
        key = paging.filter_hash("uploadBatches", project_id)
        last = paging.decode_token(request.page_token, key)
        before = (datetime.fromisoformat(str(last[0])), str(last[1])) if last else None

        async def work(store: Store, scope: Scope) -> pb.ListUploadBatchesResponse:
            found = await upload_batches.list_batches(store, scope, project_id, limit=size + 1, before=before)
            token = ""
            if len(found) > size:
                token = paging.encode_token((found[size - 1].create_time.isoformat(), found[size - 1].id), key)
            return pb.ListUploadBatchesResponse(
                upload_batches=map(convert.batch_to_message, found[:size]), next_page_token=token
            )

        return await self._calls.read(work)

    async def WatchUploadBatch(
        self, request: pb.WatchUploadBatchRequest, context: _Context
    ) -> AsyncIterator[pb.UploadBatch]:
        project_id, batch_id = names.split(_NAME, request.name)
        found = upload_batches.watch_batch(self._calls.stores, self._calls.scope_now, project_id, batch_id)
        async for batch in found:
            yield convert.batch_to_message(batch)

    async def ListUploadNotices(
        self, request: pb.ListUploadNoticesRequest, context: _Context
    ) -> pb.ListUploadNoticesResponse:
        project_id, batch_id = names.split(_NAME, request.parent, "parent")
        size = paging.clamp_page_size(request.page_size)
        key = paging.filter_hash("notices", batch_id)
        last = paging.decode_token(request.page_token, key)

        async def work(store: Store, scope: Scope) -> pb.ListUploadNoticesResponse:
            after = str(last[0]) if last else ""
            found = await upload_batches.list_notices(store, scope, project_id, batch_id, limit=size + 1, after=after)
            token = paging.encode_token((found[size - 1].id,), key) if len(found) > size else ""
            return pb.ListUploadNoticesResponse(
                notices=map(convert.notice_to_message, found[:size]), next_page_token=token
            )

        return await self._calls.read(work)
