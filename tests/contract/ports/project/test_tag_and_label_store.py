"""Tags and labels in both databases."""

import pytest

from loupe_kit import ids
from loupe_project.domain.errors import TagNameTaken
from loupe_project.domain.history import Change
from loupe_project.domain.image import Box, NewLabel, Origin
from loupe_project.domain.scope import Scope
from loupe_project.domain.tag import Tag
from tests.contract.ports.project.builders import (
    LOUPE,
    NOW,
    Units,
    add_image,
    add_project,
    details,
    tag_names,
)


def make_tag(project_id: str, text: str) -> Tag:
    return Tag(ids.new_id(), project_id, text, "#ff0000", Origin.USER, "users/ada", NOW, NOW)


async def test_tag__comes_back_with_its_count(units: Units) -> None:
    project = await add_project(units)
    tag = make_tag(project.id, "스크래치")
    async with units() as unit:
        await unit.tags.add(tag)
        await unit.commit()
    await add_image(units, project, tags=("스크래치",))

    async with units(read_only=True) as unit:
        found = await unit.tags.get(LOUPE, project.id, tag.id)
        assert await unit.tags.get(Scope(user_id=ids.new_id()), project.id, tag.id) is None

    assert found == Tag(**{**{name: getattr(tag, name) for name in tag.__slots__}, "image_count": 1})


async def test_tag__text_is_taken_once_a_project(units: Units) -> None:
    project, other = await add_project(units), await add_project(units)
    async with units() as unit:
        await unit.tags.add(make_tag(project.id, "Scratch"))
        await unit.tags.add(make_tag(other.id, "scratch"))
        await unit.commit()

    async with units() as unit:
        with pytest.raises(TagNameTaken):
            await unit.tags.add(make_tag(project.id, "SCRATCH"))


async def test_tag__rename_to_a_taken_text(units: Units) -> None:
    project = await add_project(units)
    one, two = make_tag(project.id, "one"), make_tag(project.id, "two")
    async with units() as unit:
        await unit.tags.add(one)
        await unit.tags.add(two)
        await unit.commit()

    async with units() as unit:
        with pytest.raises(TagNameTaken):
            await unit.tags.save(Tag(two.id, project.id, "ONE", "", Origin.USER, "", NOW, NOW))


async def test_list__most_used_first_in_pages(units: Units) -> None:
    project = await add_project(units)
    for texts in (("a", "b", "c"), ("b", "c"), ("c", "d")):
        await add_image(units, project, tags=texts)

    async with units(read_only=True) as unit:
        first = await unit.tags.list_most_used_first(LOUPE, project.id, contains="", after=None, limit=4)
        after = (first[-1].image_count, first[-1].display_name)
        rest = await unit.tags.list_most_used_first(LOUPE, project.id, contains="", after=after, limit=9)

    assert [(one.display_name, one.image_count) for one in (*first, *rest)] == [
        ("c", 3),
        ("month:2026-11", 3),
        ("source:grpc", 3),
        ("b", 2),
        ("a", 1),
        ("d", 1),
    ]


async def test_put_on_and_take_off__count_what_changed(units: Units) -> None:
    project = await add_project(units)
    one, two = await add_image(units, project, tags=("x",)), await add_image(units, project)

    async with units() as unit:
        tag_of = await unit.tags.ensure(project.id, ["X", "y"], Origin.USER, "users/ada", NOW)
        assert await unit.tags.put_on([one, two], sorted(tag_of.values()), Origin.USER, "users/ada", NOW) == 3
        assert await unit.tags.put_on([one, two], sorted(tag_of.values()), Origin.USER, "users/ada", NOW) == 0
        assert await unit.tags.take_off([one, two], [tag_of["x"]]) == 2
        assert await unit.tags.take_off([one], [tag_of["x"]]) == 0
        await unit.commit()

    assert tag_names(await details(units, project, one))[-1] == "y"
    async with units(read_only=True) as unit:
        found = await unit.tags.find(project.id, ["Y", "z"])
    assert [tag.display_name for tag in found.values()] == ["y"]


async def test_delete_tag__comes_off_its_images(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project, tags=("x", "y"))

    async with units() as unit:
        found = await unit.tags.find(project.id, ["x"])
        change = Change(ids.new_id(), project.id, "DELETE_TAG", "users/ada", NOW)
        await unit.history.begin(change)
        await unit.tags.delete(found["x"], change_id=change.id, now=NOW)
        await unit.commit()

    assert tag_names(await details(units, project, image_id))[-1] == "y"
    assert "x" not in tag_names(await details(units, project, image_id))


async def test_labels__one_class_many_boxes(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project, labels=(NewLabel("OK"),))
    box = Box(0.5, 1.25, 10, 20)

    async with units() as unit:
        await unit.labels.put(project.id, {image_id: [NewLabel("crack", box)]}, "users/ada", NOW)
        given = await unit.labels.put(project.id, {image_id: [NewLabel("NG")]}, "users/ada", NOW)
        await unit.commit()

    found = await details(units, project, image_id)
    assert sorted((one.display_name, one.box) for one in found.labels) == [("NG", None), ("crack", box)]
    assert found.image.truth == "NG"
    assert given[image_id][0] in found.labels


async def test_labels__deleting_the_class_clears_the_truth(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project, labels=(NewLabel("OK"), NewLabel("crack", Box(0, 0, 1, 1))))
    labels = {one.display_name: one for one in (await details(units, project, image_id)).labels}

    async with units() as unit:
        await unit.labels.exchange(project.id, [labels["crack"]], [], NOW)
        await unit.commit()
    assert (await details(units, project, image_id)).image.truth == "OK"

    async with units() as unit:
        await unit.labels.exchange(project.id, [labels["OK"]], [], NOW)
        await unit.commit()
    assert (await details(units, project, image_id)).image.truth is None


async def test_labels__pages_oldest_first(units: Units) -> None:
    project = await add_project(units)
    boxes = tuple(NewLabel(f"box {n}", Box(n, 0, 1, 1)) for n in range(3))
    image_id = await add_image(units, project, labels=boxes)

    async with units(read_only=True) as unit:
        first = await unit.labels.list_oldest_first(image_id, after="", limit=2)
        rest = await unit.labels.list_oldest_first(image_id, after=first[-1].id, limit=2)

    assert [one.display_name for one in (*first, *rest)] == ["box 0", "box 1", "box 2"]
