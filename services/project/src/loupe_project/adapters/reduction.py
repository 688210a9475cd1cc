"""The reduction service over its channel."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray

from loupe.reduction.v1 import feature_source_pb2, projection_pb2, reduction_service_pb2, reduction_service_pb2_grpc
from loupe_kit import ids
from loupe_kit.errors import Code, LoupeError, Unavailable
from loupe_kit.status import from_rpc_error
from loupe_project.domain.analysis import UPLOADED, MapQuality, Method, Recipe, source_name
from loupe_project.domain.coordinates import Coordinates
from loupe_project.domain.errors import FeaturesMissing
from loupe_project.domain.image import FeatureSource
from loupe_project.ports.reduction import FitRequest, FittedMap, OnPicture, OnProgress, PlaceRequest

IDS_A_MESSAGE = 65_536
DEFAULT_TIMEOUT_SECONDS = 6 * 3600.0
"""A million points by t-SNE, and the queue before them."""

_METHODS = {
    Method.PCA: projection_pb2.METHOD_PCA,
    Method.TSNE: projection_pb2.METHOD_TSNE,
    Method.UMAP: projection_pb2.METHOD_UMAP,
    Method.PACMAP: projection_pb2.METHOD_PACMAP,
}
PHASES = {
    feature_source_pb2.PHASE_QUEUED: "queued",
    feature_source_pb2.PHASE_LOADING_FEATURES: "features",
    feature_source_pb2.PHASE_PRINCIPAL_COMPONENTS: "principal components",
    feature_source_pb2.PHASE_NEIGHBOURS: "neighbours",
    feature_source_pb2.PHASE_LAYOUT: "layout",
    feature_source_pb2.PHASE_QUALITY: "quality",
    feature_source_pb2.PHASE_CURATION: "curation",
    feature_source_pb2.PHASE_TEACHING: "teaching",
    feature_source_pb2.PHASE_PLACING: "placing",
}
EARLY_POINTS = 20_000
"""Of an early picture: what a browser is sent every two seconds stays under half a megabyte."""
_PIECE_BYTES = 1 << 20
_MISSING = frozenset({"FEATURES_MISSING", "TOO_FEW_POINTS"})


class GrpcReduction:
    """See `ports.reduction.Reduction` and `PointForgetter`.

    Args:
        channel: To the reduction service.
        timeout_seconds: Longest that one fit may take.
    """

    def __init__(self, channel: grpc.aio.Channel, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        self._stub = reduction_service_pb2_grpc.ReductionServiceStub(channel)
        self._timeout_seconds = timeout_seconds

    async def fit(
        self, request: FitRequest, image_ids: Sequence[str], on_progress: OnProgress, on_picture: OnPicture
    ) -> FittedMap:
        """Fit a map; see the port."""
        call = self._stub.FitProjection(_messages(request, image_ids), timeout=self._timeout_seconds)
        answer = _Answer()
        async with aclosing(answers(call, request.source, on_progress)) as messages:
            async for message in messages:
                if message.WhichOneof("content") == "early":
                    block = message.early
                    await on_picture(_table(block.image_ids, block.coordinates, request.recipe.dimensions))
                else:
                    answer.take(message)
        return answer.map()

    async def place(self, request: PlaceRequest, image_ids: Sequence[str], on_progress: OnProgress) -> Coordinates:
        """Place images on a map; see the port."""
        call = self._stub.PlaceImages(_placing(request, image_ids), timeout=self._timeout_seconds)
        header: reduction_service_pb2.PlacementHeader | None = None
        blocks: list[projection_pb2.CoordinatesBlock] = []
        async with aclosing(answers(call, request.source, on_progress)) as messages:
            async for message in messages:
                match message.WhichOneof("content"):
                    case "header":
                        header = message.header
                    case "coordinates":
                        blocks.append(message.coordinates)
        packed, numbers = b"".join(one.image_ids for one in blocks), b"".join(one.coordinates for one in blocks)
        if header is None or len(packed) != header.count * ids.BYTES_PER_ID:
            raise Unavailable("The reduction service gave half an answer; try again.", service="reduction")
        return _table(packed, numbers, header.dimensions)

    async def forget_points(self, reducer: bytes, places: NDArray[np.float32]) -> bytes:
        """Take points out of a reducer; see the port `PointForgetter`."""
        call = self._stub.ForgetPoints(_forgetting(reducer, places), timeout=self._timeout_seconds)
        try:
            return b"".join([message.reducer async for message in call])
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error


class _Answer:
    """What has arrived of a map."""

    def __init__(self) -> None:
        self._header: reduction_service_pb2.ProjectionHeader | None = None
        self._ids: list[bytes] = []
        self._blocks: list[bytes] = []
        self._reducer: list[bytes] = []

    def take(self, message: reduction_service_pb2.FitProjectionResponse) -> None:
        match message.WhichOneof("content"):
            case "header":
                self._header = message.header
            case "coordinates":
                self._ids.append(message.coordinates.image_ids)
                self._blocks.append(message.coordinates.coordinates)
            case "reducer":
                self._reducer.append(message.reducer)

    def map(self) -> FittedMap:
        """All of it.

        Raises:
            Unavailable: If the answer ended too early.
        """
        header = self._header
        packed, numbers = b"".join(self._ids), b"".join(self._blocks)
        count = len(packed) // ids.BYTES_PER_ID
        if header is None or count != header.count:
            raise Unavailable("The reduction service gave half an answer; try again.", service="reduction")
        return FittedMap(
            _table(packed, numbers, header.recipe.dimensions),
            MapQuality(
                point_count=count,
                skipped_count=header.skipped_count,
                compute_seconds=header.seconds,
                trustworthiness=header.quality.trustworthiness,
                neighbor_preservation=header.quality.neighbour_preservation,
                landmark_count=header.recipe.landmarks,
            ),
            b"".join(self._reducer),
        )


def _table(packed: bytes, numbers: bytes, dimensions: int) -> Coordinates:
    """Points from a block.

    Raises:
        Unavailable: If it is cut short.
    """
    count = len(packed) // ids.BYTES_PER_ID
    if len(numbers) != 4 * count * dimensions:
        raise Unavailable("The reduction service gave half an answer; try again.", service="reduction")
    return Coordinates(
        np.frombuffer(packed, np.uint8).reshape(count, ids.BYTES_PER_ID),
        np.frombuffer(numbers, "<f4").reshape(count, dimensions).astype(np.float32),
    )


async def _messages(
    request: FitRequest, image_ids: Sequence[str]
) -> AsyncIterator[reduction_service_pb2.FitProjectionRequest]:
    spec = reduction_service_pb2.FitSpec(
        project_id=request.project_id,
        source=source_message(request.source),
        recipe=_recipe(request.recipe),
        requester=request.requester,
        early_points=EARLY_POINTS,
    )
    yield reduction_service_pb2.FitProjectionRequest(spec=spec)
    for start in range(0, len(image_ids), IDS_A_MESSAGE):
        packed = await asyncio.to_thread(ids.pack_ids, image_ids[start : start + IDS_A_MESSAGE])
        yield reduction_service_pb2.FitProjectionRequest(image_ids=packed)


async def _placing(
    request: PlaceRequest, image_ids: Sequence[str]
) -> AsyncIterator[reduction_service_pb2.PlaceImagesRequest]:
    spec = reduction_service_pb2.PlaceSpec(
        project_id=request.project_id, source=source_message(request.source), requester=request.requester
    )
    yield reduction_service_pb2.PlaceImagesRequest(spec=spec)
    for piece in _pieces(request.reducer):
        yield reduction_service_pb2.PlaceImagesRequest(reducer=piece)
    for start in range(0, len(image_ids), IDS_A_MESSAGE):
        packed = await asyncio.to_thread(ids.pack_ids, image_ids[start : start + IDS_A_MESSAGE])
        yield reduction_service_pb2.PlaceImagesRequest(image_ids=packed)


async def _forgetting(
    reducer: bytes, places: NDArray[np.float32]
) -> AsyncIterator[reduction_service_pb2.ForgetPointsRequest]:
    for piece in _pieces(reducer):
        yield reduction_service_pb2.ForgetPointsRequest(reducer=piece)
    for piece in _pieces(places.astype("<f4").tobytes()):
        yield reduction_service_pb2.ForgetPointsRequest(places=piece)


def _pieces(content: bytes) -> Iterator[bytes]:
    return (content[start : start + _PIECE_BYTES] for start in range(0, len(content), _PIECE_BYTES))


def source_message(source: FeatureSource) -> feature_source_pb2.FeatureSource:
    """A feature source."""
    if source.model == UPLOADED:
        named = feature_source_pb2.NamedFeatures(feature_set=source.version)
        return feature_source_pb2.FeatureSource(named_features=named)
    of_model = feature_source_pb2.ModelFeatures(model=source.model, version=source.version)
    return feature_source_pb2.FeatureSource(model_features=of_model)


def _recipe(recipe: Recipe) -> projection_pb2.Recipe:
    message = projection_pb2.Recipe(method=_METHODS[recipe.method], dimensions=recipe.dimensions, seed=recipe.seed)
    if recipe.method is Method.UMAP:
        message.umap.neighbours = recipe.neighbors
    if recipe.method is Method.PACMAP and recipe.neighbors:
        message.pacmap.neighbours = recipe.neighbors
    if recipe.method is Method.TSNE:
        message.tsne.perplexity = recipe.perplexity
    return message


async def answers(
    call: grpc.aio.StreamStreamCall[Any, Any], source: FeatureSource, on_progress: OnProgress
) -> AsyncGenerator[Any, None]:
    """Give the messages of a running call but for those that tell progress, and end the call with it.

    Args:
        call: Its messages have a `oneof content` with `progress` among others.
        source: The features that it works with, for messages about them.
        on_progress: Told how far the work is.

    Raises:
        LoupeError: What the reduction service refuses; see `translated`.
    """
    try:
        async for message in call:
            if message.WhichOneof("content") == "progress":
                await on_progress(PHASES.get(message.progress.phase, ""), message.progress.fraction)
            else:
                yield message
    except grpc.aio.AioRpcError as error:
        raise translated(error, source) from error
    finally:
        call.cancel()


def translated(error: grpc.aio.AioRpcError, source: FeatureSource) -> LoupeError:
    """What an error of the reduction service is to this one."""
    remote = from_rpc_error(error)
    if remote.reason in _MISSING:
        return FeaturesMissing(
            f"Too few of the images have features of {source_name(source)}: {remote.message}",
            feature_source=source_name(source),
            count=remote.metadata.get("count", "0"),
        )
    if remote.code in (Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED):
        return Unavailable(remote.message or "no answer", retry_after=remote.retry_after, service="reduction")
    return remote
