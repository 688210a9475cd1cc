"""`loupe.reduction.v1.NeighbourService`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from loupe.reduction.v1 import neighbour_service_pb2 as pb
from loupe.reduction.v1 import neighbour_service_pb2_grpc as pb_grpc
from loupe_kit.rpc_policy import Access, AccessTable
from loupe_reduction.convert import requests
from loupe_reduction.domain.features import BYTES_PER_ID
from loupe_reduction.servicers.streams import read_call
from loupe_reduction.use_cases.find_neighbour_objects import FindNeighbourObjects
from loupe_reduction.use_cases.find_neighbours import FindNeighbours

SERVICE = "loupe.reduction.v1.NeighbourService"

ACCESS: AccessTable = {
    f"/{SERVICE}/FindNeighbours": Access.SERVICE,
    f"/{SERVICE}/FindNeighbourObjects": Access.SERVICE,
}


class NeighbourServicer(pb_grpc.NeighbourServiceServicer):
    """Searches neighbours.

    Args:
        find_neighbours: of images.
        find_objects: of objects.
        max_images: images that one call takes.
    """

    def __init__(self, find_neighbours: FindNeighbours, find_objects: FindNeighbourObjects, max_images: int) -> None:
        self._find_neighbours = find_neighbours
        self._find_objects = find_objects
        self._max_images = max_images

    async def FindNeighbours(
        self, request_iterator: AsyncIterator[pb.FindNeighboursRequest], context: Any
    ) -> pb.FindNeighboursResponse:
        spec, images = await read_call(request_iterator, call="FindNeighbours", max_images=self._max_images)
        named = await asyncio.to_thread(requests.named_images, spec, images)
        found = await self._find_neighbours(requests.neighbour_wish(spec), named)
        if found is None:
            return pb.FindNeighboursResponse()
        return pb.FindNeighboursResponse(
            neighbours=[
                pb.Neighbour(image_id=_id(found.image_ids, place), similarity=float(similarity))
                for place, similarity in enumerate(found.similarities)
            ],
            count=found.searched,
            images_sha256=named.digest,
        )

    async def FindNeighbourObjects(
        self, request_iterator: AsyncIterator[pb.FindNeighbourObjectsRequest], context: Any
    ) -> pb.FindNeighbourObjectsResponse:
        spec, images = await read_call(request_iterator, call="FindNeighbourObjects", max_images=self._max_images)
        named = await asyncio.to_thread(requests.named_images, spec, images)
        found = await self._find_objects(requests.object_wish(spec), named)
        if found is None:
            return pb.FindNeighbourObjectsResponse()
        return pb.FindNeighbourObjectsResponse(
            neighbours=[
                pb.NeighbourObject(
                    image_id=_id(found.image_ids, place),
                    object=int(number),
                    similarity=float(similarity),
                )
                for place, (number, similarity) in enumerate(zip(found.objects, found.similarities, strict=True))
            ],
            count=found.searched,
            images_sha256=named.digest,
        )


def _id(packed: bytes, place: int) -> bytes:
    return packed[place * BYTES_PER_ID : (place + 1) * BYTES_PER_ID]
