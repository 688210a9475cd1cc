"""The neighbour search of the reduction service over its channel."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import grpc

from loupe.reduction.v1 import neighbour_service_pb2 as pb
from loupe.reduction.v1 import neighbour_service_pb2_grpc as pb_grpc
from loupe_kit import ids
from loupe_project.adapters.reduction import IDS_A_MESSAGE, source_message, translated
from loupe_project.domain.image import FeatureSource
from loupe_project.ports.similar import Alikeness

_TIMEOUT_SECONDS = 600.0
"""The first search reads the vectors of a whole project."""


class GrpcNeighbourhood:
    """See `ports.similar.Neighbourhood`.

    Args:
        channel: To the reduction service.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = pb_grpc.NeighbourServiceStub(channel)

    async def find(
        self, project_id: str, source: FeatureSource, image_id: str, among: Sequence[str], count: int
    ) -> Alikeness:
        """See the port."""
        spec = pb.NeighbourSpec(
            project_id=project_id, source=source_message(source), image_id=ids.pack_ids([image_id]), count=count
        )
        try:
            answer = await self._stub.FindNeighbours(_requests(spec, among), timeout=_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise translated(error, source) from error
        found = [(ids.unpack_ids(one.image_id)[0], one.similarity) for one in answer.neighbours]
        return Alikeness(tuple(found), answer.count)


async def _requests(spec: pb.NeighbourSpec, image_ids: Sequence[str]) -> AsyncIterator[pb.FindNeighboursRequest]:
    yield pb.FindNeighboursRequest(spec=spec)
    for start in range(0, len(image_ids), IDS_A_MESSAGE):
        packed = await asyncio.to_thread(ids.pack_ids, image_ids[start : start + IDS_A_MESSAGE])
        yield pb.FindNeighboursRequest(image_ids=packed)
