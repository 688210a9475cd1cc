"""Operations as `google.longrunning.Operation`."""

from google.longrunning import operations_pb2
from google.protobuf import any_pb2
from google.rpc import status_pb2

from loupe.project.v1 import operation_service_pb2 as pb
from loupe_project.domain.operation import Operation


def to_proto(operation: Operation) -> operations_pb2.Operation:
    """The message of an operation, with its metadata, and its response or error once it is done."""
    message = operations_pb2.Operation(name=operation.name, done=operation.is_done)
    message.metadata.Pack(_metadata(operation))
    if operation.error:
        message.error.CopyFrom(status_pb2.Status.FromString(operation.error))
    elif operation.is_done:
        message.response.CopyFrom(any_pb2.Any.FromString(operation.response))
    return message


def _metadata(operation: Operation) -> pb.OperationMetadata:
    progress = operation.progress
    metadata = pb.OperationMetadata(
        kind=pb.OperationMetadata.Kind.ValueType(operation.kind.value),
        target=operation.target,
        phase=progress.phase,
        fraction=progress.fraction,
        done_count=progress.done_count,
        total_count=progress.total_count,
        failed_count=progress.failed_count,
        failures=[status_pb2.Status.FromString(one) for one in progress.failures],
        creator=operation.creator,
        cancel_requested=operation.cancel_requested,
    )
    metadata.create_time.FromDatetime(operation.create_time)
    metadata.update_time.FromDatetime(operation.update_time)
    if operation.finish_time is not None:
        metadata.finish_time.FromDatetime(operation.finish_time)
    return metadata
