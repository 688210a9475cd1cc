"""The folder of all vectors that are kept: one of its own for each space that is searched."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path

from loupe_reduction.adapters.vector_store import VectorStore
from loupe_reduction.domain.features import FeatureSource, VectorSpace

_ABOUT = "about.json"


class FolderShelf:
    """See `loupe_reduction.ports.VectorShelf`. What is kept can be read again: it may be removed at any time but now.

    Args:
        folder: of this process alone; made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        for one in folder.iterdir():
            # Emptied, or kept by a release that did not say what it is.
            if not (one / _ABOUT).exists() or not (one / "ids.bin").exists():
                shutil.rmtree(one)

    def open(self, space: VectorSpace) -> VectorStore:
        """Returns what is kept of a space, nothing yet of a new one."""
        about = json.dumps(asdict(space), sort_keys=True)
        folder = self._folder / hashlib.sha256(about.encode()).hexdigest()[:32]
        folder.mkdir(exist_ok=True)
        (folder / _ABOUT).write_text(about)
        return VectorStore(folder, space.id_bytes)

    def spaces(self) -> list[VectorSpace]:
        """Returns all of which something is kept."""
        kept = sorted(one.parent for one in self._folder.glob("*/ids.bin"))
        return [_space(json.loads((one / _ABOUT).read_text())) for one in kept]


def _space(about: dict[str, object]) -> VectorSpace:
    source = about["source"]
    if not isinstance(source, dict):
        raise TypeError("a source is an object")
    return VectorSpace(str(about["project_id"]), FeatureSource(**source), bool(about["of_objects"]))
