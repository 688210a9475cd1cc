"""Tags of many images in both databases: put on, taken off, merged, undone; also cut off, and with others at work."""

import json
from datetime import timedelta

import pytest

from loupe.project.v1.operation_service_pb2 import UndoOperationResponse
from loupe.project.v1.tag_service_pb2 import DeleteTagsResponse, MergeTagsResponse, ModifyImageTagsResponse
from loupe_project.domain.errors import OperationCancelled, OperationNotUndoable
from loupe_project.domain.history import Fact
from loupe_project.domain.image import Origin
from loupe_project.domain.operation import Operation
from loupe_project.use_cases import delete_tags, merge_tags, modify_image_tags, undo_operation
from loupe_project.use_cases.forget_history import HistoryForgetter
from tests.contract.ports.project.builders import NOW, Units, add_image, add_images, add_project, make_image
from tests.integration.project.changes.harness import Bulk, Killed

EARLIER = NOW - timedelta(days=3)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (modify_image_tags, merge_tags, delete_tags, undo_operation):
        monkeypatch.setattr(module, "_PIECE", 3)


async def make_bulk(units: Units, count: int) -> tuple[Bulk, list[str]]:
    project = await add_project(units)
    added = await add_images(units, project, *(make_image(project) for _ in range(count)))
    return Bulk(units, project), sorted(one.image_id for one in added)


async def put_on(bulk: Bulk, image_ids: list[str], text: str, creator: str = "users/bob") -> str:
    """A tag that somebody put on some days ago; its id."""
    async with bulk.units() as unit:
        (tag_id,) = (await unit.tags.ensure(bulk.project.id, [text], Origin.USER, creator, EARLIER)).values()
        await unit.tags.put_on(image_ids, [tag_id], Origin.USER, creator, EARLIER)
        await unit.commit()
    return tag_id


async def merge(bulk: Bulk, target: str, *sources: str) -> Operation:
    pairs = [(bulk.project.id, one) for one in sources]
    async with bulk.units() as unit:
        now = bulk.clock.now()
        asked = await merge_tags.ask_merge_tags(unit, bulk.owner, bulk.project.id, target, pairs, now)
        await unit.commit()
    return asked


async def test_modify__writes_tags_and_history(units: Units) -> None:
    bulk, images = await make_bulk(units, 7)
    await put_on(bulk, images[:2], "old")
    operation = await bulk.tag(images, add=("New", "new", "both"), remove=("OLD", "both", "never"))

    response = await bulk.run(operation)

    assert response == ModifyImageTagsResponse(image_count=7, added_count=7, removed_count=2)
    assert [list(await bulk.tags_of(one)) for one in images] == [["new"]] * 7
    lines = await bulk.history(images[0])
    by_text = {json.loads(one.alteration.new or one.alteration.old or "")["text"]: one for one in lines}
    assert set(by_text) == {"new", "old"}
    assert by_text["old"].alteration.new is None
    assert (by_text["old"].alteration.old_creator, by_text["old"].alteration.old_time) == ("users/bob", EARLIER)
    assert by_text["new"].change.id == operation.id
    assert by_text["new"].change.is_operation
    assert len(await bulk.history(images[6])) == 1


@pytest.mark.parametrize("dies_at", range(4))
async def test_modify__killed_and_resumed(units: Units, dies_at: int) -> None:
    bulk, images = await make_bulk(units, 11)
    await put_on(bulk, images[4:6], "x")
    operation = await bulk.tag(images, add=("x",))

    with pytest.raises(Killed):
        await bulk.run(operation, dies_at=dies_at)
    tagged = [one for one in images if "x" in await bulk.tags_of(one)]
    assert len(tagged) == len(set(images[: 3 * dies_at]) | set(images[4:6]))
    response = await bulk.run(operation)

    assert response == ModifyImageTagsResponse(image_count=11, added_count=9)
    for one in images:
        assert "x" in await bulk.tags_of(one)
        assert len(await bulk.history(one)) == (0 if one in images[4:6] else 1)


async def test_modify__passes_over_images_that_are_gone(units: Units) -> None:
    bulk, images = await make_bulk(units, 4)
    operation = await bulk.tag(images, add=("x",))
    async with units() as unit:
        await unit.images.delete(bulk.project.id, images[1:2], NOW)
        await unit.commit()

    assert await bulk.run(operation) == ModifyImageTagsResponse(image_count=4, added_count=3)


