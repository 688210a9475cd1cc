"""RPCs of `loupe.inference.v1.FeatureService`."""

from collections.abc import AsyncIterator

import grpc

from loupe.inference.v1 import feature_service_pb2 as pb
from loupe.inference.v1 import feature_service_pb2_grpc as pb_grpc
from loupe_inference import convert
from loupe_inference.domain.features import FeatureKey, check_ids
from loupe_inference.ports import FeatureStore
from loupe_inference.servicers import streams
from loupe_inference.use_cases.copy_features import copy_features
from loupe_inference.use_cases.delete_features import delete_features
from loupe_inference.use_cases.put_features import put_features
from loupe_kit.rpc_policy import Access

SERVICE = "loupe.inference.v1.FeatureService"
ACCESS = {
    f"/{SERVICE}/StreamFeatures": Access.SERVICE,
    f"/{SERVICE}/StreamObjectFeatures": Access.SERVICE,
    f"/{SERVICE}/PutFeatures": Access.SERVICE,
    f"/{SERVICE}/DeleteFeatures": Access.SERVICE,
    f"/{SERVICE}/CopyFeatures": Access.SERVICE,
    f"/{SERVICE}/CountFeatures": Access.SERVICE,
    f"/{SERVICE}/FindMissingFeatures": Access.SERVICE,
    f"/{SERVICE}/ListFeatureSets": Access.SERVICE,
}


class FeatureServicer(pb_grpc.FeatureServiceServicer):
    """Streams vectors out and takes them in.

    Args:
        store: Keeps the vectors.
    """

    def __init__(self, store: FeatureStore) -> None:
        self._store = store

    async def StreamFeatures(
        self,
        request: pb.StreamFeaturesRequest,
        context: grpc.aio.ServicerContext[pb.StreamFeaturesRequest, pb.StreamFeaturesResponse],
    ) -> AsyncIterator[pb.StreamFeaturesResponse]:
        key = FeatureKey(request.model, request.version)
        async for block in self._store.read(key, check_ids(request.image_ids)):
            yield pb.StreamFeaturesResponse(block=convert.block_to_proto(block))

    async def StreamObjectFeatures(
        self,
        request: pb.StreamObjectFeaturesRequest,
        context: grpc.aio.ServicerContext[pb.StreamObjectFeaturesRequest, pb.StreamObjectFeaturesResponse],
    ) -> AsyncIterator[pb.StreamObjectFeaturesResponse]:
        key = FeatureKey(request.model, request.version)
        async for block in self._store.read_objects(key, check_ids(request.image_ids)):
            yield pb.StreamObjectFeaturesResponse(block=convert.object_block_to_proto(block))

    async def PutFeatures(
        self,
        request_iterator: AsyncIterator[pb.PutFeaturesRequest],
        context: grpc.aio.ServicerContext[pb.PutFeaturesRequest, pb.PutFeaturesResponse],
    ) -> pb.PutFeaturesResponse:
        first = await anext(request_iterator, pb.PutFeaturesRequest())
        if first.WhichOneof("payload") != "config":
            raise streams.unexpected("config", 0)
        summary = await put_features(
            self._store, first.config.project_id, first.config.feature_set, streams.blocks(request_iterator)
        )
        return convert.put_summary_to_proto(summary)

    async def DeleteFeatures(
        self,
        request: pb.DeleteFeaturesRequest,
        context: grpc.aio.ServicerContext[pb.DeleteFeaturesRequest, pb.DeleteFeaturesResponse],
    ) -> pb.DeleteFeaturesResponse:
        deleted = await delete_features(
            self._store,
            image_ids=request.image_ids,
            project_id=request.project_id,
            model=request.model,
            version=request.version,
        )
        return pb.DeleteFeaturesResponse(deleted_count=deleted)

    async def CopyFeatures(
        self,
        request: pb.CopyFeaturesRequest,
        context: grpc.aio.ServicerContext[pb.CopyFeaturesRequest, pb.CopyFeaturesResponse],
    ) -> pb.CopyFeaturesResponse:
        key = FeatureKey(request.model, request.version)
        copied = await copy_features(
            self._store, request.target_project_id, key, request.source_image_ids, request.target_image_ids
        )
        return pb.CopyFeaturesResponse(copied_count=copied)

    async def CountFeatures(
        self,
        request: pb.CountFeaturesRequest,
        context: grpc.aio.ServicerContext[pb.CountFeaturesRequest, pb.CountFeaturesResponse],
    ) -> pb.CountFeaturesResponse:
        key = FeatureKey(request.model, request.version)
        count, dimension = await self._store.count(key, check_ids(request.image_ids))
        return pb.CountFeaturesResponse(feature_count=count, dimension=dimension)

    async def FindMissingFeatures(
        self,
        request: pb.FindMissingFeaturesRequest,
        context: grpc.aio.ServicerContext[pb.FindMissingFeaturesRequest, pb.FindMissingFeaturesResponse],
    ) -> pb.FindMissingFeaturesResponse:
        key = FeatureKey(request.model, request.version)
        missing = await self._store.missing(key, check_ids(request.image_ids))
        return pb.FindMissingFeaturesResponse(image_ids=missing)

    async def ListFeatureSets(
        self,
        request: pb.ListFeatureSetsRequest,
        context: grpc.aio.ServicerContext[pb.ListFeatureSetsRequest, pb.ListFeatureSetsResponse],
    ) -> pb.ListFeatureSetsResponse:
        sets = await self._store.list_sets(request.project_id)
        return pb.ListFeatureSetsResponse(feature_sets=[convert.set_to_proto(feature_set) for feature_set in sets])
