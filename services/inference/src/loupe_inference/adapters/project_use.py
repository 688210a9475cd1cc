"""Who uses a version, from the project service."""

import grpc

from loupe.project.v1 import result_service_pb2, result_service_pb2_grpc
from loupe_kit.status import from_rpc_error

_TIMEOUT_SECONDS = 10.0


class ProjectModelUse:
    """A `ModelUse` that asks project.

    Args:
        channel: To project, with this service's token.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = result_service_pb2_grpc.ResultServiceStub(channel)

    async def count(self, model: str, version: str) -> tuple[int, int]:
        """See `ModelUse`."""
        request = result_service_pb2.CountModelUseRequest(model=model, version=version)
        try:
            answer = await self._stub.CountModelUse(request, timeout=_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        return answer.project_count, answer.image_count
