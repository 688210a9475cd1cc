"""Tries a graph on sample images before anybody relies on it."""

import io
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from loupe_inference.domain.analysis import Analysis, ClassScores
from loupe_inference.domain.errors import ModelCheckFailed
from loupe_inference.domain.features import MAX_DIMENSION
from loupe_inference.domain.model import ModelSpec, ModelVersion, Task
from loupe_inference.domain.registered import ModelCheck, SampleOutcome
from loupe_inference.models import registry
from loupe_inference.models.network import Outputs
from loupe_inference.models.onnx_network import OnnxNetwork

_CLOSE = 1e-3
_TIMED = 5
NOTHING_YET = ModelCheck((), 0.0)
"""Of a version that was not tried."""

Pixels = npt.NDArray[np.uint8]


def sample_images(width: int, height: int) -> dict[str, Pixels]:
    """Images that are the same everywhere, by name: arrays (H, W, 3), uint8."""
    shape = (height, width, 3)
    rows, columns = np.mgrid[0:height, 0:width]
    gradient = np.stack([255 * columns / width, 255 * rows / height, 0 * rows + 128.0], axis=2)
    return {
        "black": np.zeros(shape, np.uint8),
        "white": np.full(shape, 255, np.uint8),
        "noise": np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8),
        "gradient": gradient.astype(np.uint8),
        "checkerboard": np.broadcast_to((255 * ((rows // 8 + columns // 8) % 2))[..., None], shape).astype(np.uint8),
    }


@dataclass(frozen=True, slots=True)
class Trial:
    """What was found out."""

    check: ModelCheck
    feature_dimension: int
    object_feature_dimension: int
    """0 for models that find no objects."""


def run(spec: ModelSpec, version: ModelVersion, graph: bytes) -> Trial:
    """What a graph says of the sample images, once it is sure that it says something sound.

    Args:
        spec: As its reader needs it.
        version: As its reader needs it.
        graph: From pixels to the outputs of its task.

    Raises:
        ModelCheckFailed: If outputs are not finite, out of range, differ between two runs or with the size of a batch.
    """
    samples = sample_images(spec.input_width, spec.input_height)
    names = list(samples)
    network = OnnxNetwork(graph)
    pixels = np.stack(list(samples.values()))
    together = network.run(pixels)
    _check_values(names, together, spec.task)
    _check_same(names, together, network.run(pixels), "it answers the same image differently the second time")
    alone = [network.run(pixels[number : number + 1]) for number in range(len(pixels))]
    joined = tuple(np.concatenate(parts) for parts in zip(*alone, strict=True))
    _check_same(names, together, joined, "its answer depends on the other images of the batch; export it in eval mode")
    analyser = registry.load_graph(spec, version, graph, spec.input_width * spec.input_height)
    outcomes = analyser.analyse([_encoded(image) for image in samples.values()])
    told = tuple(_told(name, outcome) for name, outcome in zip(names, outcomes, strict=True))
    is_detector = spec.task is Task.DETECTION
    return Trial(
        ModelCheck(told, _milliseconds(network, pixels)),
        feature_dimension=together[2 if is_detector else 1].shape[1],
        object_feature_dimension=together[3].shape[1] if is_detector else 0,
    )


def _check_values(samples: list[str], outputs: Outputs, task: Task) -> None:
    is_detector = task is Task.DETECTION
    names = ("scores", "boxes", "feature", "feature map") if is_detector else ("class scores", "feature")
    for name, values in zip(names, outputs, strict=True):
        for sample, row in zip(samples, values, strict=True):
            if not np.isfinite(row).all():
                raise _failed(sample, f"NaN or infinity in the {name}")
    scores, dimension = outputs[0], outputs[2 if is_detector else 1].shape[1]
    if not 1 <= dimension <= MAX_DIMENSION:
        raise _failed(samples[0], f"a feature of {dimension} numbers; 1 to {MAX_DIMENSION:,} are allowed")
    if is_detector and scores.size and not (scores.min() >= 0 and scores.max() <= 1):
        raise _failed(samples[0], "scores outside of [0, 1]; export them after sigmoid or softmax")
    if not is_detector and scores.min() >= 0 and np.allclose(scores.sum(1), 1, atol=_CLOSE):
        raise _failed(samples[0], "class scores that are probabilities already; export those before softmax")


def _check_same(samples: list[str], first: Outputs, second: Outputs, fault: str) -> None:
    for one, other in zip(first, second, strict=True):
        room = _CLOSE * max(1.0, float(np.abs(one).max(initial=0)))
        for number, sample in enumerate(samples):
            if one.shape != other.shape or not np.allclose(one[number], other[number], atol=room):
                raise _failed(sample, fault)


def _told(sample: str, outcome: object) -> SampleOutcome:
    if not isinstance(outcome, Analysis):
        raise _failed(sample, str(outcome))
    output = outcome.prediction.output
    norm = float(np.linalg.norm(outcome.feature))
    if isinstance(output, ClassScores):
        best = output.scores[0]
        return SampleOutcome(sample, best.label, best.confidence, 0, norm)
    if not output.boxes:
        return SampleOutcome(sample, "", 0.0, 0, norm)
    return SampleOutcome(sample, output.boxes[0].label, output.boxes[0].confidence, len(output.boxes), norm)


def _milliseconds(network: OnnxNetwork, pixels: Pixels) -> float:
    """Processor time for one image: the machine may have other work."""
    begun = time.thread_time()
    for _ in range(_TIMED):
        network.run(pixels[:1])
    return (time.thread_time() - begun) / _TIMED * 1000


def _encoded(image: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def _failed(sample: str, detail: str) -> ModelCheckFailed:
    return ModelCheckFailed(
        f"The network failed on the sample image {sample!r}: {detail}.", sample=sample, detail=detail[:500]
    )
