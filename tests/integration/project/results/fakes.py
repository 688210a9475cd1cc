"""Inference and reduction as the project service sees them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np

from loupe.inference.v1 import feature_service_pb2, feature_service_pb2_grpc
from loupe.reduction.v1 import (
    curation_service_pb2,
    curation_service_pb2_grpc,
    feature_source_pb2,
    projection_pb2,
    reduction_service_pb2,
    reduction_service_pb2_grpc,
)
from loupe_kit import ids
from loupe_kit.errors import FailedPrecondition, Unavailable
from loupe_kit.rpc_policy import Access
from loupe_kit.service import Registration
from loupe_kit.testing import SigningKeys, running_server
from tests.integration.project.results.teaching import FakeInference, FakeNeighbours, FakeTeaching

DIMENSION = 8


def vector(image_id: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """The vector that inference has for an image."""
    return np.frombuffer(ids.pack_ids([image_id]), np.uint8).astype(np.float32)[:DIMENSION]


class FakeFeatureService:
    """Has a vector for each image; gives them in an order of its own."""

    async def refuse(self, request: Any, context: Any) -> None:
        """Nothing else is asked of it."""
        raise AssertionError("this test asks for features only")

    PutFeatures = CopyFeatures = CountFeatures = ListFeatureSets = StreamObjectFeatures = refuse
    FindMissingFeatures = refuse

    async def DeleteFeatures(
        self, request: feature_service_pb2.DeleteFeaturesRequest, context: Any
    ) -> feature_service_pb2.DeleteFeaturesResponse:
        return feature_service_pb2.DeleteFeaturesResponse()

    async def StreamFeatures(
        self, request: feature_service_pb2.StreamFeaturesRequest, context: Any
    ) -> AsyncIterator[feature_service_pb2.StreamFeaturesResponse]:
        for image_id in reversed(ids.unpack_ids(request.image_ids)):
            block = feature_service_pb2.FeatureBlock(
                image_ids=ids.pack_ids([image_id]), dimension=DIMENSION, values=vector(image_id).tobytes()
            )
            yield feature_service_pb2.StreamFeaturesResponse(block=block)


class FakeReduction(reduction_service_pb2_grpc.ReductionServiceServicer):
    """Puts each image at (number in the request, 1); the last has no vector. Later ones are placed at (-1, -1)."""

    def __init__(self) -> None:
        self.placed: list[list[str]] = []
        """Images that were to be placed, call by call."""
        self.unplaceable: set[str] = set()
        """Images whose vectors cannot be computed with."""
        self.specs: list[reduction_service_pb2.FitSpec] = []
        self.unavailable = 0
        """So many of the next calls fail."""
        self.goes_on = asyncio.Event()
        """Calls stay in their layout phase until it is set."""
        self.goes_on.set()
        self.was_cancelled = asyncio.Event()
        self.left = b"fewer"
        """What is left of a reducer that forgets points."""
        self.forgotten: list[list[float]] = []
        """Points that reducers forgot."""

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
        if self.specs[-1].early_points:
            early = projection_pb2.CoordinatesBlock(
                image_ids=packed[: 2 * ids.BYTES_PER_ID],
                coordinates=np.full(2 * self.specs[-1].recipe.dimensions, 0.5, "<f4").tobytes(),
            )
            yield reduction_service_pb2.FitProjectionResponse(early=early)
        try:
            await self.goes_on.wait()
        except asyncio.CancelledError:
            self.was_cancelled.set()
            raise
        kept = packed[: -ids.BYTES_PER_ID]
        count, dimensions = len(kept) // ids.BYTES_PER_ID, self.specs[-1].recipe.dimensions
        recipe = projection_pb2.Recipe(landmarks=3)
        recipe.MergeFrom(self.specs[-1].recipe)
        header = reduction_service_pb2.ProjectionHeader(
            count=count,
            skipped_count=1,
            recipe=recipe,
            quality=projection_pb2.Quality(trustworthiness=0.9, neighbour_preservation=0.4),
            seconds=1.5,
        )
        yield reduction_service_pb2.FitProjectionResponse(header=header)
        points = np.ones((count, dimensions), "<f4")
        points[:, 0] = np.arange(count)
        block = projection_pb2.CoordinatesBlock(image_ids=kept, coordinates=points.tobytes())
        yield reduction_service_pb2.FitProjectionResponse(coordinates=block)
        for piece in (b"redu", b"cer"):
            yield reduction_service_pb2.FitProjectionResponse(reducer=piece)

    async def PlaceImages(
        self, request_iterator: AsyncIterator[reduction_service_pb2.PlaceImagesRequest], context: Any
    ) -> AsyncIterator[reduction_service_pb2.PlaceImagesResponse]:
        packed, reducer = b"", b""
        async for message in request_iterator:
            packed += message.image_ids
            reducer += message.reducer
        assert reducer == b"reducer"
        self.placed.append(ids.unpack_ids(packed))
        if self.unavailable:
            self.unavailable -= 1
            raise Unavailable("The reduction service starts up.")
        if self.unplaceable & set(self.placed[-1]):
            raise FailedPrecondition("The vectors of 1 images hold NaN or infinity.")
        progress = feature_source_pb2.Progress(phase=feature_source_pb2.PHASE_PLACING, fraction=0.5)
        yield reduction_service_pb2.PlaceImagesResponse(progress=progress)
        count, dimensions = len(self.placed[-1]), self.specs[-1].recipe.dimensions
        header = reduction_service_pb2.PlacementHeader(count=count, dimensions=dimensions)
        yield reduction_service_pb2.PlaceImagesResponse(header=header)
        places = np.full(count * dimensions, -1, "<f4").tobytes()
        block = projection_pb2.CoordinatesBlock(image_ids=packed, coordinates=places)
        yield reduction_service_pb2.PlaceImagesResponse(coordinates=block)

    async def ForgetPoints(
        self, request_iterator: AsyncIterator[reduction_service_pb2.ForgetPointsRequest], context: Any
    ) -> AsyncIterator[reduction_service_pb2.ForgetPointsResponse]:
        messages = [message async for message in request_iterator]
        if self.unavailable:
            self.unavailable -= 1
            raise Unavailable("The reduction service starts up.")
        assert b"".join(one.reducer for one in messages) == b"reducer"
        places = np.frombuffer(b"".join(one.places for one in messages), "<f4")
        self.forgotten += places.reshape(-1, self.specs[-1].recipe.dimensions).tolist()
        if self.left:
            yield reduction_service_pb2.ForgetPointsResponse(reducer=self.left)


class FakeCuration(curation_service_pb2_grpc.CurationServiceServicer):
    """Judges images by their place in the request; the last one has no vector."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        """Specs, as they came."""
        self.columns: dict[str, bytes] = {}
        """What the last request said of each image."""
        self.groups: list[list[str]] = []
        """What FindDuplicates gives."""
        self.refusal: Exception | None = None
        """What the next calls raise."""
        self.goes_on = asyncio.Event()
        """Calls stay in their phase of curation until it is set."""
        self.goes_on.set()
        self.has_begun = asyncio.Event()
        self.was_cancelled = asyncio.Event()

    async def ScoreOutliers(
        self, request_iterator: AsyncIterator[curation_service_pb2.ScoreOutliersRequest], context: Any
    ) -> AsyncIterator[curation_service_pb2.ScoreOutliersResponse]:
        response = curation_service_pb2.ScoreOutliersResponse
        image_ids = await self._read(request_iterator)
        yield response(progress=_CURATION)
        await self._wait()
        count = len(image_ids) - 1
        header = curation_service_pb2.OutlierHeader(count=count, skipped_count=1, neighbours=15, median_distance=0.1)
        yield response(header=header)
        yield response(skipped=feature_source_pb2.SkippedImages(image_ids=image_ids[-1]))
        scores = [
            curation_service_pb2.OutlierScore(
                image_id=image_id, score=place / count, mean_distance=0.3, nearest_image_id=image_ids[place - 1]
            )
            for place, image_id in enumerate(image_ids[:-1])
        ]
        yield response(scores=curation_service_pb2.OutlierBlock(scores=scores))

    async def FindDuplicates(
        self, request_iterator: AsyncIterator[curation_service_pb2.FindDuplicatesRequest], context: Any
    ) -> AsyncIterator[curation_service_pb2.FindDuplicatesResponse]:
        response = curation_service_pb2.FindDuplicatesResponse
        image_ids = await self._read(request_iterator)
        yield response(progress=_CURATION)
        await self._wait()
        header = curation_service_pb2.DuplicateHeader(
            count=len(image_ids), group_count=len(self.groups), threshold=0.01
        )
        yield response(header=header)
        for number, (keeper, *others) in enumerate(self.groups):
            group = curation_service_pb2.DuplicateGroup(
                group=number, keeper_image_id=ids.pack_ids([keeper]), image_ids=ids.pack_ids(others)
            )
            yield response(group=group)

    async def SelectImages(
        self, request_iterator: AsyncIterator[curation_service_pb2.SelectImagesRequest], context: Any
    ) -> AsyncIterator[curation_service_pb2.SelectImagesResponse]:
        response = curation_service_pb2.SelectImagesResponse
        image_ids = await self._read(request_iterator)
        yield response(progress=_CURATION)
        await self._wait()
        count = self.asked[-1].count
        yield response(header=curation_service_pb2.SelectionHeader(count=count, coverage=0.75, seconds=0.5))
        yield response(skipped=feature_source_pb2.SkippedImages(image_ids=image_ids[-1]))
        picks = [
            curation_service_pb2.Pick(
                image_id=image_id, rank=place + 1, represented_count=3, reason=f"Is number {place + 1}."
            )
            for place, image_id in enumerate(image_ids[:count])
        ]
        yield response(picks=curation_service_pb2.PickBlock(picks=picks))

    async def _read(self, requests: AsyncIterator[Any]) -> list[bytes]:
        packed, self.columns = b"", {}
        async for request in requests:
            match request.WhichOneof("content"):
                case "spec":
                    self.asked.append(request.spec)
                case "image_ids":
                    packed += request.image_ids
                case column:
                    self.columns[column] = self.columns.get(column, b"") + getattr(request, column)
        if self.refusal is not None:
            raise self.refusal
        return [packed[start : start + ids.BYTES_PER_ID] for start in range(0, len(packed), ids.BYTES_PER_ID)]

    async def _wait(self) -> None:
        self.has_begun.set()
        try:
            await self.goes_on.wait()
        except asyncio.CancelledError:
            self.was_cancelled.set()
            raise


_CURATION = feature_source_pb2.Progress(phase=feature_source_pb2.PHASE_CURATION, fraction=0.5)


def served_neighbours(reduction: FakeReduction, curation: FakeCuration, keys: SigningKeys) -> Any:
    """A server with all of them, and a table that says who may call them."""
    judge = "loupe.reduction.v1.CurationService"
    inference, package = "loupe.inference.v1.FeatureService", "loupe.reduction.v1.ReductionService"
    methods = (
        "StreamFeatures",
        "StreamObjectFeatures",
        "PutFeatures",
        "DeleteFeatures",
        "CopyFeatures",
        "CountFeatures",
        "FindMissingFeatures",
        "ListFeatureSets",
    )
    return running_server(
        [
            FakeTeaching().registration(),
            FakeNeighbours().registration(),
            FakeInference().registration(),
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
                {f"/{package}/{name}": Access.PUBLIC for name in ("FitProjection", "ForgetPoints", "PlaceImages")},
            ),
            Registration(
                curation_service_pb2_grpc.add_CurationServiceServicer_to_server,
                curation,
                judge,
                {f"/{judge}/{name}": Access.PUBLIC for name in ("ScoreOutliers", "FindDuplicates", "SelectImages")},
            ),
        ],
        keys=keys,
    )
