"""One state of a project's index, which does not change while it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from loupe_project.adapters.search.columns import Codes, Dictionary, Links, Mask, MetadataColumn, Numbers, Rows
from loupe_project.adapters.search.facts import TagName
from loupe_project.adapters.search.row_ids import RowIds

_MAX_MASKS = 64
"""Masks of terms that are kept with a view: the facets of one request ask for the same ones again and again."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """Predicted boxes by rising row; arrays (B,)."""

    rows: Rows
    labels: Codes
    models: Codes
    is_own: Mask
    """Whether the project's own model made it, the one that the image's row repeats."""
    values: Mapping[str, Numbers]
    """conf, area, x, y, w, h."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Copies and what is kept in their place; arrays (P,)."""

    rows: Rows
    keepers: Rows
    is_exact: Mask


@dataclass(frozen=True)
class View:
    """Columns of N rows. A row is an image, or what an image was before it changed: `alive` tells them apart."""

    version: int
    """State of the project in the store that it shows."""
    rights_version: int
    """The last version that changed who sees single images."""
    alive: Mask
    ids: RowIds
    numbers: Mapping[str, NDArray[Any]]
    """conf and outlier (NaN: none), width, height, size, at and uploaded (microseconds; `NO_TIME`: none)."""
    codes: Mapping[str, Codes]
    """label, format, batch, by, own (model and version of the project's own answer), by code; `NONE`: none."""
    states: NDArray[np.uint8]
    dictionaries: Mapping[str, Dictionary]
    names: pa.ChunkedArray
    """Folded file names."""
    truth: Links
    models: Links
    """Predictions: the text is model and version with a line feed between them."""
    metadata: Mapping[str, MetadataColumn]
    box_labels: Dictionary
    boxes: Boxes
    tags: Mapping[str, TagName]
    tag_rows: Mapping[str, Rows]
    duplicates: Duplicates
    masks: dict[Any, Mask] = field(default_factory=dict, compare=False)
    lock: Lock = field(default_factory=Lock, compare=False)

    @property
    def size(self) -> int:
        """N."""
        return len(self.alive)

    def none(self) -> Mask:
        """A mask of no row: array (N,)."""
        return np.zeros(self.size, np.bool_)

    def at(self, rows: NDArray[Any]) -> Mask:
        """A mask of these rows."""
        found = self.none()
        found[rows[: np.searchsorted(rows, self.size)]] = True
        return found

    def keep(self, key: Any, mask: Mask) -> None:
        """Remember the mask of a term."""
        with self.lock:
            if len(self.masks) >= _MAX_MASKS:
                self.masks.pop(next(iter(self.masks)))
            self.masks[key] = mask

    @cached_property
    def name_ranks(self) -> NDArray[np.int64]:
        """Place of each row's file name among the names in order, the same for the same name: array (N,)."""
        if not self.size:
            return np.empty(0, np.int64)
        ranks = pc.rank(self.names.combine_chunks(), sort_keys="ascending", tiebreaker="dense")
        return np.asarray(ranks.to_numpy(zero_copy_only=False), np.int64)
