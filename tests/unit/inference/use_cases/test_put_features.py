from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest

from loupe_inference.domain.errors import FeatureDimensionMismatch, FeatureNotFinite, FeatureSetNameInvalid
from loupe_inference.domain.features import MAX_REJECTED, FeatureBlock, FeatureKey
from loupe_inference.use_cases.put_features import put_features
from loupe_kit import ids
from loupe_kit.ids import IdInvalid
from tests.unit.inference.fakes import InMemoryFeatureStore

PROJECT = ids.new_id()
KEY = FeatureKey("uploaded", "mine")


def block(values: object) -> FeatureBlock:
    array = np.array(values, dtype=np.float32)
    return FeatureBlock(ids.pack_ids([ids.new_id() for _ in array]), array)


async def blocks(*given: FeatureBlock) -> AsyncIterator[FeatureBlock]:
    for one in given:
        yield one


async def test_put_features__all_good() -> None:
    store = InMemoryFeatureStore()
    good = block([[1, 2], [3, 4]])

    summary = await put_features(store, PROJECT, "mine", blocks(good))

    assert (summary.stored_count, summary.dimension, summary.rejected_count) == (2, 2, 0)
    assert await store.count(KEY, good.image_ids) == (2, 2)


async def test_put_features__numbers_that_are_none_are_left_out() -> None:
    store = InMemoryFeatureStore()
    given = block([[1, 2], [3, np.nan], [np.inf, 4]])

    summary = await put_features(store, PROJECT, "mine", blocks(given))

    assert summary.stored_count == 1
    assert [(rejected.image_id, rejected.error.metadata) for rejected in summary.rejected] == [
        (given.image_ids[16:32], {"position": "1"}),
        (given.image_ids[32:], {"position": "0"}),
    ]
    assert all(isinstance(rejected.error, FeatureNotFinite) for rejected in summary.rejected)


async def test_put_features__first_vector_fixes_the_length() -> None:
    store = InMemoryFeatureStore()

    summary = await put_features(store, PROJECT, "mine", blocks(block([[1, 2]]), block([[1, 2, 3]]), block([[5, 6]])))

    assert (summary.stored_count, summary.rejected_count) == (2, 1)
    assert isinstance(summary.rejected[0].error, FeatureDimensionMismatch)


async def test_put_features__length_of_an_earlier_call() -> None:
    store = InMemoryFeatureStore()
    await put_features(store, PROJECT, "mine", blocks(block([[1, 2]])))

    summary = await put_features(store, PROJECT, "mine", blocks(block([[1, 2, 3]])))

    assert (summary.stored_count, summary.dimension) == (0, 2)


async def test_put_features__many_rejections_are_counted_and_cut() -> None:
    given = block(np.full((MAX_REJECTED + 5, 2), np.nan))

    summary = await put_features(InMemoryFeatureStore(), PROJECT, "mine", blocks(given))

    assert summary.rejected_count == MAX_REJECTED + 5
    assert len(summary.rejected) == MAX_REJECTED


@pytest.mark.parametrize("name", ["", "My set", "a" * 64, "ä"])
async def test_put_features__name_of_the_set(name: str) -> None:
    with pytest.raises(FeatureSetNameInvalid):
        await put_features(InMemoryFeatureStore(), PROJECT, name, blocks())


async def test_put_features__project_is_no_id() -> None:
    with pytest.raises(IdInvalid):
        await put_features(InMemoryFeatureStore(), "p", "mine", blocks())
