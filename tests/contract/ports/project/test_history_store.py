"""The history of images in both databases."""

from datetime import datetime, timedelta

from loupe_kit import ids
from loupe_project.domain.history import Alteration, Change, Fact
from loupe_project.domain.project import Project
from tests.contract.ports.project.builders import NOW, Units, add_image, add_project

LATER = NOW + timedelta(seconds=1)
ALL = frozenset(Fact)


def make_change(project: Project, time: datetime = NOW, *, is_operation: bool = False) -> Change:
    return Change(ids.new_id(), project.id, "UPDATE_IMAGE", f"users/{project.owner_id}", time, is_operation)


async def record(units: Units, change: Change, time: datetime, *alterations: Alteration) -> None:
    async with units() as unit:
        await unit.history.begin(change)
        await unit.history.begin(change)
        await unit.history.record(change.id, alterations, time)
        await unit.commit()


def key(image_id: str, name: str = "line", old: str | None = None, new: str | None = '"L1"') -> Alteration:
    return Alteration(image_id, Fact.METADATA, name, old, new)


async def test_history__newest_first_in_pages(units: Units) -> None:
    project = await add_project(units)
    image, other = await add_image(units, project), await add_image(units, project)
    first, second = make_change(project), make_change(project, LATER, is_operation=True)
    tag = Alteration(image, Fact.TAG, ids.new_id(), '{"text":"x","color":""}', None, "users/ada", NOW)
    await record(units, first, NOW, key(image), key(image, "lot"), key(other))
    await record(units, second, LATER, tag, key(image, old='"L1"', new=None))

    async with units(read_only=True) as unit:
        start = await unit.history.list_newest_first(image, ALL, after=None, limit=3)
        rest = await unit.history.list_newest_first(image, ALL, after=start[-1].place, limit=9)
        tags = await unit.history.list_newest_first(image, [Fact.TAG], after=None, limit=9)
        assert await unit.history.get(project.id, second.id) == second
        assert await unit.history.get(ids.new_id(), second.id) is None

    assert [(one.time, one.change) for one in start] == [(LATER, second), (LATER, second), (NOW, first)]
    assert [one.alteration.subject for one in (*start, *rest)] == [tag.subject, "line", "lot", "line"]
    assert [one.alteration for one in tags] == [tag]


async def test_piece_of__leaves_out_what_was_overwritten(units: Units) -> None:
    project = await add_project(units)
    images = sorted([await add_image(units, project) for _ in range(3)])
    first, second = make_change(project), make_change(project, LATER)
    await record(units, first, NOW, *(key(one) for one in images), key(images[0], "lot"))
    await record(units, second, LATER, key(images[0]), key(images[1], "lot"))

    async with units(read_only=True) as unit:
        piece = await unit.history.piece_of(first.id, after_image_id="", image_limit=2)
        rest = await unit.history.piece_of(first.id, after_image_id=piece.last_image_id, image_limit=2)
        end = await unit.history.piece_of(first.id, after_image_id=rest.last_image_id, image_limit=2)

    assert set(piece.alterations) == {key(images[0], "lot"), key(images[1])}
    assert (piece.overwritten_count, piece.image_count, piece.last_image_id) == (1, 2, images[1])
    assert (rest.alterations, rest.overwritten_count) == ((key(images[2]),), 0)
    assert (end.alterations, end.last_image_id) == ((), "")


async def test_piece_of__of_two_changes_at_one_instant_the_later_one_overwrites(units: Units) -> None:
    project = await add_project(units)
    image = await add_image(units, project)
    first, second = make_change(project), make_change(project)
    await record(units, first, NOW, key(image))
    await record(units, second, NOW, key(image))

    async with units(read_only=True) as unit:
        assert (await unit.history.piece_of(first.id, after_image_id="", image_limit=2)).overwritten_count == 1
        assert (await unit.history.piece_of(second.id, after_image_id="", image_limit=2)).overwritten_count == 0


async def test_forget__the_oldest_a_few_at_a_time(units: Units) -> None:
    project = await add_project(units)
    images = [await add_image(units, project) for _ in range(3)]
    old, new = make_change(project), make_change(project, LATER)
    await record(units, old, NOW, *(key(one) for one in images))
    await record(units, new, LATER, key(images[0]))

    rounds = 0
    async with units() as unit:
        while await unit.history.forget(LATER, 2):
            rounds += 1
        await unit.commit()

    assert rounds == 2
    async with units(read_only=True) as unit:
        assert await unit.history.get(project.id, old.id) is None
        assert [one.change for one in await unit.history.list_newest_first(images[0], ALL, after=None, limit=9)] == [
            new
        ]
