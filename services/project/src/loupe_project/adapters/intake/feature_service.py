"""Vectors go to the inference service, which keeps them."""

from collections.abc import AsyncIterator, Sequence

import grpc
import numpy as np
from numpy.typing import NDArray

from loupe.inference.v1 import feature_service_pb2 as pb
from loupe.inference.v1 import feature_service_pb2_grpc as pb_grpc
from loupe_kit import ids
from loupe_kit.status import from_rpc_error, from_status_proto
from loupe_project.ports.intake import StoredFeatures

_TIMEOUT_SECONDS = 60.0


class GrpcFeatureSink:
    """See `ports.intake.FeatureSink`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = pb_grpc.FeatureServiceStub(channel)

    async def put(
        self, project_id: str, feature_set: str, image_ids: Sequence[str], values: NDArray[np.float32]
    ) -> StoredFeatures:
        """See the port."""
        try:
            answer = await self._stub.PutFeatures(
                _requests(project_id, feature_set, image_ids, values), timeout=_TIMEOUT_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        rejected = {one.image_id: from_status_proto(one.status) for one in answer.rejected}
        return StoredFeatures([one for one in image_ids if one not in rejected], answer.dimension, dict(rejected))


async def _requests(
    project_id: str, feature_set: str, image_ids: Sequence[str], values: NDArray[np.float32]
) -> AsyncIterator[pb.PutFeaturesRequest]:
    yield pb.PutFeaturesRequest(config=pb.PutFeaturesConfig(project_id=project_id, feature_set=feature_set))
    little_endian = np.ascontiguousarray(values, dtype="<f4")
    yield pb.PutFeaturesRequest(
        block=pb.FeatureBlock(
            image_ids=ids.pack_ids(image_ids), dimension=values.shape[1], values=little_endian.tobytes()
        )
    )
