from __future__ import annotations

import numpy as np
import pytest

from loupe_kit import ids
from loupe_reduction.domain.errors import DimensionMismatch, FeaturesMissing, NonFiniteFeatures, TooFewPoints
from loupe_reduction.domain.features import ImageIds
from loupe_reduction.use_cases.gather_features import Gathered, gather_features
from tests.unit.reduction.fakes import SOURCE, InMemoryFeatureReader, InMemorySpool

IMAGES = [ids.new_id() for _ in range(12)]


def _vectors() -> dict[str, np.ndarray]:
    return {image_id: np.full(4, row, np.float32) for row, image_id in enumerate(IMAGES)}


async def _gather(vectors: dict[str, np.ndarray], minimum: int = 10) -> tuple[Gathered, InMemorySpool, list[float]]:
    spool, told = InMemorySpool(), list[float]()
    gathered = await gather_features(
        InMemoryFeatureReader(vectors),
        spool,
        SOURCE,
        ImageIds(ids.pack_ids(IMAGES)),
        minimum=minimum,
        on_fraction=told.append,
    )
    return gathered, spool, told


async def test_gather_features__order_of_the_request() -> None:
    gathered, spool, told = await _gather(_vectors())

    assert spool.rows(gathered.features)[:, 0].tolist() == list(range(12))
    assert gathered.features.dimension == 4
    assert gathered.rows.tolist() == list(range(12))
    assert gathered.skipped.size == 0
    assert told == [0.25, 0.5, 0.75, 1.0]


async def test_gather_features__images_without_a_vector_are_left_out() -> None:
    vectors = _vectors()
    del vectors[IMAGES[3]]

    gathered, spool, _ = await _gather(vectors)

    assert gathered.skipped.tolist() == [3]
    assert spool.rows(gathered.features)[:, 0].tolist() == [row for row in range(12) if row != 3]


async def test_gather_features__too_few() -> None:
    vectors = dict(list(_vectors().items())[:9])

    with pytest.raises(TooFewPoints, match=r"9 images .* 3 more images have no features") as caught:
        await _gather(vectors)

    assert caught.value.metadata == {"count": "9", "minimum": "10", "without_features": "3"}


async def test_gather_features__none() -> None:
    with pytest.raises(FeaturesMissing, match="None of the 12 images has features of efficientnet-lite0@1"):
        await _gather({})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=str)
async def test_gather_features__not_finite(bad: float) -> None:
    vectors = _vectors()
    vectors[IMAGES[2]][1] = bad
    vectors[IMAGES[9]][0] = bad

    with pytest.raises(NonFiniteFeatures, match="vectors of 2 images") as caught:
        await _gather(vectors)

    assert caught.value.metadata["image_ids"] == f"{IMAGES[2]},{IMAGES[9]}"


async def test_gather_features__many_not_finite_are_counted() -> None:
    vectors = {image_id: np.full(4, np.nan, np.float32) for image_id in IMAGES}

    with pytest.raises(NonFiniteFeatures, match="vectors of 12 images") as caught:
        await _gather(vectors)

    assert caught.value.metadata["image_ids"].split(",") == IMAGES[:5]


async def test_gather_features__dimensions_differ() -> None:
    vectors = _vectors()
    vectors[IMAGES[0]] = np.ones(5, np.float32)

    with pytest.raises(DimensionMismatch) as caught:
        await _gather(vectors)

    assert caught.value.metadata == {"image_id": IMAGES[0], "dimension": "5", "expected": "4"}


async def test_gather_features__vectors_nobody_asked_for() -> None:
    class Talkative(InMemoryFeatureReader):
        async def read(self, source, image_ids):  # type: ignore[no-untyped-def]
            async for block in super().read(source, image_ids + ids.pack_ids([self.extra])):
                yield block

        extra = ids.new_id()

    spool = InMemorySpool()
    reader = Talkative({**_vectors(), Talkative.extra: np.full(4, np.nan, np.float32)})
    gathered = await gather_features(
        reader, spool, SOURCE, ImageIds(ids.pack_ids(IMAGES)), minimum=10, on_fraction=lambda _: None
    )

    assert spool.rows(gathered.features)[:, 0].tolist() == list(range(12))
