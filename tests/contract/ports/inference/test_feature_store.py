"""What every feature store must do; run against the fake and each real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from loupe_inference.adapters.mongo_features import MongoFeatureStore
from loupe_inference.adapters.sqlite_features import SqliteFeatureStore
from loupe_inference.domain.errors import FeatureDimensionMismatch, FeatureIdsInvalid
from loupe_inference.domain.features import FeatureBlock, FeatureKey, FeatureSet, Matrix
from loupe_inference.ports import FeatureStore
from loupe_inference.use_cases.copy_features import copy_features
from loupe_kit import ids
from tests.unit.inference.fakes import InMemoryFeatureStore

KEY = FeatureKey("tiny", "1")
PROJECT = ids.new_id()
OTHER_PROJECT = ids.new_id()


@pytest.fixture(params=["memory", "sqlite", pytest.param("mongodb", marks=pytest.mark.cluster)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FeatureStore]:
    made: FeatureStore
    if request.param == "mongodb":
        made = mongo = MongoFeatureStore(request.getfixturevalue("mongodb_url"))
        await mongo.prepare()
    else:
        made = InMemoryFeatureStore() if request.param == "memory" else SqliteFeatureStore(tmp_path / "f.db")
    yield made
    await made.close()


def some_ids(count: int) -> bytes:
    return ids.pack_ids([ids.new_id() for _ in range(count)])


def block(image_ids: bytes, dimension: int = 3, first: float = 0.0) -> FeatureBlock:
    count = len(image_ids) // 16
    values = np.arange(count * dimension, dtype=np.float32).reshape(count, dimension) + np.float32(first)
    return FeatureBlock(image_ids, values)


async def everything(store: FeatureStore, key: FeatureKey, image_ids: bytes) -> dict[bytes, list[float]]:
    found: dict[bytes, list[float]] = {}
    async for part in store.read(key, image_ids):
        for row, values in enumerate(part.values.tolist()):
            found[part.image_ids[16 * row : 16 * row + 16]] = values
    return found


async def test_put__gives_back_the_same_numbers(store: FeatureStore) -> None:
    packed = some_ids(2)

    await store.put(PROJECT, KEY, block(packed))

    assert await everything(store, KEY, packed) == {packed[:16]: [0, 1, 2], packed[16:]: [3, 4, 5]}


async def test_put__again_replaces(store: FeatureStore) -> None:
    packed = some_ids(1)
    await store.put(PROJECT, KEY, block(packed))

    await store.put(PROJECT, KEY, block(packed, first=10))

    assert await everything(store, KEY, packed) == {packed: [10, 11, 12]}
    assert await store.count(KEY, packed) == (1, 3)


async def test_put__other_length_is_refused_and_stores_nothing(store: FeatureStore) -> None:
    await store.put(PROJECT, KEY, block(some_ids(1)))
    packed = some_ids(1)

    with pytest.raises(FeatureDimensionMismatch) as raised:
        await store.put(PROJECT, KEY, block(packed, dimension=5))

    assert raised.value.metadata == {"expected": "3", "actual": "5"}
    assert await store.count(KEY, packed) == (0, 0)


async def test_put__another_project_may_have_another_length(store: FeatureStore) -> None:
    await store.put(PROJECT, KEY, block(some_ids(1)))
    packed = some_ids(1)

    await store.put(OTHER_PROJECT, KEY, block(packed, dimension=5))

    assert await store.dimension(OTHER_PROJECT, KEY) == 5
    assert await store.count(KEY, packed) == (1, 5)


async def test_put__non_contiguous_values(store: FeatureStore) -> None:
    packed = some_ids(2)
    values = np.arange(12, dtype=np.float32).reshape(2, 6)[:, ::2]

    await store.put(PROJECT, KEY, FeatureBlock(packed, values))

    assert await everything(store, KEY, packed) == {packed[:16]: [0, 2, 4], packed[16:]: [6, 8, 10]}


async def test_read__missing_images_are_absent(store: FeatureStore) -> None:
    packed = some_ids(1)
    await store.put(PROJECT, KEY, block(packed))

    assert set(await everything(store, KEY, some_ids(2) + packed)) == {packed}
    assert await everything(store, FeatureKey("tiny", "2"), packed) == {}


async def test_read__more_than_one_block(store: FeatureStore) -> None:
    packed = some_ids(1203)
    await store.put(PROJECT, KEY, block(packed))

    found = await everything(store, KEY, packed)

    assert len(found) == 1203
    assert found[packed[-16:]] == [3606, 3607, 3608]


def some_objects(*counts: int, first: float = 0.0) -> list[Matrix]:
    """Vectors of 2 numbers for images with so many objects; no two vectors are equal."""
    starts = np.cumsum([0, *counts])
    return [
        np.arange(2 * start, 2 * start + 2 * count, dtype=np.float32).reshape(count, 2) + np.float32(first)
        for start, count in zip(starts, counts, strict=False)
    ]


async def all_objects(store: FeatureStore, key: FeatureKey, image_ids: bytes) -> dict[bytes, list[list[float]]]:
    found: dict[bytes, list[list[float]]] = {}
    async for part in store.read_objects(key, image_ids):
        ends = np.cumsum(part.counts).tolist()
        for row, (count, end) in enumerate(zip(part.counts, ends, strict=True)):
            found[part.image_ids[16 * row : 16 * row + 16]] = part.values[end - count : end].tolist()
    return found


async def test_objects__come_back_in_order_and_without_images_that_have_none(store: FeatureStore) -> None:
    packed = some_ids(3)

    await store.put(PROJECT, KEY, block(packed), some_objects(2, 0, 1))

    assert await all_objects(store, KEY, packed + some_ids(1)) == {
        packed[:16]: [[0, 1], [2, 3]],
        packed[32:]: [[4, 5]],
    }
    assert await all_objects(store, FeatureKey("tiny", "2"), packed) == {}
    assert await store.count(KEY, packed) == (3, 3)


async def test_objects__again_replaces_also_by_none(store: FeatureStore) -> None:
    packed = some_ids(2)
    await store.put(PROJECT, KEY, block(packed), some_objects(2, 3))

    await store.put(PROJECT, KEY, block(packed), some_objects(1, 0, first=10))

    assert await all_objects(store, KEY, packed) == {packed[:16]: [[10, 11]]}


async def test_objects__more_than_one_block(store: FeatureStore) -> None:
    packed = some_ids(3)
    many = [np.full((300, 1280), number, np.float32) for number in range(3)]

    await store.put(PROJECT, KEY, block(packed), many)

    sizes = [len(part.image_ids) // 16 async for part in store.read_objects(KEY, packed)]
    assert sum(sizes) == 3
    assert len(sizes) > 1
    found = await all_objects(store, KEY, packed)
    assert [{row[0] for row in found[packed[at : at + 16]]} for at in (0, 16, 32)] == [{0}, {1}, {2}]


async def test_objects__refused_with_their_images(store: FeatureStore) -> None:
    await store.put(PROJECT, KEY, block(some_ids(1)))
    packed = some_ids(1)

    with pytest.raises(FeatureDimensionMismatch):
        await store.put(PROJECT, KEY, block(packed, dimension=5), some_objects(1))

    assert await all_objects(store, KEY, packed) == {}


@pytest.mark.parametrize("by", ["image", "project", "model"])
async def test_objects__are_deleted_with_their_images(store: FeatureStore, by: str) -> None:
    packed, other = some_ids(2), some_ids(1)
    await store.put(PROJECT, KEY, block(packed), some_objects(2, 1))
    await store.put(OTHER_PROJECT, KEY, block(other), some_objects(1))

    deleted = await store.delete(
        image_ids=packed if by == "image" else b"",
        project_id="" if by == "image" else PROJECT,
        model=KEY.model if by == "model" else "",
        version="",
    )
    await store.put(PROJECT, KEY, block(packed))

    assert deleted == 2
    assert await all_objects(store, KEY, packed + other) == {other: [[0, 1]]}


async def test_count__an_id_given_twice_counts_once(store: FeatureStore) -> None:
    packed = some_ids(1)
    await store.put(PROJECT, KEY, block(packed))

    assert await store.count(KEY, packed + packed) == (1, 3)


async def test_dimension__unknown_project_is_0(store: FeatureStore) -> None:
    assert await store.dimension(PROJECT, KEY) == 0


async def test_delete__images_of_all_models(store: FeatureStore) -> None:
    packed, other = some_ids(1), FeatureKey("uploaded", "mine")
    await store.put(PROJECT, KEY, block(packed))
    await store.put(PROJECT, other, block(packed))

    assert await store.delete(image_ids=packed, project_id="", model="", version="") == 2
    assert await store.count(KEY, packed) == (0, 0)


async def test_delete__one_model_only(store: FeatureStore) -> None:
    packed, other = some_ids(1), FeatureKey("uploaded", "mine")
    await store.put(PROJECT, KEY, block(packed))
    await store.put(PROJECT, other, block(packed))

    assert await store.delete(image_ids=packed, project_id="", model="uploaded", version="mine") == 1
    assert await store.count(KEY, packed) == (1, 3)


async def test_delete__project_frees_its_dimension(store: FeatureStore) -> None:
    packed = some_ids(2)
    await store.put(PROJECT, KEY, block(packed[:16]))
    await store.put(OTHER_PROJECT, KEY, block(packed[16:]))

    assert await store.delete(image_ids=b"", project_id=PROJECT, model="", version="") == 1
    await store.put(PROJECT, KEY, block(packed[:16], dimension=7))

    assert await store.dimension(PROJECT, KEY) == 7
    assert await store.dimension(OTHER_PROJECT, KEY) == 3


async def test_delete__absent_is_no_error(store: FeatureStore) -> None:
    assert await store.delete(image_ids=some_ids(1), project_id="", model="", version="") == 0


async def test_missing__each_image_without_a_vector_of_this_space_once(store: FeatureStore) -> None:
    project, there, elsewhere, nowhere = ids.new_id(), some_ids(2), some_ids(1), some_ids(1)
    await store.put(project, KEY, block(there, 3))
    await store.put(project, FeatureKey(KEY.model, "other"), block(elsewhere, 3))

    missing = await store.missing(KEY, nowhere + there + elsewhere + nowhere)

    assert missing == b"".join(sorted([nowhere, elsewhere]))
    await store.delete(image_ids=there[:16], project_id="", model="", version="")
    assert await store.missing(KEY, there) == there[:16]


async def test_list_sets__counts_by_model_and_version(store: FeatureStore) -> None:
    await store.put(PROJECT, FeatureKey("uploaded", "mine"), block(some_ids(1), dimension=5))
    await store.put(PROJECT, KEY, block(some_ids(2)))
    await store.put(OTHER_PROJECT, KEY, block(some_ids(4)))

    assert await store.list_sets(PROJECT) == [
        FeatureSet(KEY, 3, 2),
        FeatureSet(FeatureKey("uploaded", "mine"), 5, 1),
    ]


async def test_copy_features__vectors_and_those_of_objects(store: FeatureStore) -> None:
    sources, targets = some_ids(4), some_ids(4)
    objects = [np.full((count, 2), count, dtype=np.float32) for count in (2, 0, 1)]
    await store.put(PROJECT, KEY, block(sources[:48]), objects)

    # Twice, as after a break.
    for _ in range(2):
        assert await copy_features(store, OTHER_PROJECT, KEY, sources, targets) == 3

    assert await everything(store, KEY, targets) == {
        targets[:16]: [0, 1, 2],
        targets[16:32]: [3, 4, 5],
        targets[32:48]: [6, 7, 8],
    }
    found = {}
    async for part in store.read_objects(KEY, targets):
        parts = np.split(part.values, np.cumsum(part.counts)[:-1])
        found.update({part.image_ids[16 * row : 16 * row + 16]: each.tolist() for row, each in enumerate(parts)})
    assert found == {targets[:16]: [[2, 2], [2, 2]], targets[32:48]: [[1, 1]]}
    assert await store.list_sets(OTHER_PROJECT) == [FeatureSet(KEY, 3, 3)]

    assert await store.delete(image_ids=sources, project_id=PROJECT, model="", version="") == 3
    assert await store.count(KEY, targets) == (3, 3)


async def test_copy_features__into_a_project_of_another_length(store: FeatureStore) -> None:
    sources, targets = some_ids(2), some_ids(2)
    await store.put(PROJECT, KEY, block(sources))
    await store.put(OTHER_PROJECT, KEY, block(some_ids(1), dimension=5))

    with pytest.raises(FeatureDimensionMismatch):
        await copy_features(store, OTHER_PROJECT, KEY, sources, targets)

    assert await store.count(KEY, targets) == (0, 0)


async def test_copy_features__as_many_on_both_sides(store: FeatureStore) -> None:
    with pytest.raises(FeatureIdsInvalid, match="as many of both"):
        await copy_features(store, PROJECT, KEY, some_ids(2), some_ids(1))
