"""`python -m loupe_training MODEL`: train, measure on the held-out corpus, write the weights. Without MODEL: list."""

import argparse
import logging
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from loupe_inference.models import trained
from loupe_inference.models.efficientnet_lite import FoldedEfficientNet
from loupe_inference.models.fcos import FcosNetwork
from loupe_training import corpora, detector, recipes, surface_classifier
from loupe_training.corpus.sample import Sample
from loupe_training.recipes import RECIPES, Cycle, Recipe

Network = FcosNetwork | FoldedEfficientNet

_LOG = logging.getLogger("loupe_training")


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make train MODEL=…", description=__doc__)
    parser.add_argument("model", nargs="?", choices=sorted(RECIPES))
    parser.add_argument("--out", type=Path, default=trained.FOLDER, help="folder for weights and figures")
    parser.add_argument("--corpora", type=Path, default=corpora.FOLDER, help="where they are kept")
    parser.add_argument("--from-cycle", type=int, default=1, help="go on with the weights in --out, not from the start")
    parser.add_argument("--processes", type=int, default=2, help="that draw the corpora")
    arguments = parser.parse_args()
    if arguments.model is None:
        print("Models (make train MODEL=…):")
        for recipe in RECIPES.values():
            kind = "detector" if recipe.detects else "classifier"
            print(f"  {recipe.model:<20} {kind} on {recipe.backbone} at {recipe.size} px, {recipe.images} images")
        return
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    load = partial(corpora.load, arguments.corpora, processes=arguments.processes)
    run(RECIPES[arguments.model], load, arguments.out, arguments.from_cycle)


def run(recipe: Recipe, load: Callable[[int, int], list[Sample]], out: Path, from_cycle: int = 1) -> dict[str, float]:
    """Train by a recipe and write `<model>.safetensors` into `out`, which says its figures; these are returned.

    Args:
        recipe: What and how.
        load: Gives the corpus of a seed and a count.
        out: Where the weights go, after each cycle.
        from_cycle: The cycle to begin with, from 1; later ones go on from the weights in `out`.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{recipe.model}.safetensors"
    description = trained.Description(
        recipe.model, recipe.labels, recipe.backbone, recipe.size, recipe.seed, _commit(), {}
    )
    network: Network = detector.start(recipe) if recipe.detects else surface_classifier.start(recipe)
    samples = load(recipe.corpus_seed, recipe.images)
    for number, cycle in enumerate(recipe.cycles[from_cycle - 1 :], from_cycle):
        if number > 1:
            # Cycles go on from what is kept, rounded to half precision, so that it matters to none where one began.
            network.load_state_dict(trained.read(path)[0])
        network = _trained(network, recipe, cycle, [samples[at] for at in cycle.images])
        trained.write(path, network.state_dict(), description)
    network.load_state_dict(trained.read(path)[0])
    figures = _measured(network, recipe, load(recipes.HELD_OUT_SEED, recipes.HELD_OUT_IMAGES))
    trained.write(path, network.state_dict(), replace(description, measured=figures))
    for name, value in figures.items():
        _LOG.info("%s %s %.4f", recipe.model, name, value)
    return figures


def _trained(network: Network, recipe: Recipe, cycle: Cycle, samples: list[Sample]) -> Network:
    if isinstance(network, FcosNetwork):
        return detector.train(network, recipe, cycle, samples)
    return surface_classifier.train(network, recipe, cycle, samples)


def _measured(network: Network, recipe: Recipe, held_out: list[Sample]) -> dict[str, float]:
    if isinstance(network, FcosNetwork):
        return detector.measure(network, recipe, held_out)
    return surface_classifier.measure(network, recipe, held_out)


def _commit() -> str:
    """The commit that is checked out, "" outside a repository."""
    command = ["git", "rev-parse", "HEAD"]
    answer = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return answer.stdout.strip()


if __name__ == "__main__":
    main()