async def test_undo__takes_back_what_nobody_changed_since(units: Units) -> None:
    bulk, images = await make_bulk(units, 8)
    await put_on(bulk, images[:3], "old")
    operation = await bulk.tag(images, add=("new",), remove=("old",))
    await bulk.run(operation)
    # Somebody takes the new tag off two images, and puts it on one of them again.
    await bulk.run(await bulk.tag(images[6:], remove=("new",)))
    await bulk.run(await bulk.tag(images[7:], add=("new",)))

    response = await bulk.undo(operation)

    assert response == UndoOperationResponse(image_count=8, reverted_count=9, kept_count=2)
    for one in images[:3]:
        assert await bulk.tags_of(one) == {"old": ("users/bob", EARLIER)}
    for one in images[3:7]:
        assert await bulk.tags_of(one) == {}
    assert list(await bulk.tags_of(images[7])) == ["new"]


async def test_undo__of_undo(units: Units) -> None:
    bulk, images = await make_bulk(units, 5)
    await put_on(bulk, images[:2], "old")
    operation = await bulk.tag(images, add=("new",), remove=("old",))
    await bulk.run(operation)
    before = [await bulk.tags_of(one) for one in images]
    undo = await bulk.ask_undo(operation)
    await bulk.run(undo)

    again = await bulk.undo(undo)

    assert again == UndoOperationResponse(image_count=5, reverted_count=7)
    assert [await bulk.tags_of(one) for one in images] == before
    assert await bulk.undo(operation) == UndoOperationResponse(image_count=5, kept_count=7)


@pytest.mark.parametrize("dies_at", range(3))
async def test_undo__killed_and_resumed(units: Units, dies_at: int) -> None:
    bulk, images = await make_bulk(units, 8)
    operation = await bulk.tag(images, add=("x",))
    await bulk.run(operation)
    undo = await bulk.ask_undo(operation)

    with pytest.raises(Killed):
        await bulk.run(undo, dies_at=dies_at)

    assert await bulk.run(undo) == UndoOperationResponse(image_count=8, reverted_count=8)
    assert [await bulk.tags_of(one) for one in images] == [{}] * 8


async def test_undo__makes_a_deleted_tag_again(units: Units) -> None:
    bulk, images = await make_bulk(units, 2)
    tag_id = await put_on(bulk, images, "old")
    operation = await bulk.tag(images, remove=("old",))
    await bulk.run(operation)
    await bulk.run(await bulk.ask_delete(tag_id))

    assert await bulk.undo(operation) == UndoOperationResponse(image_count=2, reverted_count=2)
    assert await bulk.tags_of(images[0]) == {"old": ("users/bob", EARLIER)}


async def test_undo__refused_while_it_runs_and_where_nothing_is_known(units: Units) -> None:
    bulk, images = await make_bulk(units, 2)
    operation = await bulk.tag(images, add=("x",))
    with pytest.raises(OperationNotUndoable):
        await bulk.ask_undo(operation)
    await bulk.run(operation)
    async with units() as unit:
        while await unit.history.forget(bulk.clock.now() + timedelta(days=1), 10):
            pass
        await unit.commit()

    with pytest.raises(OperationNotUndoable):
        await bulk.ask_undo(operation)


async def test_merge__no_image_loses_or_doubles_a_tag(units: Units) -> None:
    bulk, images = await make_bulk(units, 8)
    target = await put_on(bulk, images[:2], "scratch", "users/ada")
    first = await put_on(bulk, images[1:5], "Kratzer", "users/bob")
    second = await put_on(bulk, images[4:7], "스크래치", "users/cho")
    operation = await merge(bulk, target, first, second)

    response = await bulk.run(operation)

    assert response == MergeTagsResponse(image_count=6, added_count=5)
    assert [list(await bulk.tags_of(one)) for one in images] == [["scratch"]] * 7 + [[]]
    assert await bulk.tags_of(images[1]) == {"scratch": ("users/ada", EARLIER)}
    assert await bulk.tags_of(images[2]) == {"scratch": ("users/bob", EARLIER)}
    async with units(read_only=True) as unit:
        assert await unit.tags.by_ids(bulk.project.id, [target, first, second]) != {}
        assert set(await unit.tags.by_ids(bulk.project.id, [target, first, second])) == {target}

    assert await bulk.undo(operation) == UndoOperationResponse(image_count=6, reverted_count=12)
    assert [sorted(await bulk.tags_of(one)) for one in images] == [
        ["scratch"],
        ["Kratzer", "scratch"],
        ["Kratzer"],
        ["Kratzer"],
        ["Kratzer", "스크래치"],
        ["스크래치"],
        ["스크래치"],
        [],
    ]
    assert await bulk.tags_of(images[6]) == {"스크래치": ("users/cho", EARLIER)}


