"""A feature service with vectors made up by tests, as the inference service has one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray

from loupe.inference.v1 import feature_service_pb2 as pb
from loupe.inference.v1 import feature_service_pb2_grpc as pb_grpc
from loupe_kit import ids
from loupe_kit.rpc_policy import Access
from loupe_kit.server import Registration

SERVICE = "loupe.inference.v1.FeatureService"


class FakeFeatureService(pb_grpc.FeatureServiceServicer):
    """Gives out vectors in blocks of 100, in an order of its own."""

    def __init__(self, vectors: dict[str, NDArray[np.float32]] | None = None) -> None:
        self.vectors: dict[str, NDArray[np.float32]] = vectors or {}
        self.objects: dict[str, NDArray[np.float32]] = {}
        """Vectors of the objects in an image: arrays (K, D)."""
        self.objects_asked: list[str] = []
        """Ids of the images whose objects were asked for."""
        self.requests: list[tuple[str, str]] = []
        self.is_down = False
        self.spoil_blocks = False

    def add(self, values: NDArray[np.float32]) -> list[str]:
        """Keeps vectors, array (N, D), float32, and returns the ids of their images."""
        image_ids = [ids.new_id() for _ in values]
        self.vectors.update(zip(image_ids, values, strict=True))
        return image_ids

    async def StreamFeatures(
        self, request: pb.StreamFeaturesRequest, context: Any
    ) -> AsyncIterator[pb.StreamFeaturesResponse]:
        self.requests.append((request.model, request.version))
        if self.is_down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "starting")
        known = sorted(image_id for image_id in ids.unpack_ids(request.image_ids) if image_id in self.vectors)
        for start in range(0, len(known), 100):
            part = known[start : start + 100]
            values = np.asarray([self.vectors[image_id] for image_id in part], "<f4")
            packed = values.tobytes()[:-4] if self.spoil_blocks else values.tobytes()
            block = pb.FeatureBlock(image_ids=ids.pack_ids(part), dimension=values.shape[1], values=packed)
            yield pb.StreamFeaturesResponse(block=block)

    async def StreamObjectFeatures(
        self, request: pb.StreamObjectFeaturesRequest, context: Any
    ) -> AsyncIterator[pb.StreamObjectFeaturesResponse]:
        asked = ids.unpack_ids(request.image_ids)
        self.objects_asked += asked
        known = [image_id for image_id in reversed(asked) if image_id in self.objects]
        for start in range(0, len(known), 4):
            part = known[start : start + 4]
            values = np.concatenate([self.objects[image_id] for image_id in part]).astype("<f4")
            block = pb.ObjectFeatureBlock(
                image_ids=ids.pack_ids(part),
                object_counts=[len(self.objects[image_id]) for image_id in part],
                dimension=values.shape[1],
                values=values.tobytes()[:-4] if self.spoil_blocks else values.tobytes(),
            )
            yield pb.StreamObjectFeaturesResponse(block=block)

    async def PutFeatures(self, request_iterator: Any, context: Any) -> Any:
        return await self._refuse(context)

    async def DeleteFeatures(self, request: Any, context: Any) -> Any:
        return await self._refuse(context)

    async def CopyFeatures(self, request: Any, context: Any) -> Any:
        return await self._refuse(context)

    async def CountFeatures(self, request: Any, context: Any) -> Any:
        return await self._refuse(context)

    async def FindMissingFeatures(
        self, request: pb.FindMissingFeaturesRequest, context: Any
    ) -> pb.FindMissingFeaturesResponse:
        if self.is_down:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "starting")
        missing = [
            one for one in ids.unpack_ids(request.image_ids) if one not in self.vectors and one not in self.objects
        ]
        return pb.FindMissingFeaturesResponse(image_ids=ids.pack_ids(missing))

    async def ListFeatureSets(self, request: Any, context: Any) -> Any:
        return await self._refuse(context)

    async def _refuse(self, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "this service only streams")

    def registration(self) -> Registration:
        """Returns what a server needs to serve it."""
        unserved = (
            "StreamObjectFeatures",
            "PutFeatures",
            "CopyFeatures",
            "DeleteFeatures",
            "CountFeatures",
            "FindMissingFeatures",
            "ListFeatureSets",
        )
        table = {f"/{SERVICE}/{name}": Access.SERVICE for name in ("StreamFeatures", *unserved)}
        return Registration(pb_grpc.add_FeatureServiceServicer_to_server, self, SERVICE, table)
