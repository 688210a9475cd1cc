"""SimilarService: images that look like another one."""

from typing import Any

import grpc

from loupe.project.v1 import similar_service_pb2 as pb
from loupe.project.v1 import similar_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.domain import names
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases.find_similar import FindSimilar

ACCESS = {"/loupe.project.v1.SimilarService/FindSimilarImages": Access.USER}

_IMAGE = "projects/{project}/images/{image}"
_Context = grpc.aio.ServicerContext[Any, Any]


class SimilarServicer(pb_grpc.SimilarServiceServicer):
    """Serves `loupe.project.v1.SimilarService`.

    Args:
        calls: Callers.
        find_similar: The use case.
    """

    def __init__(self, calls: Calls, find_similar: FindSimilar) -> None:
        self._calls = calls
        self._find_similar = find_similar

    async def FindSimilarImages(
        self, request: pb.FindSimilarImagesRequest, context: _Context
    ) -> pb.FindSimilarImagesResponse:
        project_id, image_id = names.split(_IMAGE, request.image, "image")
        found = await self._find_similar(
            await self._calls.scope(),
            project_id,
            image_id,
            count=request.count,
            query=request.query,
            written_source=request.feature_source,
        )
        similar = [
            pb.SimilarImage(
                image=f"projects/{project_id}/images/{one.image_id}",
                file_name=one.file_name,
                similarity=one.similarity,
            )
            for one in found.images
        ]
        return pb.FindSimilarImagesResponse(
            similar_images=similar, feature_version=found.source.version, searched_count=found.searched_count
        )
