"""Long work: a handle that waits, reports, and cancels."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from google.longrunning import operations_pb2
from google.protobuf.message import Message

from loupe.project.v1 import operation_service_pb2 as pb
from loupe.project.v1 import operation_service_pb2_grpc as pb_grpc
from loupe_client import _convert, _errors
from loupe_client._transport import Transport
from loupe_client._types import Progress

_Answer = TypeVar("_Answer", bound=Message)
_Result = TypeVar("_Result")


class Operation(Generic[_Result]):
    """Long work that Loupe does; it goes on when this program ends.

    Args:
        transport: Carries calls.
        message: The operation as it was answered.
        answer_type: Message that the operation ends with.
        convert: From that message to what `result` returns.
    """

    def __init__(
        self,
        transport: Transport,
        message: operations_pb2.Operation,
        answer_type: type[_Answer],
        convert: Callable[[_Answer], _Result],
    ) -> None:
        self._transport = transport
        self._message = message
        self._answer_type = answer_type
        self._convert = convert
        self._stub = pb_grpc.OperationServiceStub(transport.channel)

    @property
    def name(self) -> str:
        """`projects/{project}/operations/{operation}`."""
        return self._message.name

    def progress(self) -> Iterator[Progress]:
        """Yields how far it has come, at each change, until it is done.

        Raises:
            ApiError: it cannot be watched. A failure of the work itself is raised by `result`.
        """
        while not self._message.done:
            request = pb.WatchOperationRequest(name=self.name)
            for message in self._transport.stream(self._stub.WatchOperation, request):
                self._message = message
                metadata = pb.OperationMetadata()
                self._message.metadata.Unpack(metadata)
                yield _convert.progress(metadata)

    def result(self) -> _Result:
        """Waits, and returns what came out.

        Raises:
            ApiError: the work failed or was cancelled.
        """
        for _ in self.progress():
            pass
        if self._message.HasField("error"):
            raise _errors.from_status(self._message.error)
        answer = self._answer_type()
        self._message.response.Unpack(answer)
        return self._convert(answer)

    def cancel(self) -> None:
        """Asks the work to stop; `result` then raises Cancelled unless it was done before."""
        self._transport.unary(self._stub.CancelOperation, pb.CancelOperationRequest(name=self.name))
