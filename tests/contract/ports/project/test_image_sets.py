"""Sets of images: found by queries as long as they live, under the rights of who asks."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from loupe_kit import ids
from loupe_project.domain import image_set as domain
from loupe_project.domain.image_set import ImageSet
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from tests.contract.ports.project.builders import LOUPE, NOW, Units, add_image, add_project


async def keep(units: Units, project: Project, image_ids: list[str], **more: Any) -> ImageSet:
    new = replace(ImageSet(ids.new_id(), project.id, "users/x", len(image_ids), NOW + timedelta(days=1)), **more)
    async with units() as unit:
        await unit.image_sets.add(new, image_ids)
        await unit.commit()
    return new


async def found(units: Units, project: Project, query: str, scope: Scope = LOUPE) -> set[str]:
    async with units(read_only=True) as unit:
        return set(await unit.search.ids(scope, project, query))


async def test_set__finds_its_images_and_no_others(units: Units) -> None:
    project = await add_project(units)
    one, two, three = [await add_image(units, project) for _ in range(3)]
    picked = await keep(units, project, [one, three])

    assert await found(units, project, picked.query) == {one, three}
    assert await found(units, project, f"-{picked.query}") == {two}
    assert await found(units, project, f"set:{ids.new_id()}") == set()


async def test_set__of_more_images_than_a_part_takes(units: Units) -> None:
    project = await add_project(units)
    one = await add_image(units, project)
    others = [ids.new_id() for _ in range(45_000)]
    picked = await keep(units, project, [*others, one])

    assert await found(units, project, picked.query) == {one}


async def test_forget__sets_whose_time_is_over(units: Units) -> None:
    project = await add_project(units)
    one = await add_image(units, project)
    old = await keep(units, project, [one], expire_time=NOW)
    new = await keep(units, project, [one])
    async with units() as unit:
        await unit.image_sets.forget(NOW)
        await unit.commit()

    assert await found(units, project, old.query) == set()
    assert await found(units, project, new.query) == {one}


async def test_add__more_than_one_may_have_the_oldest_goes(units: Units) -> None:
    project = await add_project(units)
    one = await add_image(units, project)
    kept = [await keep(units, project, [one]) for _ in range(domain.MAX_KEPT + 1)]
    others = await keep(units, project, [one], creator="users/y")

    assert await found(units, project, kept[0].query) == set()
    assert await found(units, project, kept[1].query) == {one}
    assert await found(units, project, others.query) == {one}
