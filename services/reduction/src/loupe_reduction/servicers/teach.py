"""`loupe.reduction.v1.TeachService`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from loupe.reduction.v1 import teach_service_pb2 as pb
from loupe.reduction.v1 import teach_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access, AccessTable
from loupe_reduction.convert import requests, responses
from loupe_reduction.domain.jobs import TaughtHead
from loupe_reduction.domain.progress import Progress
from loupe_reduction.servicers.streams import Column, follow, read_application, read_call
from loupe_reduction.use_cases.apply_head import ApplyHead
from loupe_reduction.use_cases.run_job import RunJob

SERVICE = "loupe.reduction.v1.TeachService"

ACCESS: AccessTable = {
    f"/{SERVICE}/TeachHead": Access.SERVICE,
    f"/{SERVICE}/ApplyHead": Access.SERVICE,
}


class TeachServicer(pb_grpc.TeachServiceServicer):
    """Teaches heads and lets them speak.

    Args:
        run_job: teaches.
        apply_head: lets them speak.
        max_images: images that one call takes.
    """

    def __init__(self, run_job: RunJob, apply_head: ApplyHead, max_images: int) -> None:
        self._run_job = run_job
        self._apply_head = apply_head
        self._max_images = max_images

    async def TeachHead(
        self, request_iterator: AsyncIterator[pb.TeachHeadRequest], context: Any
    ) -> AsyncIterator[pb.TeachHeadResponse]:
        classes, confidences = Column("<u4"), Column("u1")
        spec, images = await read_call(
            request_iterator,
            call="TeachHead",
            max_images=self._max_images,
            columns={"classes": classes, "confidences": confidences},
        )
        order = requests.teach_order(spec, classes.values(), confidences.values())
        async for news in follow(lambda report: self._run_job(order, images, report)):
            if isinstance(news, Progress):
                yield pb.TeachHeadResponse(progress=responses.progress_message(news))
                continue
            taught = cast("TaughtHead", news.result)
            yield pb.TeachHeadResponse(header=responses.head_header(news, taught))
            for skipped in responses.skipped_blocks(news):
                yield pb.TeachHeadResponse(skipped=skipped)
            for piece in responses.pieces(taught.head):
                yield pb.TeachHeadResponse(head=piece)

    async def ApplyHead(
        self, request_iterator: AsyncIterator[pb.ApplyHeadRequest], context: Any
    ) -> AsyncIterator[pb.ApplyHeadResponse]:
        source, head, image_ids = await read_application(request_iterator, max_images=self._max_images)
        wanted = requests.feature_source(source, "source")
        async for block in self._apply_head(wanted, head, image_ids):
            yield responses.answer_block(block)
