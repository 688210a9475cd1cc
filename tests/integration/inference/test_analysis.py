"""From the queue to the report and the feature store, with the real model in its child process."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from loupe.inference.v1 import feature_service_pb2 as pb
from loupe.inference.v1 import feature_service_pb2_grpc as pb_grpc
from loupe.inference.v1 import inference_service_pb2, inference_service_pb2_grpc
from loupe_inference.adapters.torch_child import TorchChildBackend
from loupe_kit import ids, status
from loupe_kit.testing import make_user
from tests.integration.inference.conftest import PROJECT_SERVICE, Running, running_inference

MODEL = "efficientnet-lite0"


def photo(name: str = "flower") -> bytes:
    file = io.BytesIO()
    Image.fromarray(load_sample_image(f"{name}.jpg")).save(file, "PNG")
    return file.getvalue()


async def features_of(running: Running, image_ids: list[str]) -> dict[str, np.ndarray]:
    request = pb.StreamFeaturesRequest(model=MODEL, version="1", image_ids=ids.pack_ids(image_ids))
    stub = pb_grpc.FeatureServiceStub(running.server.channel)
    found: dict[str, np.ndarray] = {}
    async for response in stub.StreamFeatures(request, metadata=running.server.metadata(PROJECT_SERVICE)):
        block = response.block
        values = np.frombuffer(block.values, dtype="<f4").reshape(-1, block.dimension)
        found.update(zip(ids.unpack_ids(block.image_ids), values, strict=True))
    return found


async def test_analysis__from_order_to_result(tmp_path: Path) -> None:
    async with running_inference(tmp_path) as running:
        running.notes.refusals = 2
        flower = await running.order(photo(), model=MODEL, attempt=4)
        broken = await running.order(b"no image at all", model=MODEL)

        results = await running.results(2)

        assert running.notes.callers == {"inference"}
        good, bad = results[flower], results[broken]
        assert (good.version, good.attempt, good.feature_dimension) == ("1", 4, 1280)
        assert good.prediction.class_scores.scores[0].label == "daisy"
        failure = status.from_status_proto(bad.failure)
        assert (failure.reason, bad.feature_dimension) == ("IMAGE_UNDECODABLE", 0)
        features = await features_of(running, [flower, broken])
        assert {image: vector.shape for image, vector in features.items()} == {flower: (1280,)}
        async with asyncio.timeout(60):
            while await running.queue.depth(f"analysis.{MODEL}"):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)


async def test_analyse_image__answers_without_storing(tmp_path: Path) -> None:
    async with running_inference(tmp_path) as running:
        warmer = running.service.resources["warmer"]
        async with asyncio.timeout(60):
            while not await warmer.is_ready():  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)
        data = photo("china")

        async def messages() -> AsyncIterator[inference_service_pb2.AnalyseImageRequest]:
            config = inference_service_pb2.AnalyseImageConfig(model=f"models/{MODEL}", with_feature=True)
            yield inference_service_pb2.AnalyseImageRequest(config=config)
            for start in range(0, len(data), 100_000):
                yield inference_service_pb2.AnalyseImageRequest(chunk=data[start : start + 100_000])

        stub = inference_service_pb2_grpc.InferenceServiceStub(running.server.channel)
        answer = await stub.AnalyseImage(messages(), metadata=running.server.metadata(make_user()))

        assert answer.prediction.class_scores.scores[0].label == "bell cote"
        assert len(answer.feature) == 1280
        assert (answer.image_width, answer.image_height) == (640, 427)
        assert running.notes.results == []


@pytest.mark.slow
async def test_analysis__model_host_killed_in_the_middle(tmp_path: Path) -> None:
    async with running_inference(tmp_path) as running:
        data = photo()
        images = [await running.order(data, model=MODEL) for _ in range(48)]
        await running.results(1)
        backend: TorchChildBackend = running.service.resources["backend"]
        assert backend.pid is not None
        os.kill(backend.pid, signal.SIGKILL)

        results = await running.results(48)

        assert results.keys() == set(images)
        assert len(running.notes.results) == 48
        assert all(result.WhichOneof("outcome") == "prediction" for result in results.values())
        assert len(await features_of(running, images)) == 48
