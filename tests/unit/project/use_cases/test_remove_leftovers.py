"""The remover: bytes and features of what is gone."""

from collections.abc import Sequence

import pytest

from loupe_kit.errors import Unavailable
from loupe_kit.testing import InMemoryObjectStore
from loupe_project.domain.job import Removal
from loupe_project.use_cases.remove_leftovers import LeftoverRemover
from loupe_project.use_cases.signal import Bell
from tests.unit.project.fakes import FakeStore, factory_of


class FakeFeatures:
    def __init__(self, *, is_away: bool = False) -> None:
        self.removed: list[tuple[str, list[str]]] = []
        self.is_away = is_away

    async def remove(self, project_id: str, image_ids: Sequence[str]) -> None:
        if self.is_away:
            raise Unavailable("inference does not answer")
        self.removed.append((project_id, list(image_ids)))


class FakeMaps:
    """What was made of many images, and the log of the database."""

    def __init__(self) -> None:
        self.forgotten: list[tuple[str, list[str]]] = []
        self.emptied = 0
        self.is_read = False

    async def forget(self, project_id: str, image_ids: Sequence[str]) -> None:
        self.forgotten.append((project_id, list(image_ids)))

    async def empty_log(self) -> bool:
        self.emptied += 1
        return not self.is_read


def make_remover(
    store: FakeStore, objects: InMemoryObjectStore, features: FakeFeatures, maps: FakeMaps | None = None
) -> LeftoverRemover:
    maps = maps or FakeMaps()
    return LeftoverRemover(factory_of(store), objects, features, maps.forget, maps.empty_log, Bell())


async def make_objects(*keys: str) -> InMemoryObjectStore:
    objects = InMemoryObjectStore()
    for key in keys:
        await objects.put_bytes(key, b"x")
    return objects


async def left_in(objects: InMemoryObjectStore) -> list[str]:
    return [key async for key in objects.list("")]


async def test_remove_once__bytes_and_features_of_images() -> None:
    store = FakeStore(leftovers=[Removal("1", "p", "i"), Removal("2", "p", "never-had-bytes")])
    objects = await make_objects("projects/p/images/i", "projects/p/thumbnails/i.jpg", "projects/p/images/kept")
    features = FakeFeatures()

    assert await make_remover(store, objects, features).remove_once() == 2

    assert await left_in(objects) == ["projects/p/images/kept"]
    assert features.removed == [("p", ["i", "never-had-bytes"])]
    assert store.leftovers == []


async def test_remove_once__a_project_goes_as_a_whole() -> None:
    store = FakeStore(leftovers=[Removal("1", "p", None)])
    objects = await make_objects("projects/p/images/i", "projects/p/exports/e.zip", "projects/p2/images/i")
    features = FakeFeatures()

    await make_remover(store, objects, features).remove_once()

    assert await left_in(objects) == ["projects/p2/images/i"]
    assert features.removed == [("p", [])]


async def test_remove_once__bytes_that_a_copy_shares_stay_until_it_goes() -> None:
    key, thumbnail, tiles = "projects/p/images/i", "projects/p/thumbnails/i.jpg", "projects/p/tiles/i.lpt"
    store = FakeStore(leftovers=[Removal("1", "p", "i")], shared={key})
    objects, features = await make_objects(key, thumbnail, tiles), FakeFeatures()
    remover = make_remover(store, objects, features)

    await remover.remove_once()
    assert await left_in(objects) == [key, thumbnail, tiles]

    store.leftovers, store.shared = [Removal("2", "other", "copy", key)], set()
    await remover.remove_once()
    assert await left_in(objects) == []
    assert features.removed == [("p", ["i"]), ("other", ["copy"])]


async def test_remove_once__a_project_leaves_what_others_share() -> None:
    key, thumbnail, tiles = "projects/p/images/i", "projects/p/thumbnails/i.jpg", "projects/p/tiles/i.lpt"
    foreign = "projects/q/images/j"
    store = FakeStore(leftovers=[Removal("1", "p", None), Removal("2", "p", "copy", foreign)], shared={key})
    objects = await make_objects(
        key, thumbnail, tiles, "projects/p/images/alone", "projects/p/tiles/alone.lpt", foreign
    )

    assert await make_remover(store, objects, FakeFeatures()).remove_once() == 2

    assert await left_in(objects) == [key, thumbnail, tiles]


async def test_remove_once__nothing_is_forgotten_when_inference_is_away() -> None:
    store = FakeStore(leftovers=[Removal("1", "p", "i")])
    objects = await make_objects("projects/p/images/i")

    with pytest.raises(Unavailable):
        await make_remover(store, objects, FakeFeatures(is_away=True)).remove_once()

    assert len(store.leftovers) == 1


async def test_remove_once__maps_forget_images_and_the_log_is_emptied_when_all_is_done() -> None:
    store = FakeStore(leftovers=[Removal("1", "p", "i"), Removal("2", "q", None)])
    maps = FakeMaps()
    remover = make_remover(store, await make_objects(), FakeFeatures(), maps)

    assert await remover.remove_once() == 2
    assert (maps.forgotten, maps.emptied) == ([("p", ["i"])], 0)

    maps.is_read = True
    assert await remover.remove_once() == 0
    maps.is_read = False
    assert [await remover.remove_once() for _ in range(3)] == [0, 0, 0]
    # Once more after it was refused, and then not again until something else has gone.
    assert maps.emptied == 2
