"""Images and where their vectors come from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loupe_reduction.domain.errors import DuplicateImage, ImageIdsInvalid

BYTES_PER_ID = 16

BYTES_PER_OBJECT = 18
"""Id of an object: that of its image, then its place in the image's prediction, two bytes, the greater first."""

UPLOADED_MODEL = "uploaded"
"""Name under which the inference service keeps vectors that were computed elsewhere."""


@dataclass(frozen=True)
class FeatureSource:
    """One space of vectors."""

    model: str
    """Name of the model, or UPLOADED_MODEL."""

    version: str
    """Version of the model, or the name of the uploaded feature set."""

    def __str__(self) -> str:
        """Returns `model@version`, as messages show it."""
        return f"{self.model}@{self.version}"


@dataclass(frozen=True)
class VectorSpace:
    """Vectors that are searched together, and kept together."""

    project_id: str
    """Whose images they are of."""

    source: FeatureSource
    """Where they come from."""

    of_objects: bool
    """Whether they are of objects in the images, not of the images."""

    @property
    def id_bytes(self) -> int:
        """Returns the length of an id."""
        return BYTES_PER_OBJECT if self.of_objects else BYTES_PER_ID


@dataclass(frozen=True)
class FeatureBlock:
    """Some vectors, as they arrive."""

    image_ids: bytes
    """Ids, 16 bytes each."""

    values: NDArray[np.float32]
    """Array (N, D), float32."""


@dataclass(frozen=True)
class ObjectBlock:
    """Vectors of objects, as they arrive: of each image all objects together."""

    object_ids: bytes
    """Ids, BYTES_PER_OBJECT each."""

    values: NDArray[np.float32]
    """Array (N, D), float32."""


def object_ids(image_ids: bytes, counts: Sequence[int]) -> bytes:
    """Returns the ids of all objects of images.

    Args:
        image_ids: ids of N images, 16 bytes each.
        counts: number of objects in each of them, N numbers.
    """
    images = np.repeat(np.frombuffer(image_ids, np.uint8).reshape(-1, BYTES_PER_ID), counts, axis=0)
    starts = np.cumsum(counts) - counts
    places = (np.arange(len(images)) - np.repeat(starts, counts)).astype(">u2")
    return np.hstack([images, places.view(np.uint8).reshape(-1, 2)]).tobytes()


def object_id(image_id: bytes, place: int) -> bytes:
    """Returns the id of one object of an image."""
    return image_id + place.to_bytes(2, "big")


class ImageIds:
    """The images of a request: N ids of 16 bytes, each once, found again quickly.

    Args:
        packed: the ids, one after the other.

    Raises:
        ImageIdsInvalid: the length is no multiple of 16.
        DuplicateImage: an id comes twice.
    """

    def __init__(self, packed: bytes) -> None:
        if len(packed) % BYTES_PER_ID:
            raise ImageIdsInvalid(
                f"Image ids have 16 bytes each; {len(packed)} bytes are no whole number of them.",
                size_bytes=str(len(packed)),
            )
        # Fixed-width byte strings compare like the ids themselves: NumPy only ignores zeros that pad the end.
        self._ids = np.frombuffer(packed, dtype="S16")
        self._sorting = np.argsort(self._ids, kind="stable")
        self._sorted = self._ids[self._sorting]
        twice = np.flatnonzero(self._sorted[1:] == self._sorted[:-1])
        if twice.size:
            image_id = self.text(int(self._sorting[twice[0]]))
            raise DuplicateImage(f"Image {image_id} was sent twice; send each image once.", image_id=image_id)

    def __len__(self) -> int:
        """Returns N."""
        return len(self._ids)

    def find(self, packed: bytes) -> NDArray[np.int64]:
        """Returns for each packed id its row here, -1 if it is not here: array, int64."""
        wanted = np.frombuffer(packed, dtype="S16")
        places = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        return np.where(self._sorted[places] == wanted, self._sorting[places], -1).astype(np.int64)

    def digest(self) -> bytes:
        """Returns the SHA-256 of `packed`."""
        return hashlib.sha256(self._ids.data).digest()

    def packed(self) -> bytes:
        """Returns all ids, one after the other."""
        return self._ids.tobytes()

    def pack(self, rows: NDArray[np.int64]) -> bytes:
        """Returns the ids of some rows, 16 bytes each."""
        return self._ids[rows].tobytes()

    def text(self, row: int) -> str:
        """Returns one id in its hyphenated form."""
        digits = self._ids[row : row + 1].tobytes().hex()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
