"""Reads vectors from the inference service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import grpc
import numpy as np
from numpy.typing import NDArray

from loupe.inference.v1 import feature_service_pb2 as pb
from loupe.inference.v1 import feature_service_pb2_grpc as pb_grpc
from loupe_kit import status
from loupe_kit.errors import Code
from loupe_reduction.domain.errors import FeaturesMissing, FeaturesUnavailable
from loupe_reduction.domain.features import BYTES_PER_ID, FeatureBlock, FeatureSource, ObjectBlock, object_ids

IDS_PER_CALL = 100_000
"""Keeps a request below 2 MiB."""


class GrpcFeatureReader:
    """Asks `loupe.inference.v1.FeatureService`.

    Args:
        channel: to the inference service, with this service's token.
        timeout_s: seconds that one call of at most IDS_PER_CALL images may take.
    """

    def __init__(self, channel: grpc.aio.Channel, timeout_s: float) -> None:
        self._stub = pb_grpc.FeatureServiceStub(channel)
        self._timeout_s = timeout_s

    async def read(self, source: FeatureSource, image_ids: bytes) -> AsyncIterator[FeatureBlock]:
        """Streams the vectors of images, in any order; images without one are absent.

        Raises:
            FeaturesMissing: the inference service does not know the source.
            FeaturesUnavailable: it does not answer, or not in the agreed form.
        """
        for packed in _parts(image_ids):
            request = pb.StreamFeaturesRequest(model=source.model, version=source.version, image_ids=packed)
            try:
                async for response in self._stub.StreamFeatures(request, timeout=self._timeout_s):
                    yield _block(response.block, source)
            except grpc.RpcError as error:
                raise _refused(error, source) from error

    async def read_objects(self, source: FeatureSource, image_ids: bytes) -> AsyncIterator[ObjectBlock]:
        """Streams the vectors of the objects in images, in any order of images; images without objects are absent.

        Raises:
            FeaturesMissing: the inference service does not know the source.
            FeaturesUnavailable: it does not answer, or not in the agreed form.
        """
        for packed in _parts(image_ids):
            request = pb.StreamObjectFeaturesRequest(model=source.model, version=source.version, image_ids=packed)
            try:
                async for response in self._stub.StreamObjectFeatures(request, timeout=self._timeout_s):
                    yield _object_block(response.block, source)
            except grpc.RpcError as error:
                raise _refused(error, source) from error

    async def missing(self, source: FeatureSource, image_ids: bytes) -> bytes:
        """Returns the ids of those of the images that have no vector, each once.

        Raises:
            FeaturesUnavailable: the inference service does not answer.
        """
        found = []
        for packed in _parts(image_ids):
            request = pb.FindMissingFeaturesRequest(model=source.model, version=source.version, image_ids=packed)
            try:
                found.append((await self._stub.FindMissingFeatures(request, timeout=self._timeout_s)).image_ids)
            except grpc.RpcError as error:
                raise _refused(error, source) from error
        return b"".join(found)


def _parts(image_ids: bytes) -> Iterator[bytes]:
    step = IDS_PER_CALL * BYTES_PER_ID
    return (image_ids[start : start + step] for start in range(0, len(image_ids), step))


def _block(block: pb.FeatureBlock, source: FeatureSource) -> FeatureBlock:
    count = len(block.image_ids) // BYTES_PER_ID
    if len(block.image_ids) != count * BYTES_PER_ID:
        raise _contradictory(source)
    return FeatureBlock(block.image_ids, _matrix(block.values, count, block.dimension, source))


def _object_block(block: pb.ObjectFeatureBlock, source: FeatureSource) -> ObjectBlock:
    counts = list(block.object_counts)
    if len(block.image_ids) != len(counts) * BYTES_PER_ID:
        raise _contradictory(source)
    values = _matrix(block.values, sum(counts), block.dimension, source)
    return ObjectBlock(object_ids(block.image_ids, counts), values)


def _matrix(values: bytes, count: int, dimension: int, source: FeatureSource) -> NDArray[np.float32]:
    if len(values) != 4 * count * dimension:
        raise _contradictory(source)
    return np.frombuffer(values, dtype="<f4").reshape(count, dimension).astype(np.float32, copy=False)


def _contradictory(source: FeatureSource) -> FeaturesUnavailable:
    return FeaturesUnavailable(
        f"The inference service sent a block of {source} whose sizes contradict each other; check that all "
        "services have the same version.",
        source=str(source),
    )


def _refused(error: grpc.RpcError, source: FeatureSource) -> FeaturesMissing | FeaturesUnavailable:
    remote = status.from_rpc_error(error)
    if remote.code is Code.NOT_FOUND:
        return FeaturesMissing(f"There are no features of {source}: {remote.message}", source=str(source))
    return FeaturesUnavailable(
        f"The features of {source} cannot be read from the inference service now ({remote.message}); "
        "try again when it answers.",
        source=str(source),
    )
