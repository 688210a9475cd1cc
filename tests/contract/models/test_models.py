"""What every model of the catalogue must do, with its real weights."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from PIL import Image

from loupe_inference.domain.analysis import Analysis, Boxes, ClassScores, Outcome
from loupe_inference.domain.errors import ImageTooLarge, ImageUndecodable
from loupe_inference.domain.model import ModelSpec, Task
from loupe_inference.models import images, network, registry
from loupe_inference.models.network import TorchNetwork
from loupe_kit.errors import LoupeError
from tests.contract.models.conftest import Analyse, encoded


def good(outcome: Outcome) -> Analysis:
    assert isinstance(outcome, Analysis), outcome
    return outcome


def test_catalogue_entry__is_complete(spec: ModelSpec) -> None:
    assert spec.descriptions.keys() >= {"en", "ko"}
    assert len(set(spec.labels)) == len(spec.labels)
    assert all(spec.labels)
    assert spec.active in spec.versions


def test_feature__has_the_dimension_of_the_catalogue(
    spec: ModelSpec, analyse: Analyse, photos: dict[str, bytes]
) -> None:
    feature = good(analyse([photos["china"]])[0]).feature

    assert feature.shape == (spec.active.feature_dimension,)
    assert feature.dtype == np.float32
    assert np.isfinite(feature).all()
    assert 1 < float(np.linalg.norm(feature)) < 1000


def test_prediction__branch_and_ranges(spec: ModelSpec, analyse: Analyse, photos: dict[str, bytes]) -> None:
    prediction = good(analyse([photos["china"]])[0]).prediction

    assert (prediction.model, prediction.version) == (spec.id, spec.active_version)
    if spec.task is Task.CLASSIFICATION:
        assert isinstance(prediction.output, ClassScores)
        scores = prediction.output.scores
        confidences = [score.confidence for score in scores]
        assert all(spec.labels[score.index] == score.label for score in scores)
        assert math.fsum(confidences) <= 1 + 1e-6
    else:
        assert isinstance(prediction.output, Boxes)
        confidences = [box.confidence for box in prediction.output.boxes]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)


def test_batch__order_is_kept(analyse: Analyse, photos: dict[str, bytes]) -> None:
    alone = {name: good(analyse([photo])[0]) for name, photo in photos.items()}
    names = [*itertools.islice(itertools.cycle(photos), 37), "flower"]

    together = [good(outcome) for outcome in analyse([photos[name] for name in names])]

    for name, outcome in zip(names, together, strict=True):
        assert np.allclose(outcome.feature, alone[name].feature, atol=1e-3)


def test_same_image__same_numbers(analyse: Analyse, photos: dict[str, bytes]) -> None:
    first, second = (good(analyse([photos["flower"]])[0]) for _ in range(2))

    assert (first.feature == second.feature).all()
    assert first.prediction == second.prediction


def test_bad_images__spoil_no_other(analyse: Analyse, photos: dict[str, bytes]) -> None:
    huge = encoded(Image.new("1", (2000, 2000)))

    outcomes = analyse([b"no image", photos["china"], photos["china"][:5000], huge, photos["flower"]])

    assert [type(outcome) for outcome in outcomes] == [
        ImageUndecodable,
        Analysis,
        ImageUndecodable,
        ImageTooLarge,
        Analysis,
    ]


def test_only_bad_images(analyse: Analyse) -> None:
    assert all(isinstance(outcome, LoupeError) for outcome in analyse([b"a", b"b"]))


def test_fast_path__answers_as_torch(spec: ModelSpec, photos: dict[str, bytes]) -> None:
    made = registry.build(spec, spec.active)
    decoded = [images.decode(photo, spec.input_width, spec.input_height, 1_000_000) for photo in photos.values()]
    pixels = np.stack([image.pixels for image in decoded])
    fast = network.fastest(made, spec.input_height, spec.input_width, torch.device("cpu"))

    for expected, found in zip(TorchNetwork(made, torch.device("cpu")).run(pixels), fast.run(pixels), strict=True):
        assert np.allclose(found, expected, atol=1e-3 * max(1.0, float(np.abs(expected).max())))


def test_size__is_that_of_the_original(analyse: Analyse) -> None:
    outcome = good(analyse([encoded(Image.new("RGB", (123, 45)))])[0])

    assert (outcome.image_width, outcome.image_height) == (123, 45)


def test_imagenet_classifier__is_right_on_a_real_photo(
    spec: ModelSpec, analyse: Analyse, photos: dict[str, bytes]
) -> None:
    if len(spec.labels) != 1000:
        pytest.skip("not trained on ImageNet")
    output = good(analyse([photos["china"]])[0]).prediction.output

    assert isinstance(output, ClassScores)
    assert output.scores[0].label in {"palace", "bell cote"}


@pytest.mark.parametrize(
    ("name", "label", "place"), [("astronaut", "person", (10, 10, 360, 490)), ("cat", "cat", (0, 0, 440, 300))]
)
def test_coco_detector__finds_what_is_on_real_photos(
    spec: ModelSpec,
    analyse: Analyse,
    photos: dict[str, bytes],
    name: str,
    label: str,
    place: tuple[float, float, float, float],
) -> None:
    if len(spec.labels) != 80:
        pytest.skip("not trained on COCO")
    output = good(analyse([photos[name]])[0]).prediction.output

    assert isinstance(output, Boxes)
    best = output.boxes[0]
    assert best.label == label
    assert (best.x, best.y, best.width, best.height) == pytest.approx(place, abs=20)


def test_objects__boxes_and_vectors_fit(spec: ModelSpec, analyse: Analyse, photos: dict[str, bytes]) -> None:
    for outcome in map(good, analyse(list(photos.values()))):
        output, vectors = outcome.prediction.output, outcome.object_features
        if not isinstance(output, Boxes):
            assert vectors is None
            assert spec.active.object_feature_dimension == 0
            continue
        assert vectors is not None
        assert vectors.shape == (len(output.boxes), spec.active.object_feature_dimension)
        assert np.isfinite(vectors).all()
        assert all(1 < length < 1000 for length in np.linalg.norm(vectors, axis=1))
        for box in output.boxes:
            assert box.label == spec.labels[box.index]
            assert 0 <= box.x < box.x + box.width <= outcome.image_width + 1e-3
            assert 0 <= box.y < box.y + box.height <= outcome.image_height + 1e-3
