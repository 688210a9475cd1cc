"""Labels of very many images in little memory."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from loupe_kit import ids
from loupe_project.domain.image import Box, NewLabel

_ROW = np.dtype([("id", "S16"), ("name", "<i4"), ("box", "<f8", 4)])
_NOTHING = -1
"""Name of a row that says an image is named and has no label."""
_BLOCK = 65_536


class PackedLabels:
    """Images with the labels that they shall have, 52 bytes each and every name once.

    All is added before any of it is read.
    """

    def __init__(self) -> None:
        self._blocks: list[npt.NDArray[np.void]] = []
        self._count = 0
        self._names: dict[str, int] = {}
        self._shown: list[str] = []
        self._sorted: npt.NDArray[np.void] | None = None

    def __len__(self) -> int:
        return self._count

    def add(self, image_id: str, label: NewLabel | None) -> None:
        """A label of an image; None: the image is named, and nothing is said of it."""
        if self._count % _BLOCK == 0:
            self._blocks.append(np.zeros(_BLOCK, _ROW))
        box = label.box if label is not None else None
        sides = (math.nan,) * 4 if box is None else (box.x, box.y, box.width, box.height)
        name = _NOTHING if label is None else self._name(label.display_name)
        self._blocks[-1][self._count % _BLOCK] = (ids.pack_ids([image_id]), name, sides)
        self._count += 1

    def image_ids(self) -> list[str]:
        """All images, in the order of their ids."""
        return ids.unpack_ids(np.unique(self._rows()["id"]).tobytes())

    def of(self, image_ids: Sequence[str]) -> dict[str, list[NewLabel]]:
        """Labels of some images in the order in which they came; of classes of a whole image the last one alone.

        Args:
            image_ids: Some of `image_ids`.
        """
        rows = self._rows()
        packed = np.array([ids.pack_ids([one]) for one in image_ids], _ROW["id"])
        begins, ends = (np.searchsorted(rows["id"], packed, side) for side in ("left", "right"))
        return {one: self._labels(rows[begin:end]) for one, begin, end in zip(image_ids, begins, ends, strict=True)}

    def _name(self, text: str) -> int:
        known = self._names.setdefault(text, len(self._names))
        if known == len(self._shown):
            self._shown.append(text)
        return known

    def _rows(self) -> npt.NDArray[np.void]:
        """All rows, those of an image together and in the order in which they came."""
        if self._sorted is None:
            rows = np.concatenate([*self._blocks, np.zeros(0, _ROW)])[: self._count]
            self._blocks.clear()
            self._sorted = rows[np.argsort(rows["id"], kind="stable")]
        return self._sorted

    def _labels(self, rows: npt.NDArray[np.void]) -> list[NewLabel]:
        labels: list[NewLabel] = []
        for _, name, sides in rows:
            if name == _NOTHING:
                continue
            box = None if math.isnan(sides[0]) else Box(*map(float, sides))
            if box is None:
                labels = [one for one in labels if one.box is not None]
            labels.append(NewLabel(self._shown[name], box))
        return labels
