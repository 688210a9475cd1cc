"""SimilarService: images and objects that look like others."""

from typing import Any

import grpc

from loupe.inference.v1.prediction_pb2 import Prediction
from loupe.project.v1 import similar_service_pb2 as pb
from loupe.project.v1 import similar_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.domain import names
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases.find_similar import FindSimilar, SimilarImages, SimilarWish
from loupe_project.use_cases.find_similar_objects import FindSimilarObjects, SimilarObject

_SERVICE = "/loupe.project.v1.SimilarService"
ACCESS = {
    f"{_SERVICE}/{method}": Access.USER
    for method in ("FindSimilarImages", "FindSimilarToPicture", "FindSimilarObjects")
}

_IMAGE = "projects/{project}/images/{image}"
_PROJECT = "projects/{project}"
_Context = grpc.aio.ServicerContext[Any, Any]


class SimilarServicer(pb_grpc.SimilarServiceServicer):
    """Serves `loupe.project.v1.SimilarService`.

    Args:
        calls: Callers.
        find_similar: Of images.
        find_objects: Of objects.
    """

    def __init__(self, calls: Calls, find_similar: FindSimilar, find_objects: FindSimilarObjects) -> None:
        self._calls = calls
        self._find_similar = find_similar
        self._find_objects = find_objects

    async def FindSimilarImages(
        self, request: pb.FindSimilarImagesRequest, context: _Context
    ) -> pb.FindSimilarImagesResponse:
        project_id, image_id = names.split(_IMAGE, request.image, "image")
        scope = await self._calls.scope()
        return _images(project_id, await self._find_similar.to_image(scope, project_id, image_id, _wish(request)))

    async def FindSimilarToPicture(
        self, request: pb.FindSimilarToPictureRequest, context: _Context
    ) -> pb.FindSimilarImagesResponse:
        (project_id,) = names.split(_PROJECT, request.parent, "parent")
        scope = await self._calls.scope()
        found = await self._find_similar.to_picture(scope, project_id, request.picture, _wish(request))
        return _images(project_id, found)

    async def FindSimilarObjects(
        self, request: pb.FindSimilarObjectsRequest, context: _Context
    ) -> pb.FindSimilarObjectsResponse:
        project_id, image_id = names.split(_IMAGE, request.image, "image")
        scope = await self._calls.scope()
        found = await self._find_objects(scope, project_id, image_id, request.object, _wish(request))
        return pb.FindSimilarObjectsResponse(
            similar_objects=map(_object, found.objects),
            feature_version=found.source.version,
            searched_count=found.searched_count,
        )


def _wish(
    request: pb.FindSimilarImagesRequest | pb.FindSimilarToPictureRequest | pb.FindSimilarObjectsRequest,
) -> SimilarWish:
    return SimilarWish(request.count, request.query, request.feature_source)


def _images(project_id: str, found: SimilarImages) -> pb.FindSimilarImagesResponse:
    similar = [
        pb.SimilarImage(image=names.image(project_id, one.image_id), file_name=one.file_name, similarity=one.similarity)
        for one in found.images
    ]
    return pb.FindSimilarImagesResponse(
        similar_images=similar, feature_version=found.source.version, searched_count=found.searched_count
    )


def _object(found: SimilarObject) -> pb.SimilarObject:
    image = found.image
    return pb.SimilarObject(
        image=names.image(image.project_id, image.id),
        file_name=image.file_name,
        object=found.number,
        box=Prediction.FromString(found.output).boxes.boxes[found.number],
        similarity=found.similarity,
        image_width=image.width,
        image_height=image.height,
    )
