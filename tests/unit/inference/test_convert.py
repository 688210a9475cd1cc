from __future__ import annotations

import numpy as np

from loupe.inference.v1 import model_service_pb2
from loupe_inference import convert
from loupe_inference.domain.analysis import Box, Boxes, Prediction
from loupe_inference.domain.errors import FeatureNotFinite
from loupe_inference.domain.features import FeatureBlock, PutSummary
from loupe_inference.domain.model import ModelState
from loupe_kit import ids
from tests.unit.inference.fakes import analysis, model_spec


def test_prediction_to_proto__class_scores() -> None:
    message = convert.prediction_to_proto(analysis().prediction)

    assert message.WhichOneof("output") == "class_scores"
    assert message.class_scores.scores[0].label == "good"


def test_prediction_to_proto__boxes() -> None:
    box = Box("bad", 1, 0.5, x=1, y=2, width=3, height=4)

    message = convert.prediction_to_proto(Prediction("tiny", "1", Boxes((box,))))

    assert (message.boxes.boxes[0].x, message.boxes.boxes[0].height) == (1, 4)


def test_prediction_to_proto__nothing_found_is_an_answer() -> None:
    message = convert.prediction_to_proto(Prediction("tiny", "1", Boxes(())))

    assert message.WhichOneof("output") == "boxes"


def test_analysis_to_proto__feature_only_if_asked_for() -> None:
    assert convert.analysis_to_proto(analysis(2.0), with_feature=True).feature == [2.0] * 4
    assert not convert.analysis_to_proto(analysis(), with_feature=False).feature


def test_model_to_proto__labels_only_if_asked_for() -> None:
    message = convert.model_to_proto(model_spec(), ModelState.ACTIVE, "", with_labels=False)

    assert (message.name, message.label_count, list(message.labels)) == ("models/tiny", 2, [])
    assert message.state == model_service_pb2.Model.STATE_ACTIVE
    assert convert.model_to_proto(model_spec(), ModelState.ACTIVE, "", with_labels=True).labels == ["good", "bad"]


def test_block__there_and_back() -> None:
    block = FeatureBlock(bytes(32), np.arange(6, dtype=np.float32).reshape(2, 3))

    back = convert.block_from_proto(convert.block_to_proto(block))

    assert back.image_ids == block.image_ids
    assert (back.values == block.values).all()


def test_put_summary_to_proto__names_the_images() -> None:
    image_id = ids.new_id()
    summary = PutSummary(dimension=3)
    summary.reject(ids.pack_ids([image_id]), FeatureNotFinite("NaN.", position="0"))

    message = convert.put_summary_to_proto(summary)

    assert message.rejected[0].image_id == image_id
    assert message.rejected[0].status.message == "NaN."
