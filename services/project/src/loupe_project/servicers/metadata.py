"""MetadataService: metadata of many images at once."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.longrunning.operations_pb2 import Operation

from loupe.project.v1 import metadata_service_pb2 as pb
from loupe.project.v1 import metadata_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import image as convert_image
from loupe_project.convert import metadata as convert
from loupe_project.convert import operation as convert_operation
from loupe_project.domain import names
from loupe_project.domain.operation import OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.servicers.file_imports import FileImports
from loupe_project.use_cases.ask_image_work import ask_image_work
from loupe_project.use_cases.list_metadata_keys import list_metadata_keys
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.settle_operation import settle_operation

_SERVICE = "/loupe.project.v1.MetadataService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER for method in ("ListMetadataKeys", "ModifyImageMetadata", "ImportMetadata")
}

_PROJECT = "projects/{project}"
_SETTLE_SECONDS = 2.0
"""How long a call waits for its operation, so that small ones are done when the answer comes."""
_Context = grpc.aio.ServicerContext[Any, Any]


class MetadataServicer(pb_grpc.MetadataServiceServicer):
    """Serves `loupe.project.v1.MetadataService`.

    Args:
        calls: Transactions and callers.
        hub: Where operations are watched.
        imports: Takes tables in.
    """

    def __init__(self, calls: Calls, hub: OperationHub, imports: FileImports) -> None:
        self._calls = calls
        self._hub = hub
        self._imports = imports

    async def ListMetadataKeys(
        self, request: pb.ListMetadataKeysRequest, context: _Context
    ) -> pb.ListMetadataKeysResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ListMetadataKeysResponse:
            page = await list_metadata_keys(
                store, scope, project_id, request.filter, request.page_size, request.page_token
            )
            return pb.ListMetadataKeysResponse(
                keys=map(convert.key_to_message, page.keys), next_page_token=page.next_page_token
            )

        return await self._calls.read(work)

    async def ModifyImageMetadata(self, request: pb.ModifyImageMetadataRequest, context: _Context) -> Operation:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        selection = convert_image.selection_of(request.selector)
        wish = convert.wish_of(request).to_bytes()
        kind = OperationKind.MODIFY_IMAGE_METADATA

        async def work(store: Store, scope: Scope) -> Operation:
            now = self._calls.clock.now()
            return convert_operation.to_proto(
                await ask_image_work(store, scope, project_id, kind, selection, now, wish)
            )

        asked = await self._calls.write(f"{_SERVICE}/ModifyImageMetadata", request, Operation, work)
        return await self._settled(project_id, asked)

    async def ImportMetadata(
        self, request_iterator: AsyncIterator[pb.ImportMetadataRequest], context: _Context
    ) -> Operation:
        return await self._imports.run(
            f"{_SERVICE}/ImportMetadata",
            OperationKind.IMPORT_METADATA,
            request_iterator,
            lambda request: convert.table_wish_of(request).to_bytes(),
        )

    async def _settled(self, project_id: str, asked: Operation) -> Operation:
        operation_id = asked.name.rpartition("/")[2]
        return convert_operation.to_proto(
            await settle_operation(self._calls.stores, self._hub, project_id, operation_id, _SETTLE_SECONDS)
        )
