from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import numpy as np
import pytest

from loupe.inference.v1 import feature_service_pb2 as pb
from loupe.inference.v1 import feature_service_pb2_grpc as pb_grpc
from loupe_kit import ids, status
from loupe_kit.errors import RemoteError
from loupe_kit.testing import make_user
from tests.integration.inference.conftest import PROJECT_SERVICE, Running, running_inference
from tests.unit.inference.fakes import FakeBackend, catalogue


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_inference(tmp_path, backend=FakeBackend(), catalogue=catalogue()) as made:
        yield made


class Client:
    """Calls the feature service as the project service does."""

    def __init__(self, running: Running) -> None:
        self.project_id = running.project_id
        self.metadata = running.server.metadata(PROJECT_SERVICE)
        self.stub = pb_grpc.FeatureServiceStub(running.server.channel)

    async def put(self, *blocks: pb.FeatureBlock, config: bool = True) -> pb.PutFeaturesResponse:
        async def messages() -> AsyncIterator[pb.PutFeaturesRequest]:
            if config:
                yield pb.PutFeaturesRequest(config=pb.PutFeaturesConfig(project_id=self.project_id, feature_set="mine"))
            for block in blocks:
                yield pb.PutFeaturesRequest(block=block)

        return await self.stub.PutFeatures(messages(), metadata=self.metadata)

    async def count(self, packed: bytes) -> tuple[int, int]:
        request = pb.CountFeaturesRequest(model="uploaded", version="mine", image_ids=packed)
        answer = await self.stub.CountFeatures(request, metadata=self.metadata)
        return answer.feature_count, answer.dimension


def vectors(values: object, packed: bytes | None = None) -> pb.FeatureBlock:
    array = np.array(values, dtype="<f4")
    image_ids = packed or ids.pack_ids([ids.new_id() for _ in array])
    return pb.FeatureBlock(image_ids=image_ids, dimension=array.shape[1], values=array.tobytes())


async def refusal(call: object) -> RemoteError:
    with pytest.raises(grpc.RpcError) as raised:
        await call  # type: ignore[misc]
    return status.from_rpc_error(raised.value)


async def test_put_stream_list_delete(running: Running) -> None:
    client = Client(running)
    block = vectors([[1, 2, 3], [4, np.nan, 6], [7, 8, 9]])

    put = await client.put(block)

    assert (put.stored_count, put.dimension, put.rejected_count) == (2, 3, 1)
    assert status.from_status_proto(put.rejected[0].status).reason == "FEATURE_NOT_FINITE"
    assert await client.count(block.image_ids) == (2, 3)

    request = pb.StreamFeaturesRequest(model="uploaded", version="mine", image_ids=block.image_ids)
    (response,) = [part async for part in client.stub.StreamFeatures(request, metadata=client.metadata)]
    assert np.frombuffer(response.block.values, "<f4").tolist() == [1, 2, 3, 7, 8, 9]

    sets = await client.stub.ListFeatureSets(
        pb.ListFeatureSetsRequest(project_id=client.project_id), metadata=client.metadata
    )
    assert [(s.model, s.version, s.dimension, s.feature_count) for s in sets.feature_sets] == [
        ("uploaded", "mine", 3, 2)
    ]

    deleted = await client.stub.DeleteFeatures(
        pb.DeleteFeaturesRequest(project_id=client.project_id), metadata=client.metadata
    )
    assert deleted.deleted_count == 2
    assert await client.count(block.image_ids) == (0, 0)


async def test_put__contradicting_sizes(running: Running) -> None:
    client = Client(running)
    block = vectors([[1, 2, 3]])
    block.dimension = 4

    assert (await refusal(client.put(block))).reason == "FEATURE_BLOCK_INVALID"


async def test_put__no_config(running: Running) -> None:
    client = Client(running)

    for call in (client.put(vectors([[1]]), config=False), client.put(config=False)):
        error = await refusal(call)
        assert (error.reason, error.metadata) == ("STREAM_MESSAGE_UNEXPECTED", {"expected": "config", "position": "0"})


async def test_put__second_config(running: Running) -> None:
    client = Client(running)

    async def messages() -> AsyncIterator[pb.PutFeaturesRequest]:
        for _ in range(2):
            yield pb.PutFeaturesRequest(config=pb.PutFeaturesConfig(project_id=client.project_id, feature_set="mine"))

    error = await refusal(client.stub.PutFeatures(messages(), metadata=client.metadata))

    assert error.metadata == {"expected": "block", "position": "1"}


async def test_stream__torn_ids(running: Running) -> None:
    client = Client(running)
    request = pb.StreamFeaturesRequest(model="uploaded", version="mine", image_ids=b"1" * 17)

    with pytest.raises(grpc.RpcError) as raised:
        async for _ in client.stub.StreamFeatures(request, metadata=client.metadata):
            pass

    assert status.from_rpc_error(raised.value).reason == "FEATURE_IDS_INVALID"


async def test_features__closed_to_people(running: Running) -> None:
    client = Client(running)
    client.metadata = running.server.metadata(make_user())

    assert (await refusal(client.count(bytes(16)))).reason == "PERMISSION_DENIED"
