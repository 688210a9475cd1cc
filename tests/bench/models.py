"""Images per second of each model on one core, eager and by the fast path, and how good its answers are.

Speeds are of processor time, on prepared pixels, decoding left out. Quality is measured through the fast path, as the
service computes: surface models on the held-out generated corpus (`map50`: mean average precision at IoU 0.5;
`macro_f1`), classifiers with `--elpv` on 2,624 photographs of solar cells besides, by a linear head on their features.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from loupe_inference.domain import catalogue
from loupe_inference.domain.analysis import ImageSource
from loupe_inference.domain.model import ModelSpec, Task
from loupe_inference.models import images, network, registry
from loupe_inference.models.network import Network, Outputs, TorchNetwork
from loupe_training import corpora, detector, evaluate, recipes, surface_classifier
from loupe_training.corpus.sample import Sample
from tests.bench import _linear_head, _torchserve

CPU = torch.device("cpu")
MAX_PIXELS = 1 << 24


def speed(computes: Network, spec: ModelSpec, seconds: float) -> float:
    """Images per second of processor time."""
    pixels = np.random.default_rng(0).integers(
        0, 256, (computes.best_batch, spec.input_height, spec.input_width, 3), dtype=np.uint8
    )
    computes.run(pixels)
    best, until = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < until or not best:
        start = time.process_time()
        computes.run(pixels)
        best = max(best, len(pixels) / (time.process_time() - start))
    return best


def outputs(computes: Network, spec: ModelSpec, sources: Sequence[ImageSource]) -> Iterator[Outputs]:
    """What the network answers, batch by batch."""
    step = computes.best_batch
    for at in range(0, len(sources), step):
        decoded = [
            images.decode(
                source, spec.input_width, spec.input_height, MAX_PIXELS, keeps_aspect=spec.keeps_aspect
            ).pixels
            for source in sources[at : at + step]
        ]
        yield computes.run(np.stack(decoded))


def on_held_out(computes: Network, spec: ModelSpec, held_out: Sequence[Sample]) -> dict[str, float]:
    """How good a surface model is on drawn images that it was not trained on."""
    if spec.task is Task.CLASSIFICATION:
        samples = surface_classifier.single(held_out)
        answers = outputs(computes, spec, [one.file for one in samples])
        predicted = np.concatenate([logits.argmax(1) for logits, _ in answers])
        true = np.array([spec.labels.index(str(one.verdict)) for one in samples])
        return {"macro_f1": round(evaluate.macro_f1(predicted, true, len(spec.labels))[0], 4)}
    found = [
        evaluate.best_boxes(*answer)
        for scores, boxes, _, _ in outputs(computes, spec, [one.file for one in held_out])
        for answer in zip(scores, boxes, strict=True)
    ]
    truths = [detector.truth(one, recipes.RECIPES[spec.id]) for one in held_out]
    each = [evaluate.average_precision(found, truths, index) for index in range(len(spec.labels))]
    return {"map50": round(float(np.mean([value for value in each if value is not None])), 4)}


def on_elpv(computes: Network, spec: ModelSpec) -> dict[str, float]:
    """How well a linear head on the features tells broken solar cells from whole ones."""
    paths, probabilities = _linear_head.elpv()
    features = np.concatenate([feature for _, feature in outputs(computes, spec, paths)])
    return {f"elpv_{name}": value for name, value in _linear_head.measure(features, probabilities).items()}


def through_torchserve(spec: ModelSpec) -> dict[str, float]:
    """Speed through TorchServe ÷ in process, on one thread; by the clock, and by processor time."""
    found = _torchserve.compare([spec.id], threads=1)[spec.id]
    return {"torchserve_ratio": found.torchserve_ratio, "torchserve_cpu_ratio": found.torchserve_cpu_ratio}


def main() -> None:
    """Measures and prints a line of JSON for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    specs = {spec.id: spec for spec in catalogue.builtin().all()}
    parser.add_argument("models", nargs="*", choices=[*specs, []], help="all by default")
    parser.add_argument("--images", type=int, default=recipes.HELD_OUT_IMAGES, help="of the held-out corpus")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each speed")
    parser.add_argument("--corpora", type=Path, default=corpora.FOLDER, help="where drawn corpora are kept")
    parser.add_argument("--elpv", action="store_true", help="classifiers on real photographs too; takes minutes")
    parser.add_argument("--torchserve", action="store_true", help="through TorchServe too, see NAME=torchserve")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for spec in (specs[name] for name in arguments.models or specs):
        built = registry.build(spec, spec.active)
        fast = network.fastest(built, spec.input_height, spec.input_width, CPU)
        measured = {
            "eager_images_per_s": round(speed(TorchNetwork(built, CPU), spec, arguments.seconds), 1),
            "fast_images_per_s": round(speed(fast, spec, arguments.seconds), 1),
        }
        if spec.id in recipes.RECIPES:
            held_out = corpora.load(arguments.corpora, recipes.HELD_OUT_SEED, arguments.images)
            measured |= on_held_out(fast, spec, held_out)
        if arguments.elpv and spec.task is Task.CLASSIFICATION:
            measured |= on_elpv(fast, spec)
        if arguments.torchserve:
            measured |= through_torchserve(spec)
        print(json.dumps({"model": spec.id, **measured}), flush=True)


if __name__ == "__main__":
    main()
