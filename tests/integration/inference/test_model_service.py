from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from loupe.inference.v1 import inference_service_pb2, inference_service_pb2_grpc
from loupe.inference.v1 import model_service_pb2 as pb
from loupe.inference.v1 import model_service_pb2_grpc as pb_grpc
from loupe_kit import status
from loupe_kit.testing import make_user
from tests.integration.inference.conftest import Running, running_inference
from tests.unit.inference.fakes import FakeBackend, catalogue


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_inference(tmp_path, backend=FakeBackend(), catalogue=catalogue("beta", "alpha")) as made:
        yield made


async def test_list_models__pages_without_labels(running: Running) -> None:
    stub, metadata = pb_grpc.ModelServiceStub(running.server.channel), running.server.metadata(make_user())

    first = await stub.ListModels(pb.ListModelsRequest(page_size=1), metadata=metadata)
    second = await stub.ListModels(
        pb.ListModelsRequest(page_size=1, page_token=first.next_page_token), metadata=metadata
    )

    assert [model.name for model in (*first.models, *second.models)] == ["models/alpha", "models/beta"]
    assert second.next_page_token == ""
    assert not first.models[0].labels


async def test_get_model__with_labels(running: Running) -> None:
    stub, metadata = pb_grpc.ModelServiceStub(running.server.channel), running.server.metadata(make_user())

    model = await stub.GetModel(pb.GetModelRequest(name="models/alpha"), metadata=metadata)

    assert (list(model.labels), model.feature_dimension, model.active_version) == (["good", "bad"], 4, "1")


async def test_list_model_versions(running: Running) -> None:
    stub, metadata = pb_grpc.ModelServiceStub(running.server.channel), running.server.metadata(make_user())

    answer = await stub.ListModelVersions(pb.ListModelVersionsRequest(parent="models/beta"), metadata=metadata)

    assert [(version.name, version.is_active) for version in answer.model_versions] == [
        ("models/beta/versions/1", True)
    ]


async def test_get_model__unknown(running: Running) -> None:
    stub, metadata = pb_grpc.ModelServiceStub(running.server.channel), running.server.metadata(make_user())

    with pytest.raises(grpc.RpcError) as raised:
        await stub.GetModel(pb.GetModelRequest(name="models/gamma"), metadata=metadata)

    error = status.from_rpc_error(raised.value)
    assert (error.reason, error.metadata) == ("MODEL_NOT_FOUND", {"model": "gamma"})


async def test_analyse_image__first_message_is_no_config(running: Running) -> None:
    async def messages() -> AsyncIterator[inference_service_pb2.AnalyseImageRequest]:
        yield inference_service_pb2.AnalyseImageRequest(chunk=b"image")

    stub = inference_service_pb2_grpc.InferenceServiceStub(running.server.channel)
    with pytest.raises(grpc.RpcError) as raised:
        await stub.AnalyseImage(messages(), metadata=running.server.metadata(make_user()))

    assert status.from_rpc_error(raised.value).reason == "STREAM_MESSAGE_UNEXPECTED"
