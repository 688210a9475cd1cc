"""Blocks of feature vectors and the rules that they keep."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from loupe_inference.domain.errors import FeatureBlockInvalid, FeatureIdsInvalid, FeatureSetNameInvalid
from loupe_kit.errors import LoupeError

BYTES_PER_ID = 16
MAX_IDS = 1_000_000
"""Most image ids in one request."""
MAX_DIMENSION = 16_384
MAX_BLOCK_BYTES = 4 << 20
"""Bytes of numbers that a block which is read holds at most."""
MAX_REJECTED = 1_000
"""Most rejected vectors that are told one by one."""

Matrix = npt.NDArray[np.float32]
"""N vectors of D numbers: array (N, D), float32."""

_SET_NAME = re.compile(r"[a-z0-9._-]{1,63}")


@dataclass(frozen=True, slots=True)
class FeatureKey:
    """A space in which vectors can be compared."""

    model: str
    """Id of the model, or "uploaded"."""
    version: str
    """Id of the version; for "uploaded" the name of the feature set."""


@dataclass(frozen=True, slots=True, eq=False)
class FeatureBlock:
    """N vectors of D numbers each."""

    image_ids: bytes
    """N ids of 16 bytes each."""
    values: Matrix
    """Array (N, D), float32, in the order of the ids."""


@dataclass(frozen=True, slots=True, eq=False)
class ObjectFeatureBlock:
    """Vectors of the objects in N images, M objects together, D numbers each."""

    image_ids: bytes
    """N ids of 16 bytes each."""
    counts: tuple[int, ...]
    """N numbers of objects, each at least 1, together M."""
    values: Matrix
    """Array (M, D), float32: the objects of the first image, in the order of its boxes, then those of the second."""


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """What one project has in one space."""

    key: FeatureKey
    dimension: int
    feature_count: int


def check_ids(image_ids: bytes, *, allow_empty: bool = False) -> bytes:
    """`image_ids`, if they are whole ids and neither none nor too many.

    Raises:
        FeatureIdsInvalid: If not.
    """
    size = len(image_ids)
    if size % BYTES_PER_ID or size > MAX_IDS * BYTES_PER_ID or not (size or allow_empty):
        raise FeatureIdsInvalid(
            f"image_ids has {size} bytes; give 1 to {MAX_IDS:,} ids of {BYTES_PER_ID} bytes each.", size_bytes=str(size)
        )
    return image_ids


def block_from_bytes(image_ids: bytes, dimension: int, values: bytes) -> FeatureBlock:
    """Read a packed block.

    Args:
        image_ids: N ids of 16 bytes each.
        dimension: D, 1 to 16384.
        values: N × D little-endian float32.

    Raises:
        FeatureBlockInvalid: If the sizes contradict each other.
    """
    count, rest = divmod(len(image_ids), BYTES_PER_ID)
    if rest or not count or not 1 <= dimension <= MAX_DIMENSION or len(values) != count * dimension * 4:
        raise FeatureBlockInvalid(
            f"Block of {len(image_ids)} bytes of ids and dimension {dimension} has {len(values)} bytes of values; "
            f"give 16 bytes an id, a dimension of 1 to {MAX_DIMENSION} and 4 bytes for each of ids × dimension values.",
            images=str(count),
            dimension=str(dimension),
            size_bytes=str(len(values)),
        )
    return FeatureBlock(image_ids, np.frombuffer(values, dtype="<f4").reshape(count, dimension))


def object_blocks(found: Iterable[tuple[bytes, int, bytes]]) -> Iterator[ObjectFeatureBlock]:
    """What was stored for images, in blocks of at most 4 MiB unless a single image has more.

    Args:
        found: Id, number of objects (at least 1), and all their numbers as little-endian float32, for each image.
    """
    images: list[tuple[bytes, int, bytes]] = []
    size = 0
    for image in found:
        if images and size + len(image[2]) > MAX_BLOCK_BYTES:
            yield _object_block(images)
            images, size = [], 0
        images.append(image)
        size += len(image[2])
    if images:
        yield _object_block(images)


def _object_block(images: list[tuple[bytes, int, bytes]]) -> ObjectFeatureBlock:
    counts = tuple(count for _, count, _ in images)
    values = np.frombuffer(b"".join(numbers for _, _, numbers in images), dtype="<f4").reshape(sum(counts), -1)
    return ObjectFeatureBlock(b"".join(image for image, _, _ in images), counts, values)


def check_set_name(name: str) -> str:
    """`name`, if a feature set may have it.

    Raises:
        FeatureSetNameInvalid: If not.
    """
    if not _SET_NAME.fullmatch(name):
        raise FeatureSetNameInvalid(
            f"{name[:80]!r} cannot name a feature set; use 1 to 63 of a-z, 0-9, '-', '_' and '.'.",
            feature_set=name[:80],
        )
    return name


@dataclass(frozen=True, slots=True)
class RejectedFeature:
    """A vector that was not stored, and why."""

    image_id: bytes
    """16 bytes."""
    error: LoupeError


@dataclass(slots=True)
class PutSummary:
    """What became of uploaded vectors; grows with each block."""

    dimension: int = 0
    """Length of the set's vectors, 0 while it has none."""
    stored_count: int = 0
    rejected_count: int = 0
    rejected: list[RejectedFeature] = field(default_factory=list)
    """The first 1,000."""

    def reject(self, image_id: bytes, error: LoupeError) -> None:
        """Note a vector that is left out."""
        self.rejected_count += 1
        if len(self.rejected) < MAX_REJECTED:
            self.rejected.append(RejectedFeature(image_id, error))
