"""The inference service over its channel."""

from collections.abc import Mapping, Sequence

import grpc

from loupe.inference.v1 import feature_service_pb2, feature_service_pb2_grpc, model_service_pb2, model_service_pb2_grpc
from loupe_kit import ids
from loupe_kit.errors import LoupeError
from loupe_kit.status import from_rpc_error
from loupe_project.domain.errors import ModelUnknown
from loupe_project.domain.image import FeatureSource

_TIMEOUT_SECONDS = 10.0
_REMOVE_TIMEOUT_SECONDS = 60.0
_COPY_TIMEOUT_SECONDS = 60.0
_OTHER_LENGTH = "FEATURE_DIMENSION_MISMATCH"


class InferenceModelCatalogue:
    """See `ports.inference.ModelCatalogue`.

    Args:
        channel: To the inference service.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = model_service_pb2_grpc.ModelServiceStub(channel)

    async def active_version(self, model: str) -> str:
        """Id of the version that answers."""
        try:
            found: model_service_pb2.Model = await self._stub.GetModel(
                model_service_pb2.GetModelRequest(name=f"models/{model}"), timeout=_TIMEOUT_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            raise _meaning(error, f"models/{model}") from error
        return found.active_version

    async def check_version(self, model: str, version: str) -> None:
        """Make sure that there is a version."""
        name = f"models/{model}/versions/{version}"
        try:
            await self._stub.GetModelVersion(
                model_service_pb2.GetModelVersionRequest(name=name), timeout=_TIMEOUT_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            raise _meaning(error, name) from error


def _meaning(error: grpc.aio.AioRpcError, name: str) -> LoupeError:
    if error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT):
        return ModelUnknown(f"There is no {name!r}; ModelService.ListModels names the models there are.", model=name)
    return from_rpc_error(error)


class InferenceFeatureCopier:
    """See `ports.copies.FeatureCopier`.

    Args:
        channel: To the inference service.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = feature_service_pb2_grpc.FeatureServiceStub(channel)

    async def copy(self, project_id: str, source: FeatureSource, copies: Mapping[str, str]) -> bool:
        """Copy features of one model or set; False if the project has others of another length."""
        request = feature_service_pb2.CopyFeaturesRequest(
            model=source.model,
            version=source.version,
            source_image_ids=ids.pack_ids(list(copies)),
            target_image_ids=ids.pack_ids(list(copies.values())),
            target_project_id=project_id,
        )
        try:
            await self._stub.CopyFeatures(request, timeout=_COPY_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            meant = from_rpc_error(error)
            if meant.reason == _OTHER_LENGTH:
                return False
            raise meant from error
        return True


class InferenceFeatureRemover:
    """See `ports.inference.FeatureRemover`.

    Args:
        channel: To the inference service.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = feature_service_pb2_grpc.FeatureServiceStub(channel)

    async def remove(self, project_id: str, image_ids: Sequence[str]) -> None:
        """Delete the features of these images; no ids: of the whole project."""
        request = feature_service_pb2.DeleteFeaturesRequest(project_id=project_id, image_ids=ids.pack_ids(image_ids))
        try:
            await self._stub.DeleteFeatures(request, timeout=_REMOVE_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
