"""RPCs that bring a file in a stream and answer with the operation that applies it."""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from google.longrunning.operations_pb2 import Operation

from loupe.project.v1 import label_service_pb2, metadata_service_pb2
from loupe_kit import client_stream
from loupe_kit.errors import InvalidArgument
from loupe_project.convert import operation as convert
from loupe_project.domain import names
from loupe_project.domain.operation import OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases import access
from loupe_project.use_cases.import_file import ImportFiles, ask_import
from loupe_project.use_cases.operation_hub import OperationHub
from loupe_project.use_cases.settle_operation import settle_operation

R = TypeVar("R", label_service_pb2.ImportLabelsRequest, metadata_service_pb2.ImportMetadataRequest)

_SETTLE_SECONDS = 2.0
"""How long a call waits for its operation, so that small files are done when the answer comes."""


class FileImports:
    """Takes files of imports.

    Args:
        calls: Transactions and callers.
        hub: Where operations are watched.
        files: Keeps the files.
    """

    def __init__(self, calls: Calls, hub: OperationHub, files: ImportFiles) -> None:
        self._calls = calls
        self._hub = hub
        self._files = files

    async def run(
        self, method: str, kind: OperationKind, requests: AsyncIterator[R], wish_of: Callable[[R], bytes]
    ) -> Operation:
        """The operation, done if it was quick.

        Args:
            method: Full RPC method name.
            kind: Of the operation.
            requests: The first says what is to be done; `content` of all is the file.
            wish_of: Reads the first one, for the operation's handler.

        Raises:
            InvalidArgument: If nothing comes, or the file is empty.
        """
        requests = client_stream.whole(requests)
        first = await anext(requests, None)
        if first is None:
            raise InvalidArgument("Nothing came; send one message with `parent`, `file_name` and `content` at least.")
        (project_id,) = names.split("projects/{project}", first.parent, "parent")
        wish = wish_of(first)

        async def allowed(store: Store, scope: Scope) -> None:
            await access.editor(store, scope, project_id)

        # Nobody sends a gigabyte in vain.
        await self._calls.read(allowed)
        pieces = self._calls.stream(_contents(first, requests), allowed)
        async with self._files.received(project_id, first.file_name, pieces) as file:
            request = type(first)()
            request.CopyFrom(first)
            # A repeat is one of the whole file.
            request.content = file.sha256

            async def work(store: Store, scope: Scope) -> Operation:
                now = self._calls.clock.now()
                return convert.to_proto(await ask_import(store, scope, project_id, kind, wish, file, now))

            asked = await self._calls.write(method, request, Operation, work)
        operation_id = asked.name.rpartition("/")[2]
        return convert.to_proto(
            await settle_operation(self._calls.stores, self._hub, project_id, operation_id, _SETTLE_SECONDS)
        )


async def _contents(first: R, rest: AsyncIterator[R]) -> AsyncIterator[bytes]:
    yield first.content
    async for request in rest:
        yield request.content
