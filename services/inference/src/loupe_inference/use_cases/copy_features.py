"""Give images the vectors of other images, whose bytes are the same."""

from collections.abc import Iterator

import numpy as np

from loupe_inference.domain.errors import FeatureIdsInvalid
from loupe_inference.domain.features import BYTES_PER_ID, FeatureBlock, FeatureKey, Matrix, check_ids
from loupe_inference.ports import FeatureStore

_IMAGES_AT_ONCE = 100


async def copy_features(store: FeatureStore, project_id: str, key: FeatureKey, sources: bytes, targets: bytes) -> int:
    """Copy vectors of one space, with those of the objects in the images; how many images have got one.

    Args:
        store: Keeps the vectors.
        project_id: Id of the project of the images that get them.
        key: The space.
        sources: Ids of N images, 16 bytes each; those without a vector are passed over.
        targets: Ids of the N images that get the vectors, in the same order.

    Raises:
        FeatureIdsInvalid: If ids are not whole, too many, or not as many on both sides.
        FeatureDimensionMismatch: If the project's vectors of this space have another length.
    """
    if len(check_ids(sources)) != len(check_ids(targets)):
        raise FeatureIdsInvalid(
            f"There are {len(sources)} bytes of sources and {len(targets)} of targets; name as many of both.",
            size_bytes=str(len(targets)),
        )
    target_of = dict(zip(_ids(sources), _ids(targets), strict=True))
    copied = 0
    for start in range(0, len(sources), _IMAGES_AT_ONCE * BYTES_PER_ID):
        some = sources[start : start + _IMAGES_AT_ONCE * BYTES_PER_ID]
        objects = await _objects_of(store, key, some)
        async for block in store.read(key, some):
            found = list(_ids(block.image_ids))
            renamed = FeatureBlock(b"".join(target_of[one] for one in found), block.values)
            none = np.empty((0, 0), dtype=np.float32)
            beside = [objects.get(one, none) for one in found] if objects else None
            await store.put(project_id, key, renamed, beside)
            copied += len(found)
    return copied


async def _objects_of(store: FeatureStore, key: FeatureKey, image_ids: bytes) -> dict[bytes, Matrix]:
    """Vectors of the objects in each image in which something was found: arrays (K, E), float32."""
    found: dict[bytes, Matrix] = {}
    async for block in store.read_objects(key, image_ids):
        ends = np.cumsum(block.counts)
        parts = np.split(block.values, ends[:-1])
        found.update(zip(_ids(block.image_ids), parts, strict=True))
    return found


def _ids(packed: bytes) -> Iterator[bytes]:
    return (packed[at : at + BYTES_PER_ID] for at in range(0, len(packed), BYTES_PER_ID))
