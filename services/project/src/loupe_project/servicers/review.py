"""ReviewService: one image after the other, each with one reviewer at a time."""

from typing import Any

import grpc

from loupe.project.v1 import review_service_pb2 as pb
from loupe.project.v1 import review_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import review as convert
from loupe_project.domain import names
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases import review_images

_SERVICE = "/loupe.project.v1.ReviewService"
ACCESS = {f"{_SERVICE}/{method}": Access.USER for method in ("TakeReviewItems", "ReviewImage", "GetReviewProgress")}

_PROJECT = "projects/{project}"
_IMAGE = "projects/{project}/images/{image}"
_Context = grpc.aio.ServicerContext[Any, Any]


class ReviewServicer(pb_grpc.ReviewServiceServicer):
    """Serves `loupe.project.v1.ReviewService`.

    Args:
        calls: Transactions and callers.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def TakeReviewItems(
        self, request: pb.TakeReviewItemsRequest, context: _Context
    ) -> pb.TakeReviewItemsResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        order = convert.order_of(request.order)

        async def work(store: Store, scope: Scope) -> pb.TakeReviewItemsResponse:
            items = await review_images.take_items(
                store,
                scope,
                project_id,
                request.query,
                order,
                include_labelled=request.include_labelled,
                page_size=request.page_size,
                now=self._calls.clock.now(),
            )
            return pb.TakeReviewItemsResponse(items=map(convert.item_to_message, items))

        return await self._calls.write(f"{_SERVICE}/TakeReviewItems", request, pb.TakeReviewItemsResponse, work)

    async def ReviewImage(self, request: pb.ReviewImageRequest, context: _Context) -> pb.ReviewImageResponse:
        project_id, image_id = names.split(_IMAGE, request.name)
        verdict = convert.verdict_of(request)

        async def work(store: Store, scope: Scope) -> pb.ReviewImageResponse:
            now = self._calls.clock.now()
            reviewed = await review_images.review_image(store, scope, project_id, image_id, verdict, now)
            return convert.reviewed_to_message(project_id, reviewed)

        return await self._calls.write(f"{_SERVICE}/ReviewImage", request, pb.ReviewImageResponse, work)

    async def GetReviewProgress(self, request: pb.GetReviewProgressRequest, context: _Context) -> pb.ReviewProgress:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")

        async def work(store: Store, scope: Scope) -> pb.ReviewProgress:
            now = self._calls.clock.now()
            found = await review_images.get_progress(
                store, scope, project_id, request.query, include_labelled=request.include_labelled, now=now
            )
            return convert.progress_to_message(found)

        return await self._calls.read(work)
