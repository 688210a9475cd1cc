"""RPCs of `loupe.inference.v1.ModelService`."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from loupe.inference.v1 import model_service_pb2 as pb
from loupe.inference.v1 import model_service_pb2_grpc as pb_grpc
from loupe_inference import convert, convert_models
from loupe_inference.domain.audit import Author
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import ModelVersionNotFound
from loupe_inference.domain.model import ModelSpec, ModelState
from loupe_inference.domain.registered import Request
from loupe_inference.servicers import streams
from loupe_inference.use_cases.change_models import ModelChanger
from loupe_inference.use_cases.list_pages import page_of
from loupe_inference.use_cases.register_model import ModelRegistrar
from loupe_inference.use_cases.roll_out import RollOut
from loupe_inference.use_cases.warm_up import ModelWarmer
from loupe_kit.audit.origin import event_origin
from loupe_kit.call_origin import OriginReader
from loupe_kit.caller import Caller, CallerKind, Role, current_caller
from loupe_kit.client_stream import whole
from loupe_kit.errors import PermissionDenied
from loupe_kit.request_ids import digest_of, request_id_of
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
    f"/{SERVICE}/ListModelServers": Access.USER,
}


class ModelServicer(pb_grpc.ModelServiceServicer):
    """Shows the catalogue.

    Args:
        catalogue: The models.
        warmer: Knows which of them answer.
        registrar: Takes in models of one's own.
        changer: Activates and deletes them.
        roll_out: Knows which server has what.
        origins: Reads where calls come from.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        warmer: ModelWarmer,
        registrar: ModelRegistrar,
        changer: ModelChanger,
        roll_out: RollOut,
        origins: OriginReader,
    ) -> None:
        self._catalogue = catalogue
        self._warmer = warmer
        self._registrar = registrar
        self._changer = changer
        self._roll_out = roll_out
        self._origins = origins

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
        messages = [self._version(spec.id, version.version, with_labels=False) for version in versions]
        return pb.ListModelVersionsResponse(model_versions=messages, next_page_token=token)

    async def GetModelVersion(
        self,
        request: pb.GetModelVersionRequest,
        context: grpc.aio.ServicerContext[pb.GetModelVersionRequest, pb.ModelVersion],
    ) -> pb.ModelVersion:
        return self._version(*_ids(request.name), with_labels=True)

    async def RegisterModelVersion(
        self,
        request_iterator: AsyncIterator[pb.RegisterModelVersionRequest],
        context: grpc.aio.ServicerContext[pb.RegisterModelVersionRequest, pb.ModelVersion],
    ) -> pb.ModelVersion:
        author = self._author(context)
        messages = whole(request_iterator)
        first = await anext(messages, pb.RegisterModelVersionRequest())
        if first.WhichOneof("payload") != "config":
            raise streams.unexpected("config", 0)
        config = convert_models.config_from_proto(first.config)
        request = _request("RegisterModelVersion", first.config)
        model, version = await self._registrar.register(config, streams.chunks(messages), author, request)
        await self._warm(model)
        return self._version(model, version, with_labels=True)

    async def ActivateModelVersion(
        self,
        request: pb.ActivateModelVersionRequest,
        context: grpc.aio.ServicerContext[pb.ActivateModelVersionRequest, pb.ModelVersion],
    ) -> pb.ModelVersion:
        author = self._author(context)
        model, version = _ids(request.name)
        await self._changer.activate(model, version, author, _request("ActivateModelVersion", request))
        await self._warm(model)
        return self._version(model, version, with_labels=True)

    async def DeleteModelVersion(
        self,
        request: pb.DeleteModelVersionRequest,
        context: grpc.aio.ServicerContext[pb.DeleteModelVersionRequest, Empty],
    ) -> Empty:
        author = self._author(context)
        await self._changer.delete(*_ids(request.name), author, _request("DeleteModelVersion", request))
        return Empty()

    async def ListModelServers(
        self,
        request: pb.ListModelServersRequest,
        context: grpc.aio.ServicerContext[pb.ListModelServersRequest, pb.ListModelServersResponse],
    ) -> pb.ListModelServersResponse:
        _administrator()
        states = await self._roll_out.states()
        some, token = page_of(
            states, lambda state: state.server.name, "modelServers", request.page_size, request.page_token
        )
        servers = [convert_models.server_to_proto(state) for state in some]
        return pb.ListModelServersResponse(model_servers=servers, next_page_token=token)

    def _author(self, context: grpc.aio.ServicerContext[Any, Any]) -> Author:
        return Author(_administrator().id, event_origin(self._origins, context))

    async def _warm(self, model: str) -> None:
        """Whoever is told of a version finds it answering; what is wrong with it is in the model's state."""
        if self._warmer.state(model) is not ModelState.ACTIVE:
            await self._roll_out.level()
            await self._warmer.warm(self._catalogue.get(model))

    def _version(self, model: str, version: str, *, with_labels: bool) -> pb.ModelVersion:
        spec, found = self._catalogue.resolve(model, version)
        registered = self._catalogue.registered(model, version)
        return convert_models.version_to_proto(spec, found, registered, with_labels=with_labels)

    def _model(self, spec: ModelSpec, *, with_labels: bool) -> pb.Model:
        state, fault = self._warmer.state(spec.id), self._warmer.fault(spec.id)
        return convert.model_to_proto(spec, state, fault, with_labels=with_labels)


def _administrator() -> Caller:
    """The caller, who must be an administrator in person: a model file is run on our machines.

    Raises:
        PermissionDenied: If not.
    """
    caller = current_caller()
    if caller.kind is not CallerKind.USER or caller.role is not Role.ADMINISTRATOR:
        raise PermissionDenied("Only administrators may change models, signed in as persons.")
    return caller


def _ids(name: str) -> tuple[str, str]:
    """Ids of the model and the version that a resource name holds."""
    match name.split("/"):
        case ["models", model, "versions", version] if model and version:
            return model, version
    raise ModelVersionNotFound(
        f"{name[:80]!r} is not the name of a version; give one such as 'models/line-3-welds/versions/2'.",
        model=name[:80],
        version="",
    )


def _request(method: str, message: Message) -> Request | None:
    request_id = request_id_of(message)
    return Request(current_caller().id, method, request_id, digest_of(message)) if request_id else None
