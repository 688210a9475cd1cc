"""Inference and reduction as the project service sees them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np

from loupe.inference.v1 import feature_service_pb2, feature_service_pb2_grpc
from loupe.reduction.v1 import feature_source_pb2, projection_pb2, reduction_service_pb2, reduction_service_pb2_grpc
from loupe_kit import ids
from loupe_kit.errors import Unavailable
from loupe_kit.rpc_policy import Access
from loupe_kit.service import Registration
from loupe_kit.testing import SigningKeys, running_server

DIMENSION = 8


def vector(image_id: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The vector that inference has for an image."""
    return np.frombuffer(ids.pack_ids([image_id]), np.uint8).astype(np.float32)[:DIMENSION]


class FakeFeatureService(feature_service_pb2_grpc.FeatureServiceServicer):
    """Has a vector for each image; gives them in an order of its own. Nothing else is asked of it."""

    async def StreamFeatures(
        self, request: feature_service_pb2.StreamFeaturesRequest, context: Any
    ) -> AsyncIterator[feature_service_pb2.StreamFeaturesResponse]:
        for image_id in reversed(ids.unpack_ids(request.image_ids)):
            block = feature_service_pb2.FeatureBlock(
                image_ids=ids.pack_ids([image_id]), dimension=DIMENSION, values=vector(image_id).tobytes()
            )
            yield feature_service_pb2.StreamFeaturesResponse(block=block)


class FakeReduction(reduction_service_pb2_grpc.ReductionServiceServicer):
    """Puts each image at (number in the request, 1); the last image has no vector."""

    def __init__(self) -> None:
        self.specs: list[reduction_service_pb2.FitSpec] = []
        self.unavailable = 0
        """So many of the next calls fail."""
        self.goes_on = asyncio.Event()
        """Calls stay in their layout phase until it is set."""
        self.goes_on.set()
        self.was_cancelled = asyncio.Event()

    async def FitProjection(
        self, request_iterator: AsyncIterator[reduction_service_pb2.FitProjectionRequest], context: Any
    ) -> AsyncIterator[reduction_service_pb2.FitProjectionResponse]:
        packed = b""
        async for message in request_iterator:
            if message.HasField("spec"):
                self.specs.append(message.spec)
            packed += message.image_ids
        if self.unavailable:
            self.unavailable -= 1
            raise Unavailable("The reduction service starts up.")
        progress = feature_source_pb2.Progress(phase=feature_source_pb2.PHASE_LAYOUT, fraction=0.5)
        yield reduction_service_pb2.FitProjectionResponse(progress=progress)
        try:
            await self.goes_on.wait()
        except asyncio.CancelledError:
            self.was_cancelled.set()
            raise
        kept = packed[: -ids.BYTES_PER_ID]
        count, dimensions = len(kept) // ids.BYTES_PER_ID, self.specs[-1].recipe.dimensions
        header = reduction_service_pb2.ProjectionHeader(
            count=count,
            skipped_count=1,
            recipe=self.specs[-1].recipe,
            quality=projection_pb2.Quality(trustworthiness=0.9, neighbour_preservation=0.4),
            seconds=1.5,
        )
        yield reduction_service_pb2.FitProjectionResponse(header=header)
        points = np.ones((count, dimensions), "<f4")
        points[:, 0] = np.arange(count)
        block = projection_pb2.CoordinatesBlock(image_ids=kept, coordinates=points.tobytes())
        yield reduction_service_pb2.FitProjectionResponse(coordinates=block)


def served_neighbours(reduction: FakeReduction, keys: SigningKeys) -> Any:
    """A server with both, and a table that says who may call them."""
    inference, package = "loupe.inference.v1.FeatureService", "loupe.reduction.v1.ReductionService"
    methods = (
        "StreamFeatures",
        "StreamObjectFeatures",
        "PutFeatures",
        "DeleteFeatures",
        "CountFeatures",
        "ListFeatureSets",
    )
    return running_server(
        [
            Registration(
                feature_service_pb2_grpc.add_FeatureServiceServicer_to_server,
                FakeFeatureService(),
                inference,
                {f"/{inference}/{method}": Access.PUBLIC for method in methods},
            ),
            Registration(
                reduction_service_pb2_grpc.add_ReductionServiceServicer_to_server,
                reduction,
                package,
                {f"/{package}/FitProjection": Access.PUBLIC},
            ),
        ],
        keys=keys,
    )
