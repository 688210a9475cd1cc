"""Store vectors that were computed elsewhere."""

from collections.abc import AsyncIterator

import numpy as np

from loupe_inference.domain.catalogue import UPLOADED
from loupe_inference.domain.errors import FeatureDimensionMismatch, FeatureNotFinite
from loupe_inference.domain.features import BYTES_PER_ID, FeatureBlock, FeatureKey, PutSummary, check_set_name
from loupe_inference.ports import FeatureStore
from loupe_kit import ids


async def put_features(
    store: FeatureStore, project_id: str, feature_set: str, blocks: AsyncIterator[FeatureBlock]
) -> PutSummary:
    """Store what is good; vectors that are not are left out and told.

    Args:
        store: Keeps the vectors.
        project_id: Id of the project of the images.
        feature_set: Name of the set; its first vector fixes the length of all.
        blocks: The vectors.

    Raises:
        IdInvalid: If `project_id` is no id.
        FeatureSetNameInvalid: If no set may have this name.
    """
    ids.parse_id(project_id)
    key = FeatureKey(UPLOADED, check_set_name(feature_set))
    summary = PutSummary(dimension=await store.dimension(project_id, key))
    async for block in blocks:
        good = _sorted_out(block, summary)
        if good.image_ids:
            await store.put(project_id, key, good)
            summary.dimension = good.values.shape[1]
            summary.stored_count += len(good.values)
    return summary


def _sorted_out(block: FeatureBlock, summary: PutSummary) -> FeatureBlock:
    """The vectors of a block that can be stored; the others are noted."""
    images = [block.image_ids[at : at + BYTES_PER_ID] for at in range(0, len(block.image_ids), BYTES_PER_ID)]
    length = block.values.shape[1]
    if summary.dimension not in (0, length):
        for image in images:
            summary.reject(image, _wrong_length(summary.dimension, length))
        return FeatureBlock(b"", block.values[:0])
    finite = np.isfinite(block.values)
    is_good = np.all(finite, axis=1)
    for row in np.flatnonzero(~is_good):
        summary.reject(images[row], _not_finite(int(np.argmin(finite[row]))))
    kept = b"".join(image for image, good in zip(images, is_good.tolist(), strict=True) if good)
    return FeatureBlock(kept, block.values[is_good])


def _wrong_length(expected: int, actual: int) -> FeatureDimensionMismatch:
    return FeatureDimensionMismatch(
        f"The vector has {actual} numbers and those of its set have {expected}; give one of that length "
        "or another set.",
        expected=str(expected),
        actual=str(actual),
    )


def _not_finite(position: int) -> FeatureNotFinite:
    return FeatureNotFinite(
        f"Number {position} of the vector is NaN or infinite; give finite numbers.", position=str(position)
    )
