"""The neighbour search of the reduction service, and the analysis of single pictures, over their channels."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

import grpc
import numpy as np

from loupe.inference.v1 import inference_service_pb2, inference_service_pb2_grpc
from loupe.reduction.v1 import neighbour_service_pb2 as pb
from loupe.reduction.v1 import neighbour_service_pb2_grpc as pb_grpc
from loupe_kit import ids
from loupe_kit.status import from_rpc_error
from loupe_project.adapters.reduction import IDS_A_MESSAGE, source_message, translated
from loupe_project.domain.image import FeatureSource
from loupe_project.ports.similar import Alikeness, AlikeObject, AlikeObjects, PictureFeature, Vector

Request = TypeVar("Request", pb.FindNeighboursRequest, pb.FindNeighbourObjectsRequest)

_TIMEOUT_SECONDS = 600.0
"""The first search reads the vectors of a whole project."""
_PICTURE_TIMEOUT_SECONDS = 60.0
_CHUNK_BYTES = 512 * 1024


class GrpcNeighbourhood:
    """See `ports.similar.Neighbourhood`.

    Args:
        channel: To the reduction service.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = pb_grpc.NeighbourServiceStub(channel)

    async def find(
        self, project_id: str, source: FeatureSource, like: str | Vector, among: Sequence[str], count: int
    ) -> Alikeness:
        """See the port."""
        spec = pb.NeighbourSpec(project_id=project_id, source=source_message(source), count=count)
        if isinstance(like, str):
            spec.image_id = ids.pack_ids([like])
        else:
            spec.vector = like.astype("<f4").tobytes()
        first = pb.FindNeighboursRequest(spec=spec)
        try:
            answer = await self._stub.FindNeighbours(_requests(first, among), timeout=_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise translated(error, source) from error
        found = [(ids.unpack_ids(one.image_id)[0], one.similarity) for one in answer.neighbours]
        return Alikeness(tuple(found), answer.count)

    async def find_objects(
        self, project_id: str, source: FeatureSource, image_id: str, number: int, among: Sequence[str], count: int
    ) -> AlikeObjects:
        """See the port."""
        spec = pb.ObjectSpec(
            project_id=project_id,
            source=source_message(source),
            image_id=ids.pack_ids([image_id]),
            object=number,
            count=count,
        )
        first = pb.FindNeighbourObjectsRequest(spec=spec)
        try:
            answer = await self._stub.FindNeighbourObjects(_requests(first, among), timeout=_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise translated(error, source) from error
        found = [AlikeObject(ids.unpack_ids(one.image_id)[0], one.object, one.similarity) for one in answer.neighbours]
        return AlikeObjects(tuple(found), answer.count)


async def _requests(first: Request, image_ids: Sequence[str]) -> AsyncIterator[Request]:
    """The request with the spec, then the ids of images in requests of the same kind."""
    yield first
    for start in range(0, len(image_ids), IDS_A_MESSAGE):
        packed = await asyncio.to_thread(ids.pack_ids, image_ids[start : start + IDS_A_MESSAGE])
        yield type(first)(image_ids=packed)


class InferencePictureAnalyser:
    """See `ports.similar.PictureAnalyser`.

    Args:
        channel: To the inference service.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = inference_service_pb2_grpc.InferenceServiceStub(channel)

    async def feature(self, model: str, picture: bytes) -> PictureFeature:
        """See the port."""
        try:
            answer = await self._stub.AnalyseImage(_picture(model, picture), timeout=_PICTURE_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        return PictureFeature(answer.prediction.version, np.array(answer.feature, np.float32))


async def _picture(model: str, picture: bytes) -> AsyncIterator[inference_service_pb2.AnalyseImageRequest]:
    config = inference_service_pb2.AnalyseImageConfig(model=f"models/{model}", with_feature=True)
    yield inference_service_pb2.AnalyseImageRequest(config=config)
    for start in range(0, len(picture), _CHUNK_BYTES):
        yield inference_service_pb2.AnalyseImageRequest(chunk=picture[start : start + _CHUNK_BYTES])
