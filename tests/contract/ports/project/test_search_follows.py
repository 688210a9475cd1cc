"""The index says what the store says after every change, for everybody: in the same process at once."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from loupe_kit import ids
from loupe_kit.sql import create_engine
from loupe_project.adapters.search import following, loader, snapshot
from loupe_project.adapters.search import indexes as indexes_module
from loupe_project.adapters.search.indexes import SearchIndexes
from loupe_project.adapters.search.search import IndexedImageSearch
from loupe_project.adapters.sql.search import SqlImageSearch
from loupe_project.adapters.sql.unit_of_work import ProjectUnitOfWork
from loupe_project.domain import query
from loupe_project.domain.project import Member, PrincipalKind, Project, ProjectRole
from loupe_project.domain.scope import Scope
from tests.contract.ports.project.builders import NOW, Units, add_project, make_arrival, make_image
from tests.contract.ports.project.search_world import CONTEXT, VIEWER, World


@pytest.fixture
async def indexes(database_url: str, tmp_path: Path) -> AsyncIterator[SearchIndexes]:
    made = SearchIndexes(database_url, 1 << 30, tmp_path)
    yield made
    await made.stop()


async def make_world(units: Units, indexes: SearchIndexes, seed: int) -> World:
    project = await add_project(units, members=(Member(PrincipalKind.USER, VIEWER, ProjectRole.VIEWER),))
    world = World(units, indexes, project, random.Random(seed))
    for _ in range(3):
        await world.change()
    await make_index(world)
    return world


async def make_index(world: World) -> None:
    async with world.units(read_only=True) as unit:
        await world.indexes.view(unit.session, world.project.id)
    assert await world.indexes.ready(world.project.id)


@pytest.mark.parametrize("seed", range(3))
async def test_index__says_what_the_store_says_after_every_change(
    units: Units, indexes: SearchIndexes, seed: int
) -> None:
    world = await make_world(units, indexes, seed)

    for _ in range(8):
        await world.change()
        await world.check()


async def test_index__tags_on_very_many_images_are_followed_tag_by_tag(
    units: Units, indexes: SearchIndexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "MAX_IDS", 0)
    world = await make_world(units, indexes, 4)

    for _ in range(8):
        await world.change()
        await world.change()
        await world.check()


async def test_index__two_processes_see_each_others_changes(
    units: Units, indexes: SearchIndexes, database_url: str, tmp_path: Path
) -> None:
    world = await make_world(units, indexes, 99)
    engine = create_engine(database_url)
    other = SearchIndexes(database_url, 1 << 30, tmp_path / "other")
    beside = replace(world, units=partial(ProjectUnitOfWork, engine), indexes=other)
    await make_index(beside)

    for writer in (world, beside, world, beside):
        await writer.change()
        await world.check()
        await beside.check()

    await other.stop()
    await engine.dispose()


async def test_index__many_changes_are_read_in_the_background_while_the_store_answers(
    units: Units, indexes: SearchIndexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes_module, "MAX_AT_ONCE", 0)
    world = await make_world(units, indexes, 3)
    node = query.read("", CONTEXT)
    await world.change()
    assert world.images

    async with units(read_only=True) as unit:
        search = IndexedImageSearch(unit.session, SqlImageSearch(unit.session), indexes, tuple)
        scope = world.scopes[0]
        assert await search.count(scope, world.project.id, node) == await SqlImageSearch(unit.session).count(
            scope, world.project.id, node
        )
    assert await indexes.ready(world.project.id)

    await world.check()


async def test_index__that_cannot_follow_is_made_anew(
    units: Units, indexes: SearchIndexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(units, indexes, 6)
    await world.change()

    async def torn(*_: object) -> None:
        raise OSError("the connection is gone")

    with monkeypatch.context() as broken:
        broken.setattr(following, "follow", torn)
        async with units(read_only=True) as unit:
            with pytest.raises(OSError, match="gone"):
                await indexes.view(unit.session, world.project.id)

    await make_index(world)
    await world.check()


class _Reads(SqlImageSearch):
    """Reads queries and answers none."""

    async def packed_ids(self, scope: Scope, project: Project, *query: str) -> bytes:
        raise AssertionError("the index answers")


async def test_packed_ids__by_index_as_by_store(units: Units, indexes: SearchIndexes) -> None:
    world = await make_world(units, indexes, 7)
    for _ in range(6):
        await world.change()

    async with units(read_only=True) as unit:
        store = SqlImageSearch(unit.session)
        index = IndexedImageSearch(unit.session, _Reads(unit.session), indexes, tuple)
        for scope in world.scopes:
            for queries in (("",), ("is:analysed", ""), ("has:tag", "-is:failed")):
                packed = await store.packed_ids(scope, world.project, *queries)
                assert await index.packed_ids(scope, world.project, *queries) == packed
                assert set(ids.unpack_ids(packed)) <= set(await store.ids(scope, world.project, queries[0]))


async def test_search__in_a_transaction_that_has_written_sees_what_it_wrote(
    units: Units, indexes: SearchIndexes, database_url: str
) -> None:
    world = await make_world(units, indexes, 5)
    engine = create_engine(database_url)
    owner, node = world.scopes[0], query.read("", CONTEXT)

    async with ProjectUnitOfWork(engine, indexes=indexes) as unit:
        before = await unit.search.count(owner, world.project.id, node)
        await unit.images.add(world.project, make_arrival(world.project), [make_image(world.project)])
        inside = await unit.search.count(owner, world.project.id, node)
        await unit.rollback()
        after = await unit.search.count(owner, world.project.id, node)

    assert (inside, after) == (before + 1, before)
    await world.check()
    await engine.dispose()


async def test_memory__the_project_that_was_searched_last_stays(
    units: Units, database_url: str, tmp_path: Path
) -> None:
    small = SearchIndexes(database_url, 1 << 30, tmp_path / "small")
    first, second = await make_world(units, small, 1), await make_world(units, small, 2)
    one_index = small.nbytes // 2
    tight = SearchIndexes(database_url, one_index * 3 // 2, tmp_path / "tight")
    for world in (first, second):
        await make_index(replace(world, indexes=tight))

    assert not await tight.ready(first.project.id)
    assert await tight.ready(second.project.id)
    await small.stop()
    await tight.stop()


async def test_deleted_project__has_no_index(units: Units, indexes: SearchIndexes) -> None:
    world = await make_world(units, indexes, 4)

    async with units() as unit:
        await unit.projects.delete(world.project.id, NOW)
        await unit.commit()
    async with units(read_only=True) as unit:
        assert await indexes.view(unit.session, world.project.id) is None


async def test_restart__goes_on_from_the_file_of_the_last_run(
    units: Units, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = SearchIndexes(database_url, 1 << 30, tmp_path)
    world = await make_world(units, before, 11)
    for _ in range(4):
        await world.change()
        await world.check()
    await before.stop()
    await world.change()

    async def never(*_: object) -> None:
        raise AssertionError("the index was made anew")

    monkeypatch.setattr(following, "build", never)
    after = SearchIndexes(database_url, 1 << 30, tmp_path)
    again = replace(world, indexes=after)
    await make_index(again)

    await again.check()
    await again.change()
    await again.check()
    await after.stop()


def _kept_texts(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("*.npz"))


async def _world_with_one_that_goes(units: Units, indexes: SearchIndexes) -> tuple[World, str]:
    project = await add_project(units)
    world = World(units, indexes, project, random.Random(5))
    stays, goes = make_image(project, file_name="that stays.png"), make_image(project, file_name="that goes.png")
    async with units() as unit:
        await unit.images.add(project, make_arrival(project), [stays, goes])
        await unit.commit()
    await make_index(world)
    return world, goes.id


async def _throw_away(world: World, image_id: str) -> None:
    async with world.units() as unit:
        await unit.trash.put(world.project.id, [image_id], ids.new_id(), "users/x", NOW)
        await unit.trash.purge(world.project.id, [image_id], NOW)
        await unit.commit()


async def test_file__holds_no_image_that_has_left_once_that_is_seen(
    units: Units, database_url: str, tmp_path: Path
) -> None:
    indexes = SearchIndexes(database_url, 1 << 30, tmp_path)
    world, gone = await _world_with_one_that_goes(units, indexes)
    assert b"that goes" in _kept_texts(tmp_path)
    await _throw_away(world, gone)

    async with units(read_only=True) as unit:
        assert await indexes.view(unit.session, world.project.id) is not None

    assert _kept_texts(tmp_path) == b""
    await indexes.stop()
    assert _kept_texts(tmp_path) == b""


async def test_stop__nobody_searched_since_an_image_left(units: Units, database_url: str, tmp_path: Path) -> None:
    before = SearchIndexes(database_url, 1 << 30, tmp_path)
    world, gone = await _world_with_one_that_goes(units, before)
    await _throw_away(world, gone)

    await before.stop()

    assert _kept_texts(tmp_path) == b""
    after = SearchIndexes(database_url, 1 << 30, tmp_path)
    await make_index(replace(world, indexes=after))
    await after.stop()
    texts = _kept_texts(tmp_path)
    assert b"that stays" in texts
    assert b"that goes" not in texts


async def test_tidy__files_of_projects_that_nobody_searches(
    units: Units, indexes: SearchIndexes, database_url: str, tmp_path: Path
) -> None:
    world, gone = await _world_with_one_that_goes(units, indexes)
    idle = SearchIndexes(database_url, 1 << 30, tmp_path)
    await idle.tidy()
    assert b"that goes" in _kept_texts(tmp_path)
    await _throw_away(world, gone)

    # One process has no index of it, the other one that is behind.
    path = tmp_path / f"{world.project.id}.npz"
    content = path.read_bytes()
    await idle.tidy()
    assert _kept_texts(tmp_path) == b""
    path.write_bytes(content)
    await indexes.tidy()
    assert await indexes.ready(world.project.id)
    assert _kept_texts(tmp_path) == b""
    await idle.stop()


@pytest.mark.parametrize("fault", ["torn", "another format", "of another store"])
async def test_restart__a_file_that_does_not_fit_is_made_anew(
    units: Units, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    before = SearchIndexes(database_url, 1 << 30, tmp_path)
    world = await make_world(units, before, 12)
    await before.stop()
    path = tmp_path / f"{world.project.id}.npz"
    match fault:
        case "torn":
            path.write_bytes(path.read_bytes()[:-500])
        case "another format":
            monkeypatch.setattr(snapshot, "FORMAT", snapshot.FORMAT + 1)
        case _:
            index = snapshot.load(path)
            assert index is not None
            index.version += 1_000
            snapshot.save(index, path)

    after = SearchIndexes(database_url, 1 << 30, tmp_path)
    again = replace(world, indexes=after)
    await make_index(again)

    await again.check()
    await after.stop()
