"""Features, read from the inference service over its channel."""

from collections.abc import Sequence

import grpc
import numpy as np
from numpy.typing import NDArray

from loupe.inference.v1 import feature_service_pb2, feature_service_pb2_grpc
from loupe_kit import ids
from loupe_kit.errors import Code, Unavailable
from loupe_kit.status import from_rpc_error
from loupe_project.domain.image import FeatureSource

_TIMEOUT_SECONDS = 120.0


class InferenceFeatureReader:
    """See `ports.export.FeatureReader`.

    Args:
        channel: To the inference service.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = feature_service_pb2_grpc.FeatureServiceStub(channel)

    async def read(self, source: FeatureSource, image_ids: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
        """Vectors of those of the images that have one; see the port."""
        request = feature_service_pb2.StreamFeaturesRequest(
            model=source.model, version=source.version, image_ids=ids.pack_ids(image_ids)
        )
        found: dict[str, NDArray[np.float32]] = {}
        try:
            async for message in self._stub.StreamFeatures(request, timeout=_TIMEOUT_SECONDS):
                block = message.block
                rows = np.frombuffer(block.values, "<f4").reshape(-1, block.dimension)
                found.update(zip(ids.unpack_ids(block.image_ids), rows, strict=True))
        except grpc.aio.AioRpcError as error:
            remote = from_rpc_error(error)
            if remote.code is Code.UNAVAILABLE:
                raise Unavailable(
                    f"The inference service does not give its features: {remote.message}", service="inference"
                ) from error
            raise remote from error
        order = [one for one in image_ids if one in found]
        if not order:
            return [], np.empty((0, 0), np.float32)
        return order, np.stack([found[one] for one in order]).astype(np.float32, copy=False)
