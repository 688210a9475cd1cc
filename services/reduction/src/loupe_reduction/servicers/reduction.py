"""`loupe.reduction.v1.ReductionService`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

from loupe.reduction.v1 import reduction_service_pb2 as pb
from loupe.reduction.v1 import reduction_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access, AccessTable
from loupe_reduction.convert import requests, responses
from loupe_reduction.domain import reducers
from loupe_reduction.domain.jobs import Placement, Projection
from loupe_reduction.domain.progress import Progress
from loupe_reduction.servicers.streams import follow, read_call, read_forgetting, read_placement
from loupe_reduction.use_cases.run_job import RunJob

SERVICE = "loupe.reduction.v1.ReductionService"

ACCESS: AccessTable = {
    f"/{SERVICE}/FitProjection": Access.SERVICE,
    f"/{SERVICE}/PlaceImages": Access.SERVICE,
    f"/{SERVICE}/ForgetPoints": Access.SERVICE,
}


class ReductionServicer(pb_grpc.ReductionServiceServicer):
    """Fits maps, and places images on them.

    Args:
        run_job: the use case.
        max_images: images that one call takes.
    """

    def __init__(self, run_job: RunJob, max_images: int) -> None:
        self._run_job = run_job
        self._max_images = max_images

    async def FitProjection(
        self, request_iterator: AsyncIterator[pb.FitProjectionRequest], context: Any
    ) -> AsyncIterator[pb.FitProjectionResponse]:
        spec, images = await read_call(request_iterator, call="FitProjection", max_images=self._max_images)
        order = requests.fit_order(spec, len(images))
        async for news in follow(lambda report: self._run_job(order, images, report)):
            if isinstance(news, Progress):
                yield pb.FitProjectionResponse(progress=responses.progress_message(news))
                if news.picture is not None:
                    yield pb.FitProjectionResponse(early=responses.early_block(images, news.picture))
                continue
            projection = cast("Projection", news.result)
            yield pb.FitProjectionResponse(header=responses.projection_header(news, projection))
            for skipped in responses.skipped_blocks(news):
                yield pb.FitProjectionResponse(skipped=skipped)
            for block in responses.coordinate_blocks(news, projection):
                yield pb.FitProjectionResponse(coordinates=block)
            for piece in responses.pieces(projection.reducer):
                yield pb.FitProjectionResponse(reducer=piece)

    async def PlaceImages(
        self, request_iterator: AsyncIterator[pb.PlaceImagesRequest], context: Any
    ) -> AsyncIterator[pb.PlaceImagesResponse]:
        spec, reducer, images = await read_placement(request_iterator, max_images=self._max_images)
        order = requests.place_order(spec, reducer)
        async for news in follow(lambda report: self._run_job(order, images, report)):
            if isinstance(news, Progress):
                yield pb.PlaceImagesResponse(progress=responses.progress_message(news))
                continue
            placement = cast("Placement", news.result)
            yield pb.PlaceImagesResponse(header=responses.placement_header(news, placement))
            for skipped in responses.skipped_blocks(news):
                yield pb.PlaceImagesResponse(skipped=skipped)
            for block in responses.coordinate_blocks(news, placement):
                yield pb.PlaceImagesResponse(coordinates=block)

    async def ForgetPoints(
        self, request_iterator: AsyncIterator[pb.ForgetPointsRequest], context: Any
    ) -> AsyncIterator[pb.ForgetPointsResponse]:
        reducer, places = await read_forgetting(request_iterator)
        left = await asyncio.to_thread(reducers.forget_points, reducer, places)
        for piece in responses.pieces(left):
            yield pb.ForgetPointsResponse(reducer=piece)
