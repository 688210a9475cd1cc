"""`loupe.reduction.v1.ReductionService`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from loupe.reduction.v1 import reduction_service_pb2 as pb
from loupe.reduction.v1 import reduction_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access, AccessTable
from loupe_reduction.convert import requests, responses
from loupe_reduction.domain.jobs import Projection
from loupe_reduction.domain.progress import Progress
from loupe_reduction.servicers.streams import follow, read_call
from loupe_reduction.use_cases.run_job import RunJob

SERVICE = "loupe.reduction.v1.ReductionService"

ACCESS: AccessTable = {f"/{SERVICE}/FitProjection": Access.SERVICE}


class ReductionServicer(pb_grpc.ReductionServiceServicer):
    """Fits maps.

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
        order = requests.fit_order(spec)
        async for news in follow(lambda report: self._run_job(order, images, report)):
            if isinstance(news, Progress):
                yield pb.FitProjectionResponse(progress=responses.progress_message(news))
                continue
            projection = cast("Projection", news.result)
            yield pb.FitProjectionResponse(header=responses.projection_header(news, projection))
            for skipped in responses.skipped_blocks(news):
                yield pb.FitProjectionResponse(skipped=skipped)
            for block in responses.coordinate_blocks(news, projection):
                yield pb.FitProjectionResponse(coordinates=block)
