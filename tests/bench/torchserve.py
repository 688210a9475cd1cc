"""Each model through TorchServe against the same code in a process of our own: what the server in between costs.

Keys for each model: `torchserve_ratio` = images/s through TorchServe ÷ in process; `torchserve_cpu_ratio` = processor
time of an image in process ÷ through TorchServe, all processes counted (the caller, Java, the worker). The same images,
decoded by the same code, in the same number of threads. In front of them stands the worst of the models.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from loupe_inference.domain import catalogue
from loupe_inference.settings import usable_cores
from tests.bench import _torchserve


def main() -> None:
    """Measures and prints one line of JSON."""
    known = [spec.id for spec in catalogue.builtin().all()]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="*", default=known, choices=known)
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--images", type=int, default=512, help="in one turn")
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    found = _torchserve.compare(arguments.models, arguments.threads, arguments.images, arguments.turns)
    ratios = [one.torchserve_ratio for one in found.values()]
    print(
        json.dumps(
            {
                "torchserve_ratio": min(ratios),
                "torchserve_cpu_ratio": min(one.torchserve_cpu_ratio for one in found.values()),
                "models": {model: asdict(one) for model, one in found.items()},
                "threads": arguments.threads,
                "images": arguments.images,
            }
        )
    )


if __name__ == "__main__":
    main()
