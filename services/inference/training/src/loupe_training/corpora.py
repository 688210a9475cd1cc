"""Corpora on disk: drawn once, read often. One file holds all images, an index beside it what is on them."""

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from loupe_training.corpus import sample
from loupe_training.corpus.sample import Sample

FOLDER = Path.home() / ".cache" / "loupe-corpora"
"""Where corpora are kept unless another folder is named."""


def load(folder: Path, seed: int, count: int, processes: int = 1) -> list[Sample]:
    """Images 0 to `count` - 1 of the corpus `seed`, from `folder` if they are there, else drawn and kept there.

    Args:
        folder: Of this project's corpora; created if it is missing.
        seed: Names the corpus.
        count: How many images.
        processes: Processes that draw.
    """
    images, index = folder / f"{seed}-{count}.images", folder / f"{seed}-{count}.json"
    if not index.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write(render(seed, count, processes), images, index)
    return _read(images, index)


def render(seed: int, count: int, processes: int = 1) -> list[Sample]:
    """Draws images 0 to `count` - 1 of the corpus `seed`."""
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(partial(sample.render, seed), range(count), chunksize=16))


def _write(samples: Sequence[Sample], images: Path, index: Path) -> None:
    images.write_bytes(b"".join(one.file for one in samples))
    entries = [
        [len(one.file), one.width, one.height, one.surface, list(zip(one.labels, one.boxes, strict=True))]
        for one in samples
    ]
    # Last and at once: an index stands for whole images.
    draft = index.with_suffix(".draft")
    draft.write_text(json.dumps(entries))
    draft.rename(index)


def _read(images: Path, index: Path) -> list[Sample]:
    content, at, samples = images.read_bytes(), 0, []
    for size, width, height, surface, defects in json.loads(index.read_text()):
        boxes = tuple((float(a), float(b), float(c), float(d)) for _, (a, b, c, d) in defects)
        labels = tuple(str(label) for label, _ in defects)
        samples.append(Sample(content[at : at + size], width, height, surface, boxes, labels))
        at += size
    return samples
