"""The neighbour search of the reduction service, and the analysis of single pictures, over their channels."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any, TypeVar

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

_MESSAGE_BYTES = IDS_A_MESSAGE * ids.BYTES_PER_ID
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
        self, project_id: str, source: FeatureSource, like: str | Vector, among: bytes, count: int
    ) -> Alikeness:
        """See the port."""
        spec = pb.NeighbourSpec(project_id=project_id, source=source_message(source), count=count)
        if isinstance(like, str):
            spec.image_id = ids.pack_ids([like])
        else:
            spec.vector = like.astype("<f4").tobytes()
        first = pb.FindNeighboursRequest(spec=spec)
        answer: pb.FindNeighboursResponse = await _among(self._stub.FindNeighbours, first, source, among)
        found = [(ids.unpack_ids(one.image_id)[0], one.similarity) for one in answer.neighbours]
        return Alikeness(tuple(found), answer.count)

    async def find_objects(
        self, project_id: str, source: FeatureSource, image_id: str, number: int, among: bytes, count: int
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
        answer: pb.FindNeighbourObjectsResponse = await _among(self._stub.FindNeighbourObjects, first, source, among)
        found = [AlikeObject(ids.unpack_ids(one.image_id)[0], one.object, one.similarity) for one in answer.neighbours]
        return AlikeObjects(tuple(found), answer.count)


async def _among(method: Any, first: Request, source: FeatureSource, image_ids: bytes) -> Any:
    """Asks with the digest of the ids, then with the ids where it says nothing to who answers; few are sent at once.

    Args:
        method: Of the stub.
        first: Its first message, without a digest.
        source: For messages.
        image_ids: All of them.

    Raises:
        FeaturesMissing: If what is asked about has no features.
        Unavailable: If nobody answers.
    """
    try:
        if len(image_ids) <= _MESSAGE_BYTES:
            return await method(_requests(first, image_ids), timeout=_TIMEOUT_SECONDS)
        digest = (await asyncio.to_thread(hashlib.sha256, image_ids)).digest()
        first.spec.images_sha256 = digest
        answer = await method(_requests(first, b""), timeout=_TIMEOUT_SECONDS)
        # Of another process, or of an older release, the answer is empty.
        if answer.images_sha256 == digest:
            return answer
        return await method(_requests(first, image_ids), timeout=_TIMEOUT_SECONDS)
    except grpc.aio.AioRpcError as error:
        raise translated(error, source) from error


async def _requests(first: Request, image_ids: bytes) -> AsyncIterator[Request]:
    """The request with the spec, then the ids of images in requests of the same kind."""
    yield first
    for start in range(0, len(image_ids), _MESSAGE_BYTES):
        yield type(first)(image_ids=image_ids[start : start + _MESSAGE_BYTES])


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
