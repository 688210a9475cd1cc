from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from loupe_kit import ids
from loupe_reduction.adapters.vector_shelf import FolderShelf
from loupe_reduction.domain.errors import FeaturesUnavailable
from loupe_reduction.domain.features import FeatureSource, ImageIds, VectorSpace
from loupe_reduction.use_cases import forget_vectors
from loupe_reduction.use_cases.find_neighbours import FindNeighbours, Wish
from loupe_reduction.use_cases.findable import Named
from loupe_reduction.use_cases.forget_vectors import VectorForgetter
from loupe_reduction.use_cases.kept_stores import KeptStores
from tests.unit.reduction.arrays import clusters
from tests.unit.reduction.fakes import SOURCE, InMemoryFeatureReader

SPACE = VectorSpace(ids.new_id(), SOURCE, of_objects=False)
OBJECTS = VectorSpace(SPACE.project_id, SOURCE, of_objects=True)


class Flaky(InMemoryFeatureReader):
    """Does not answer the first time."""

    refusals = 1

    async def missing(self, source: FeatureSource, image_ids: bytes) -> bytes:
        if self.refusals:
            self.refusals -= 1
            raise FeaturesUnavailable("The inference service starts.", source=str(source))
        return await super().missing(source, image_ids)


async def test_forget__images_without_vectors_and_their_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forget_vectors, "IDS_AT_ONCE", 4)
    values, _ = clusters(10)
    image_ids = [ids.new_id() for _ in values]
    packed = ids.pack_ids(image_ids)
    shelf = FolderShelf(tmp_path)
    shelf.open(SPACE).append(packed, values)
    shelf.open(OBJECTS).append(packed[:16] + b"\0\0" + packed[16:32] + b"\0\0", values[:2])
    reader = InMemoryFeatureReader(dict(zip(image_ids[1:9], values[1:9], strict=True)))
    forgetter = VectorForgetter(reader, KeptStores(shelf))

    assert await forgetter.forget() == 3
    assert await forgetter.forget() == 0

    assert shelf.open(SPACE).find(packed).tolist() == [-1, *range(1, 9), -1]
    assert shelf.open(OBJECTS).find(packed[:16] + b"\0\0" + packed[16:32] + b"\0\0").tolist() == [-1, 1]


async def test_forget__of_a_project_that_is_gone_no_row_stays(tmp_path: Path) -> None:
    values, _ = clusters(3)
    shelf = FolderShelf(tmp_path)
    shelf.open(SPACE).append(ids.pack_ids([ids.new_id() for _ in values]), values)

    assert await VectorForgetter(InMemoryFeatureReader({}), KeptStores(shelf)).forget() == 3

    assert shelf.spaces() == []


async def test_forget__images_that_were_named_before_are_forgotten_too(tmp_path: Path) -> None:
    values, _ = clusters(10)
    image_ids = [ids.new_id() for _ in values]
    reader = InMemoryFeatureReader(dict(zip(image_ids, values, strict=True)))
    stores = KeptStores(FolderShelf(tmp_path))
    search, images = FindNeighbours(reader, stores), ImageIds(ids.pack_ids(image_ids))
    wish = Wish(SPACE.project_id, SOURCE, b"", values[0], 10)
    named = await search(wish, Named(images, images.digest()))
    del reader.vectors[image_ids[0]]

    await VectorForgetter(reader, stores).forget()

    assert named is not None
    assert named.image_ids[:16] == ids.pack_ids(image_ids[:1])
    assert await search(wish, Named(ImageIds(b""), images.digest())) is None
    again = await search(wish, Named(images, images.digest()))
    assert again is not None
    assert again.searched == 9
    assert ids.pack_ids(image_ids[:1]) not in {again.image_ids[start : start + 16] for start in range(0, 144, 16)}


async def test_start__looks_again_after_a_service_was_away(tmp_path: Path) -> None:
    values, _ = clusters(3)
    shelf = FolderShelf(tmp_path)
    shelf.open(SPACE).append(ids.pack_ids([ids.new_id() for _ in values]), values)
    forgetter = VectorForgetter(Flaky({}), KeptStores(shelf), timedelta(milliseconds=10))

    await forgetter.start()
    async with asyncio.timeout(60):
        while shelf.spaces():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    await forgetter.stop()
