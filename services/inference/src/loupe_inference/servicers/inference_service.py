"""RPCs of `loupe.inference.v1.InferenceService`."""

from collections.abc import AsyncIterator

import grpc

from loupe.inference.v1 import inference_service_pb2 as pb
from loupe.inference.v1 import inference_service_pb2_grpc as pb_grpc
from loupe_inference import convert
from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.ports import ModelBackend
from loupe_inference.servicers import streams
from loupe_inference.use_cases.analyse_image import ImageBuffer, analyse_image
from loupe_inference.use_cases.warm_up import ModelWarmer
from loupe_kit.caller import current_caller
from loupe_kit.rpc_policy import Access

SERVICE = "loupe.inference.v1.InferenceService"
ACCESS = {f"/{SERVICE}/AnalyseImage": Access.USER}


class InferenceServicer(pb_grpc.InferenceServiceServicer):
    """Analyses single images while their senders wait.

    Args:
        catalogue: The models.
        backend: Runs them.
        warmer: Knows which of them answer.
        max_image_bytes: Refuse image files with more.
    """

    def __init__(self, catalogue: Catalogue, backend: ModelBackend, warmer: ModelWarmer, max_image_bytes: int) -> None:
        self._catalogue = catalogue
        self._backend = backend
        self._warmer = warmer
        self._max_image_bytes = max_image_bytes

    async def AnalyseImage(
        self,
        request_iterator: AsyncIterator[pb.AnalyseImageRequest],
        context: grpc.aio.ServicerContext[pb.AnalyseImageRequest, pb.AnalyseImageResponse],
    ) -> pb.AnalyseImageResponse:
        current_caller().require_scope("analyse")
        first = await anext(request_iterator, pb.AnalyseImageRequest())
        if first.WhichOneof("payload") != "config":
            raise streams.unexpected("config", 0)
        # An unknown model is told before the image is taken.
        self._catalogue.get_by_name(first.config.model)
        buffer = ImageBuffer(self._max_image_bytes)
        async for chunk in streams.chunks(request_iterator):
            buffer.add(chunk)
        analysis = await analyse_image(
            self._catalogue, self._backend, self._warmer, first.config.model, buffer.content()
        )
        return convert.analysis_to_proto(analysis, with_feature=first.config.with_feature)
