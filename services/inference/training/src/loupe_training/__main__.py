"""`python -m loupe_training MODEL`: train, measure on the held-out corpus, write the weights. Without MODEL: list."""

import argparse
import logging
import subprocess
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from loupe_inference.models import trained
from loupe_inference.models.efficientnet_lite import FoldedEfficientNet
from loupe_inference.models.fcos import FcosNetwork
from loupe_training import corpora, detector, recipes, surface_classifier
from loupe_training.corpus.sample import Sample
from loupe_training.recipes import RECIPES, Recipe

_LOG = logging.getLogger("loupe_training")


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make train MODEL=…", description=__doc__)
    parser.add_argument("model", nargs="?", choices=sorted(RECIPES))
    parser.add_argument("--out", type=Path, default=trained.FOLDER, help="folder for weights and figures")
    parser.add_argument("--corpora", type=Path, default=Path.home() / ".cache" / "loupe-corpora")
    parser.add_argument("--processes", type=int, default=2, help="that draw the corpora")
    arguments = parser.parse_args()
    if arguments.model is None:
        print("Models (make train MODEL=…):")
        for recipe in RECIPES.values():
            kind = "detector" if recipe.detects else "classifier"
            print(f"  {recipe.model:<20} {kind} on {recipe.backbone} at {recipe.size} px, {recipe.epochs} epochs")
        return
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    load = partial(corpora.load, arguments.corpora, processes=arguments.processes)
    run(RECIPES[arguments.model], load, arguments.out)


def run(recipe: Recipe, load: Callable[..., list[Sample]], out: Path) -> dict[str, float]:
    """Train by a recipe and write `<model>.safetensors` into `out`, which says its figures; these are returned.

    Args:
        recipe: What and how.
        load: Gives the corpus of a seed and a count.
        out: Where the weights go; after each epoch they are there as good as they are by then.
    """
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{recipe.model}.safetensors"
    description = trained.Description(
        recipe.model, recipe.labels, recipe.backbone, recipe.size, recipe.seed, _commit(), {}
    )

    def keep(network: nn.Module) -> None:
        trained.write(path, network.state_dict(), description)

    samples = load(recipe.corpus_seed, recipe.images)
    network = (detector if recipe.detects else surface_classifier).train(recipe, samples, keep)
    # What is measured is what is kept: rounded to half precision.
    network.load_state_dict(trained.read(path)[0])
    held_out = load(recipes.HELD_OUT_SEED, recipes.HELD_OUT_IMAGES)
    figures = _measure(network, recipe, held_out)
    trained.write(path, network.state_dict(), replace(description, measured=figures))
    for name, value in figures.items():
        _LOG.info("%s %s %.4f", recipe.model, name, value)
    return figures


def _measure(network: nn.Module, recipe: Recipe, held_out: list[Sample]) -> dict[str, float]:
    if isinstance(network, FcosNetwork):
        return detector.measure(network, recipe, held_out)
    if isinstance(network, FoldedEfficientNet):
        return surface_classifier.measure(network, recipe, held_out)
    raise TypeError(f"There is no measure for {type(network).__name__}.")


def _commit() -> str:
    """The commit that is checked out, "" outside a repository."""
    command = ["git", "rev-parse", "HEAD"]
    answer = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return answer.stdout.strip()


if __name__ == "__main__":
    main()