@pytest.mark.parametrize("dies_at", range(3))
async def test_merge__killed_and_resumed(units: Units, dies_at: int) -> None:
    bulk, images = await make_bulk(units, 5)
    target = await put_on(bulk, images[:1], "scratch")
    source = await put_on(bulk, images, "kratzer")
    operation = await merge(bulk, target, source)

    with pytest.raises(Killed):
        await bulk.run(operation, dies_at=dies_at)

    assert await bulk.run(operation) == MergeTagsResponse(image_count=5, added_count=4)
    assert [list(await bulk.tags_of(one)) for one in images] == [["scratch"]] * 5


async def test_delete_tag__is_in_the_history_of_its_images(units: Units) -> None:
    bulk, images = await make_bulk(units, 2)
    tag_id = await put_on(bulk, images[:1], "old")
    await bulk.run(await bulk.ask_delete(tag_id))

    (line,) = await bulk.history(images[0])
    assert (line.change.kind, line.alteration.fact, line.alteration.new) == ("DELETE_TAGS", Fact.TAG, None)
    assert json.loads(line.alteration.old or "") == {"text": "old", "color": ""}
    assert await bulk.history(images[1]) == []


@pytest.mark.parametrize("dies_at", range(5))
async def test_delete_tags__goes_on_after_a_death_and_is_undone(units: Units, dies_at: int) -> None:
    bulk, images = await make_bulk(units, 7)
    tag_ids = [await put_on(bulk, images, "old"), await put_on(bulk, images[:2], "older")]
    before = [await bulk.tags_of(one) for one in images]
    operation = await bulk.ask_delete(*tag_ids)

    with pytest.raises(Killed):
        await bulk.run(operation, dies_at=dies_at)

    assert await bulk.run(operation) == DeleteTagsResponse(tag_count=2, image_count=9)
    assert [await bulk.tags_of(one) for one in images] == [{}] * 7
    async with units(read_only=True) as unit:
        assert await unit.tags.by_ids(bulk.project.id, tag_ids) == {}
    assert await bulk.undo(operation) == UndoOperationResponse(image_count=7, reverted_count=9)
    assert [await bulk.tags_of(one) for one in images] == before


async def test_delete_tags__cancelled_can_be_undone(units: Units) -> None:
    bulk, images = await make_bulk(units, 7)
    tag_id = await put_on(bulk, images, "old")
    operation = await bulk.ask_delete(tag_id)

    with pytest.raises(OperationCancelled):
        await bulk.run(operation, is_cancelled=True)

    assert [list(await bulk.tags_of(one)) for one in images] == [["old"]] * 7


async def test_history__is_forgotten_when_its_time_is_over(units: Units) -> None:
    bulk, images = await make_bulk(units, 3)
    await bulk.run(await bulk.tag(images, add=("old",)))
    bulk.clock.advance(timedelta(days=2))
    young = await bulk.tag(images[:1], add=("young",))
    await bulk.run(young)

    await HistoryForgetter(units, bulk.clock, timedelta(days=1)).forget()

    assert [[line.change.id for line in await bulk.history(one)] for one in images] == [[young.id], [], []]
    assert sorted(await bulk.tags_of(images[0])) == ["old", "young"]


async def test_history__goes_with_its_image(units: Units) -> None:
    project = await add_project(units)
    bulk, image = Bulk(units, project), await add_image(units, project)
    await bulk.run(await bulk.tag([image], add=("x",)))
    async with units() as unit:
        await unit.images.delete(project.id, [image], NOW)
        await unit.commit()

    assert await bulk.history(image) == []
