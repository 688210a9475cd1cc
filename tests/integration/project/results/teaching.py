"""The parts of reduction that teach heads and search neighbours, as the project service sees them."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import numpy as np

from loupe.inference.v1 import inference_service_pb2, inference_service_pb2_grpc, prediction_pb2
from loupe.reduction.v1 import (
    feature_source_pb2,
    neighbour_service_pb2,
    neighbour_service_pb2_grpc,
    teach_service_pb2,
    teach_service_pb2_grpc,
)
from loupe_kit import ids
from loupe_kit.errors import FailedPrecondition, InvalidArgument
from loupe_kit.rpc_policy import Access
from loupe_kit.service import Registration

_SERVICE = "loupe.reduction.v1.TeachService"
_NEIGHBOURS = "loupe.reduction.v1.NeighbourService"
_INFERENCE = "loupe.inference.v1.InferenceService"


class FakeTeaching(teach_service_pb2_grpc.TeachServiceServicer):
    """Learns how many images there are of each class, and says of every image: the most frequent one, by 0.75."""

    def registration(self) -> Registration:
        """How it is served."""
        return Registration(
            teach_service_pb2_grpc.add_TeachServiceServicer_to_server,
            self,
            _SERVICE,
            {f"/{_SERVICE}/{name}": Access.PUBLIC for name in ("TeachHead", "ApplyHead")},
        )

    async def TeachHead(
        self, request_iterator: AsyncIterator[teach_service_pb2.TeachHeadRequest], context: Any
    ) -> AsyncIterator[teach_service_pb2.TeachHeadResponse]:
        spec, classes = teach_service_pb2.TeachSpec(), b""
        async for message in request_iterator:
            if message.HasField("spec"):
                spec = message.spec
            classes += message.classes
        counts = np.bincount(np.frombuffer(classes, "<u4"), minlength=spec.class_count)
        phase = feature_source_pb2.Progress(phase=feature_source_pb2.PHASE_TEACHING, fraction=0.5)
        yield teach_service_pb2.TeachHeadResponse(progress=phase)
        head = counts.astype("<u4").tobytes()
        header = teach_service_pb2.HeadHeader(
            count=int(counts.sum()),
            skipped_count=1,
            kind=teach_service_pb2.HEAD_KIND_RBF,
            folds=5,
            accuracy=0.875,
            confusion=np.diag(counts).ravel().tolist(),
            head_size_bytes=len(head),
        )
        yield teach_service_pb2.TeachHeadResponse(header=header)
        yield teach_service_pb2.TeachHeadResponse(head=head)

    async def ApplyHead(
        self, request_iterator: AsyncIterator[teach_service_pb2.ApplyHeadRequest], context: Any
    ) -> AsyncIterator[teach_service_pb2.ApplyHeadResponse]:
        head, packed = b"", b""
        async for message in request_iterator:
            head += message.head
            packed += message.image_ids
        counts = np.frombuffer(head, "<u4")
        said = np.full(len(counts), 0.25 / (len(counts) - 1), "<f4")
        said[counts.argmax()] = 0.75
        rows = np.tile(said, (len(packed) // ids.BYTES_PER_ID, 1))
        yield teach_service_pb2.ApplyHeadResponse(
            image_ids=packed, class_count=len(counts), probabilities=rows.tobytes()
        )


class NoSuchObject(FailedPrecondition):
    """As the reduction service says it."""

    reason = "FEATURES_MISSING"


class ImageUndecodable(InvalidArgument):
    """As the inference service says it."""

    reason = "IMAGE_UNDECODABLE"


class FakeInference(inference_service_pb2_grpc.InferenceServiceServicer):
    """Sees in every picture a vector that begins with a half; the picture names the version that answers."""

    def registration(self) -> Registration:
        """How it is served."""
        return Registration(
            inference_service_pb2_grpc.add_InferenceServiceServicer_to_server,
            self,
            _INFERENCE,
            {f"/{_INFERENCE}/AnalyseImage": Access.PUBLIC},
        )

    async def AnalyseImage(
        self, request_iterator: AsyncIterator[inference_service_pb2.AnalyseImageRequest], context: Any
    ) -> inference_service_pb2.AnalyseImageResponse:
        config, picture = inference_service_pb2.AnalyseImageConfig(), b""
        async for message in request_iterator:
            if message.HasField("config"):
                config = message.config
            picture += message.chunk
        if picture == b"broken":
            raise ImageUndecodable("This is no image.")
        assert config.with_feature
        said = prediction_pb2.Prediction(model=config.model.removeprefix("models/"), version=picture[-1:].decode())
        return inference_service_pb2.AnalyseImageResponse(prediction=said, feature=[0.5, 0.25])


class FakeNeighbours(neighbour_service_pb2_grpc.NeighbourServiceServicer):
    """Finds the named images, the newest first; the oldest one has no vector. Each has one object.

    Those like a picture are as similar as the first number of its vector says.

    Args:
        remembers: Whether images can be named by their digest, as in releases of today.
    """

    def __init__(self, *, remembers: bool = True) -> None:
        self._remembers = remembers
        self._remembered: dict[bytes, bytes] = {}
        self.calls: list[int] = []
        """Number of ids in each call."""

    def registration(self) -> Registration:
        """How it is served."""
        return Registration(
            neighbour_service_pb2_grpc.add_NeighbourServiceServicer_to_server,
            self,
            _NEIGHBOURS,
            {f"/{_NEIGHBOURS}/{name}": Access.PUBLIC for name in ("FindNeighbours", "FindNeighbourObjects")},
        )

    async def FindNeighbours(
        self, request_iterator: AsyncIterator[neighbour_service_pb2.FindNeighboursRequest], context: Any
    ) -> neighbour_service_pb2.FindNeighboursResponse:
        spec, packed = neighbour_service_pb2.NeighbourSpec(), b""
        async for message in request_iterator:
            if message.HasField("spec"):
                spec = message.spec
            packed += message.image_ids
        named, digest = self._named(spec.images_sha256, packed)
        asked = ids.unpack_ids(spec.image_id)
        found = [one for one in named[:-1] if one not in asked]
        neighbours = [
            neighbour_service_pb2.Neighbour(
                image_id=ids.pack_ids([one]),
                similarity=np.frombuffer(spec.vector, "<f4")[0] if spec.vector else 1 - number / 100,
            )
            for number, one in enumerate(found[: spec.count])
        ]
        return neighbour_service_pb2.FindNeighboursResponse(
            neighbours=neighbours, count=len(found), images_sha256=digest
        )

    async def FindNeighbourObjects(
        self, request_iterator: AsyncIterator[neighbour_service_pb2.FindNeighbourObjectsRequest], context: Any
    ) -> neighbour_service_pb2.FindNeighbourObjectsResponse:
        spec, packed = neighbour_service_pb2.ObjectSpec(), b""
        async for message in request_iterator:
            if message.HasField("spec"):
                spec = message.spec
            packed += message.image_ids
        if spec.object:
            raise NoSuchObject(f"The image has no object {spec.object}.")
        named, digest = self._named(spec.images_sha256, packed)
        found = [one for one in named if one not in ids.unpack_ids(spec.image_id)]
        neighbours = [
            neighbour_service_pb2.NeighbourObject(image_id=ids.pack_ids([one]), similarity=1 - number / 100)
            for number, one in enumerate(found[: spec.count])
        ]
        return neighbour_service_pb2.FindNeighbourObjectsResponse(
            neighbours=neighbours, count=len(found), images_sha256=digest
        )

    def _named(self, digest: bytes, packed: bytes) -> tuple[list[str], bytes]:
        """The images of a call, the newest first, and the digest if it says something."""
        self.calls.append(len(packed) // ids.BYTES_PER_ID)
        if digest and packed and self._remembers:
            assert hashlib.sha256(packed).digest() == digest
            self._remembered[digest] = packed
        known = self._remembered.get(digest, b"")
        return ids.unpack_ids(packed or known)[::-1], digest if known else b""
