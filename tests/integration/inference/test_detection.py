"""A detector from the queue to the report and the feature store: boxes, and a vector for each object."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loupe.inference.v1 import feature_service_pb2 as pb
from loupe.inference.v1 import feature_service_pb2_grpc as pb_grpc
from loupe.inference.v1 import model_service_pb2, model_service_pb2_grpc
from loupe_inference.models import nanodet, weights
from loupe_kit import ids
from loupe_kit.testing import make_user
from tests.integration.inference.conftest import PROJECT_SERVICE, Running, running_inference, until
from tests.integration.inference.test_analysis import photo

MODEL = "nanodet-coco"
PHOTOS = Path(__file__).parents[2] / "contract" / "models" / "photos"


async def objects_of(running: Running, image_ids: list[str]) -> dict[str, np.ndarray]:
    request = pb.StreamObjectFeaturesRequest(model=MODEL, version="1", image_ids=ids.pack_ids(image_ids))
    stub = pb_grpc.FeatureServiceStub(running.server.channel)
    found: dict[str, np.ndarray] = {}
    async for response in stub.StreamObjectFeatures(request, metadata=running.server.metadata(PROJECT_SERVICE)):
        block = response.block
        values = np.frombuffer(block.values, "<f4").reshape(-1, block.dimension)
        ends = np.cumsum(block.object_counts)
        for image, count, end in zip(ids.unpack_ids(block.image_ids), block.object_counts, ends, strict=True):
            found[image] = values[end - count : end]
    return found


async def delete(running: Running, image_id: str) -> None:
    request = pb.DeleteFeaturesRequest(image_ids=ids.pack_ids([image_id]))
    stub = pb_grpc.FeatureServiceStub(running.server.channel)
    await stub.DeleteFeatures(request, metadata=running.server.metadata(PROJECT_SERVICE))


@pytest.mark.skipif(
    not (weights.fetched_folder() / nanodet.FILE_NAME).is_file(), reason="no weights of NanoDet here: make models"
)
async def test_detection__boxes_are_reported_and_vectors_of_objects_kept(tmp_path: Path) -> None:
    async with running_inference(tmp_path) as running:
        cat = await running.order((PHOTOS / "cat.jpg").read_bytes(), model=MODEL)
        astronaut = await running.order((PHOTOS / "astronaut.jpg").read_bytes(), model=MODEL)
        temple = await running.order(photo("china"), model=MODEL)

        results = await running.results(3)

        boxes = {image: result.prediction.boxes.boxes for image, result in results.items()}
        assert [boxes[image][0].label for image in (cat, astronaut)] == ["cat", "person"]
        assert not boxes[temple]
        assert results[temple].prediction.WhichOneof("output") == "boxes"
        assert {result.feature_dimension for result in results.values()} == {384}
        objects = await objects_of(running, [cat, astronaut, temple])
        assert {image: vectors.shape for image, vectors in objects.items()} == {
            image: (len(boxes[image]), 384) for image in (cat, astronaut)
        }

        await delete(running, cat)

        assert (await objects_of(running, [cat, astronaut])).keys() == {astronaut}


async def test_models__one_without_weights_says_what_helps_and_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOUPE_INFERENCE_MODELS_DIR", str(tmp_path / "nowhere"))
    async with running_inference(tmp_path) as running:
        flower = await running.order(photo(), model="efficientnet-lite0")
        results = await running.results(1)
        warmer = running.service.resources["warmer"]
        await until(lambda: bool(warmer.fault(MODEL)))

        stub = model_service_pb2_grpc.ModelServiceStub(running.server.channel)
        listed = await stub.ListModels(
            model_service_pb2.ListModelsRequest(), metadata=running.server.metadata(make_user())
        )

        models = {model.name: model for model in listed.models}
        state = model_service_pb2.Model.State
        assert results[flower].prediction.class_scores.scores[0].label == "daisy"
        assert models["models/efficientnet-lite0"].state == state.STATE_ACTIVE
        assert models["models/efficientnet-lite0"].state_message == ""
        assert models[f"models/{MODEL}"].state == state.STATE_FAILED
        assert "make models" in models[f"models/{MODEL}"].state_message
        assert models[f"models/{MODEL}"].object_feature_dimension == 384
