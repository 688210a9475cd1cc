"""RPCs about what is made by long work: asking for it, and deleting it while or after it is made."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from google.longrunning.operations_pb2 import Operation as OperationMessage
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from loupe_project.convert import operation as convert_operation
from loupe_project.domain.operation import Operation
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls, Context
from loupe_project.use_cases.operation_hub import OperationHub


class Made(Protocol):
    """A selection, a split, a head and the like."""

    @property
    def operation_id(self) -> str:
        """Of the work that makes it."""
        ...


T = TypeVar("T", bound=Made)


class MadeCalls:
    """Runs the work of such RPCs, and wakes who runs operations when it is committed.

    Args:
        calls: Transactions and callers.
        hub: Wakes the runner of operations.
    """

    def __init__(self, calls: Calls, hub: OperationHub) -> None:
        self._calls = calls
        self._hub = hub

    async def ask(
        self,
        method: str,
        request: Message,
        work: Callable[[Store, Scope], Awaitable[Operation]],
        context: Context | None = None,
    ) -> OperationMessage:
        """The operation that `work` writes, on its way; for the arguments see `Calls.write`."""

        async def asked(store: Store, scope: Scope) -> OperationMessage:
            return convert_operation.to_proto(await work(store, scope))

        answer = await self._calls.write(method, request, OperationMessage, asked, context)
        self._hub.wake(answer.name.rpartition("/")[2])
        return answer

    async def delete(self, method: str, request: Message, work: Callable[[Store, Scope], Awaitable[T]]) -> T | None:
        """What `work` deleted, its operation told to stop; None where an earlier call with the same id did."""
        deleted: list[T] = []

        async def gone(store: Store, scope: Scope) -> Empty:
            deleted[:] = [await work(store, scope)]
            return Empty()

        await self._calls.write(method, request, Empty, gone)
        for one in deleted:
            self._hub.wake(one.operation_id)
        return deleted[0] if deleted else None
