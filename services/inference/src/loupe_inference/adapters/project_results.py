"""Results to the project service."""

from collections.abc import Sequence
from datetime import timedelta

import grpc

from loupe.project.v1 import result_service_pb2, result_service_pb2_grpc
from loupe_inference import convert
from loupe_inference.domain.analysis import TaskResult
from loupe_kit import status
from loupe_kit.errors import LoupeError


class ProjectResultReporter:
    """A `ResultReporter` over gRPC.

    Args:
        channel: To the project service; adds the service token.
        time_limit: For one call.
    """

    def __init__(self, channel: grpc.aio.Channel, time_limit: timedelta = timedelta(seconds=30)) -> None:
        self._stub = result_service_pb2_grpc.ResultServiceStub(channel)
        self._time_limit = time_limit

    async def report(self, results: Sequence[TaskResult]) -> None:
        """See `ResultReporter`."""
        request = result_service_pb2.ReportResultsRequest(results=[_to_proto(result) for result in results])
        try:
            await self._stub.ReportResults(request, timeout=self._time_limit.total_seconds())
        except grpc.RpcError as error:
            raise status.from_rpc_error(error) from error


def _to_proto(result: TaskResult) -> result_service_pb2.ImageResult:
    task = result.task
    message = result_service_pb2.ImageResult(
        project_id=task.project_id,
        image_id=task.image_id,
        model=task.model,
        version=result.version,
        attempt=task.attempt,
    )
    if isinstance(result.outcome, LoupeError):
        message.failure.CopyFrom(status.to_status_proto(result.outcome))
    else:
        message.prediction.CopyFrom(convert.prediction_to_proto(result.outcome.prediction))
        message.feature_dimension = len(result.outcome.feature)
        if (looks := result.outcome.appearance) is not None:
            message.appearance.brightness = looks.brightness
            message.appearance.contrast = looks.contrast
            message.appearance.sharpness = looks.sharpness
    return message
