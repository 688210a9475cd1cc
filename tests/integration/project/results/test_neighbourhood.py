"""What project sends to the reduction service to find what looks alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest

from loupe.reduction.v1 import neighbour_service_pb2_grpc
from loupe_kit import ids
from loupe_project.adapters import similar
from loupe_project.adapters.similar import GrpcNeighbourhood
from loupe_project.domain.image import FeatureSource
from tests.integration.project.results.teaching import FakeNeighbours

SOURCE = FeatureSource("efficientnet-lite0", "1")


@asynccontextmanager
async def serving(fake: FakeNeighbours) -> AsyncIterator[GrpcNeighbourhood]:
    server = grpc.aio.server()
    neighbour_service_pb2_grpc.add_NeighbourServiceServicer_to_server(fake, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield GrpcNeighbourhood(channel)
    await server.stop(None)


async def test_find__many_images_are_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "_MESSAGE_BYTES", 4 * ids.BYTES_PER_ID)
    fake, project = FakeNeighbours(), ids.new_id()
    images = [ids.new_id() for _ in range(10)]
    packed = ids.pack_ids(images)

    async with serving(fake) as neighbourhood:
        answers = [
            (await neighbourhood.find(project, SOURCE, images[9], packed, 2)).images,
            (await neighbourhood.find(project, SOURCE, images[9], packed, 2)).images,
            (await neighbourhood.find(project, SOURCE, images[9], packed[16:], 2)).images,
        ]
        objects = await neighbourhood.find_objects(project, SOURCE, images[9], 0, packed, 2)

    assert {tuple(one for one, _ in found) for found in answers} == {(images[8], images[7])}
    assert [one.image_id for one in objects.objects] == [images[8], images[7]]
    assert fake.calls == [0, 10, 0, 0, 9, 0]


async def test_find__few_images_are_named_at_once() -> None:
    fake, images = FakeNeighbours(), [ids.new_id() for _ in range(4)]

    async with serving(fake) as neighbourhood:
        found = await neighbourhood.find(ids.new_id(), SOURCE, images[3], ids.pack_ids(images), 5)

    assert (found.searched_count, fake.calls) == (2, [4])


async def test_find__a_service_of_an_older_release_is_sent_the_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "_MESSAGE_BYTES", ids.BYTES_PER_ID)
    fake, images = FakeNeighbours(remembers=False), [ids.new_id() for _ in range(4)]

    async with serving(fake) as neighbourhood:
        found = await neighbourhood.find(ids.new_id(), SOURCE, images[3], ids.pack_ids(images), 5)

    assert [one for one, _ in found.images] == [images[2], images[1]]
    assert fake.calls == [0, 4]
