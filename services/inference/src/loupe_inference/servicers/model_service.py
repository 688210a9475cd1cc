"""RPCs of `loupe.inference.v1.ModelService`."""

import grpc

from loupe.inference.v1 import model_service_pb2 as pb
from loupe.inference.v1 import model_service_pb2_grpc as pb_grpc
from loupe_inference import convert
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.model import ModelSpec
from loupe_inference.use_cases.list_pages import page_of
from loupe_inference.use_cases.warm_up import ModelWarmer
from loupe_kit.rpc_policy import Access

SERVICE = "loupe.inference.v1.ModelService"
ACCESS = {
    f"/{SERVICE}/ListModels": Access.USER,
    f"/{SERVICE}/GetModel": Access.USER,
    f"/{SERVICE}/ListModelVersions": Access.USER,
    f"/{SERVICE}/GetModelVersion": Access.USER,
    f"/{SERVICE}/RegisterModelVersion": Access.USER,
    f"/{SERVICE}/ActivateModelVersion": Access.USER,
    f"/{SERVICE}/DeleteModelVersion": Access.USER,
}


class ModelServicer(pb_grpc.ModelServiceServicer):
    """Shows the catalogue.

    Args:
        catalogue: The models.
        warmer: Knows which of them answer.
    """

    def __init__(self, catalogue: Catalogue, warmer: ModelWarmer) -> None:
        self._catalogue = catalogue
        self._warmer = warmer

    async def ListModels(
        self,
        request: pb.ListModelsRequest,
        context: grpc.aio.ServicerContext[pb.ListModelsRequest, pb.ListModelsResponse],
    ) -> pb.ListModelsResponse:
        specs, token = page_of(
            self._catalogue.all(), lambda spec: spec.id, "models", request.page_size, request.page_token
        )
        models = [self._model(spec, with_labels=False) for spec in specs]
        return pb.ListModelsResponse(models=models, next_page_token=token)

    async def GetModel(
        self, request: pb.GetModelRequest, context: grpc.aio.ServicerContext[pb.GetModelRequest, pb.Model]
    ) -> pb.Model:
        spec = self._catalogue.get_by_name(request.name)
        return self._model(spec, with_labels=True)

    async def ListModelVersions(
        self,
        request: pb.ListModelVersionsRequest,
        context: grpc.aio.ServicerContext[pb.ListModelVersionsRequest, pb.ListModelVersionsResponse],
    ) -> pb.ListModelVersionsResponse:
        spec = self._catalogue.get_by_name(request.parent)
        versions, token = page_of(
            spec.versions, lambda version: version.version, spec.name, request.page_size, request.page_token
        )
        messages = [convert.version_to_proto(spec, version) for version in versions]
        return pb.ListModelVersionsResponse(model_versions=messages, next_page_token=token)

    def _model(self, spec: ModelSpec, *, with_labels: bool) -> pb.Model:
        state, fault = self._warmer.state(spec.id), self._warmer.fault(spec.id)
        return convert.model_to_proto(spec, state, fault, with_labels=with_labels)
