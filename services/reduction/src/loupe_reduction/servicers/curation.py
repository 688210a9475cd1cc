"""`loupe.reduction.v1.CurationService`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from loupe.reduction.v1 import curation_service_pb2 as pb
from loupe.reduction.v1 import curation_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access, AccessTable
from loupe_reduction.convert import requests, responses
from loupe_reduction.domain.jobs import DuplicateGroups, OutlierScores, Selection, SelectJob
from loupe_reduction.domain.progress import Progress
from loupe_reduction.servicers.streams import Column, follow, read_call
from loupe_reduction.use_cases.run_job import RunJob

SERVICE = "loupe.reduction.v1.CurationService"

ACCESS: AccessTable = {
    f"/{SERVICE}/ScoreOutliers": Access.SERVICE,
    f"/{SERVICE}/FindDuplicates": Access.SERVICE,
    f"/{SERVICE}/SelectImages": Access.SERVICE,
}


class CurationServicer(pb_grpc.CurationServiceServicer):
    """Scores outliers, groups duplicates, picks images.

    Args:
        run_job: the use case.
        max_images: images that one call takes.
    """

    def __init__(self, run_job: RunJob, max_images: int) -> None:
        self._run_job = run_job
        self._max_images = max_images

    async def ScoreOutliers(
        self, request_iterator: AsyncIterator[pb.ScoreOutliersRequest], context: Any
    ) -> AsyncIterator[pb.ScoreOutliersResponse]:
        reference = Column("u1")
        spec, images = await read_call(
            request_iterator,
            call="ScoreOutliers",
            max_images=self._max_images,
            columns={"reference": reference},
        )
        order = requests.outlier_order(spec, reference.values())
        async for news in follow(lambda report: self._run_job(order, images, report)):
            if isinstance(news, Progress):
                yield pb.ScoreOutliersResponse(progress=responses.progress_message(news))
                continue
            found = cast("OutlierScores", news.result)
            yield pb.ScoreOutliersResponse(header=responses.outlier_header(news, found))
            for skipped in responses.skipped_blocks(news):
                yield pb.ScoreOutliersResponse(skipped=skipped)
            for block in responses.outlier_blocks(news, found):
                yield pb.ScoreOutliersResponse(scores=block)

    async def FindDuplicates(
        self, request_iterator: AsyncIterator[pb.FindDuplicatesRequest], context: Any
    ) -> AsyncIterator[pb.FindDuplicatesResponse]:
        spec, images = await read_call(request_iterator, call="FindDuplicates", max_images=self._max_images)
        order = requests.duplicate_order(spec)
        async for news in follow(lambda report: self._run_job(order, images, report)):
            if isinstance(news, Progress):
                yield pb.FindDuplicatesResponse(progress=responses.progress_message(news))
                continue
            found = cast("DuplicateGroups", news.result)
            yield pb.FindDuplicatesResponse(header=responses.duplicate_header(news, found))
            for skipped in responses.skipped_blocks(news):
                yield pb.FindDuplicatesResponse(skipped=skipped)
            for group in responses.duplicate_groups(news, found):
                yield pb.FindDuplicatesResponse(group=group)

    async def SelectImages(
        self, request_iterator: AsyncIterator[pb.SelectImagesRequest], context: Any
    ) -> AsyncIterator[pb.SelectImagesResponse]:
        groups, classes = Column("<u4"), Column("<u4")
        spec, images = await read_call(
            request_iterator,
            call="SelectImages",
            max_images=self._max_images,
            columns={"groups": groups, "classes": classes},
        )
        order = requests.select_order(spec, groups.values(), classes.values())
        strategy = cast("SelectJob", order.job).strategy
        async for news in follow(lambda report: self._run_job(order, images, report)):
            if isinstance(news, Progress):
                yield pb.SelectImagesResponse(progress=responses.progress_message(news))
                continue
            found = cast("Selection", news.result)
            yield pb.SelectImagesResponse(header=responses.selection_header(news, found, strategy))
            for skipped in responses.skipped_blocks(news):
                yield pb.SelectImagesResponse(skipped=skipped)
            for block in responses.pick_blocks(news, found, strategy):
                yield pb.SelectImagesResponse(picks=block)
