"""EvaluationService: predictions measured by labels."""

from typing import Any

import grpc

from loupe.project.v1 import analysis_service_pb2
from loupe.project.v1 import evaluation_service_pb2 as pb
from loupe.project.v1 import evaluation_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access
from loupe_project.convert import evaluation as convert
from loupe_project.convert.analysis import image_set_to_message
from loupe_project.domain import names
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store
from loupe_project.servicers.calls import Calls
from loupe_project.use_cases.evaluate_model import evaluate_model
from loupe_project.use_cases.find_cell_images import find_cell_images
from loupe_project.use_cases.keep_points import keep_images
from loupe_project.use_cases.match_image import match_image

_SERVICE = "/loupe.project.v1.EvaluationService"
ACCESS = {f"{_SERVICE}/{method}": Access.USER for method in ("EvaluateModel", "KeepCellImages", "GetImageMatches")}

_IMAGE = "projects/{project}/images/{image}"
_Context = grpc.aio.ServicerContext[Any, Any]


class EvaluationServicer(pb_grpc.EvaluationServiceServicer):
    """Serves `loupe.project.v1.EvaluationService`.

    Args:
        calls: Transactions and callers.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def EvaluateModel(self, request: pb.EvaluateModelRequest, context: _Context) -> pb.Evaluation:
        (project_id,) = names.split("projects/{project}", request.parent, "parent")
        asked = convert.asked_of(request.model, request.min_iou, request.min_confidence)

        async def work(store: Store, scope: Scope) -> pb.Evaluation:
            now = self._calls.clock.now()
            found = await evaluate_model(store, scope, project_id, request.query, asked, request.group_by, now)
            return convert.to_message(found, asked, request.query)

        return await self._calls.read(work)

    async def KeepCellImages(
        self, request: pb.KeepCellImagesRequest, context: _Context
    ) -> analysis_service_pb2.ImageSet:
        (project_id,) = names.split("projects/{project}", request.parent, "parent")
        asked = convert.asked_of(request.model, request.min_iou, request.min_confidence)
        cell, now = (request.truth, request.predicted), self._calls.clock.now()
        # Found before the transaction that writes: looking at a million images takes seconds.
        image_ids = await self._calls.read(
            lambda store, scope: find_cell_images(store, scope, project_id, request.query, asked, cell, now)
        )

        async def work(store: Store, scope: Scope) -> analysis_service_pb2.ImageSet:
            return image_set_to_message(await keep_images(store, scope, project_id, image_ids, self._calls.clock))

        return await self._calls.write(f"{_SERVICE}/KeepCellImages", request, analysis_service_pb2.ImageSet, work)

    async def GetImageMatches(self, request: pb.GetImageMatchesRequest, context: _Context) -> pb.ImageMatches:
        project_id, image_id = names.split(_IMAGE, request.name)
        asked = convert.asked_of(request.model, request.min_iou, request.min_confidence)

        async def work(store: Store, scope: Scope) -> pb.ImageMatches:
            return convert.matches_to_message(await match_image(store, scope, project_id, image_id, asked))

        return await self._calls.read(work)
