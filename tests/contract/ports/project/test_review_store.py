"""Who has which image, in both databases, when everybody asks at once."""

import asyncio
from datetime import timedelta

import pytest

from loupe_kit import ids
from loupe_project.domain.image import NewLabel
from loupe_project.domain.project import Member, PrincipalKind, Project, ProjectRole
from loupe_project.domain.query.tree import Everything
from loupe_project.domain.review import LEASE, Review, ReviewAction, ReviewOrder, Taken
from loupe_project.domain.scope import Scope
from loupe_project.use_cases.retry import retry_conflicts
from tests.contract.ports.project.builders import NOW, Units, add_image, add_project, make_result, report

REVIEWERS = [Scope(user_id=one, principal=f"users/{one}") for one in (ids.new_id() for _ in range(4))]


async def make_world(units: Units, count: int) -> tuple[Project, list[str]]:
    members = tuple(Member(PrincipalKind.USER, one.user_id, ProjectRole.EDITOR) for one in REVIEWERS)
    project = await add_project(units, members=members)
    return project, [await add_image(units, project) for _ in range(count)]


async def take(
    units: Units,
    project: Project,
    reviewer: Scope,
    limit: int = 10,
    after: timedelta = timedelta(),
    *,
    order: ReviewOrder = ReviewOrder.LEAST_CONFIDENCE,
    include_labelled: bool = False,
) -> list[Taken]:
    async def once() -> list[Taken]:
        async with units() as unit:
            taken = await unit.reviews.take(
                reviewer,
                project.id,
                Everything(),
                order,
                include_labelled=include_labelled,
                limit=limit,
                now=NOW + after,
                until=NOW + after + LEASE,
            )
            await unit.commit()
            return taken

    return await retry_conflicts(once)


async def test_take__all_at_once_share_without_overlap(units: Units) -> None:
    project, images = await make_world(units, 16)

    rounds = [
        await asyncio.gather(*(take(units, project, one, limit=4 * (again + 1)) for one in REVIEWERS))
        for again in range(3)
    ]

    held = [[one.image_id for one in taken] for taken in rounds[-1]]
    everything = [image_id for some in held for image_id in some]
    assert len(everything) == len(set(everything))
    assert set(everything) == set(images)


async def test_take__an_image_is_free_again_when_its_time_is_over(units: Units) -> None:
    project, (image,) = await make_world(units, 1)
    first, second, *_ = REVIEWERS

    assert [one.image_id for one in await take(units, project, first)] == [image]
    assert await take(units, project, second, after=LEASE - timedelta(seconds=1)) == []
    assert [one.image_id for one in await take(units, project, second, after=LEASE)] == [image]
    async with units(read_only=True) as unit:
        holder = await unit.reviews.holder(image, NOW + LEASE)
    assert holder == (second.principal, NOW + 2 * LEASE)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (ReviewOrder.LEAST_CONFIDENCE, ["unsure", "sure", "silent"]),
        (ReviewOrder.DISAGREEMENT, ["sure", "unsure", "silent"]),
        (ReviewOrder.NEWEST, ["silent", "sure", "unsure"]),
    ],
)
async def test_take__orders(units: Units, order: ReviewOrder, expected: list[str]) -> None:
    project, _ = await make_world(units, 0)
    found = {name: await add_image(units, project, file_name=name) for name in ("unsure", "sure", "silent")}
    await report(units, make_result(project, found["unsure"], label="OK", confidence=0.1))
    await report(units, make_result(project, found["sure"], label="OK", confidence=0.9))
    async with units() as unit:
        await unit.labels.put(project.id, {found["sure"]: [NewLabel("NG")]}, "users/ada", NOW)
        await unit.commit()

    taken = await take(units, project, REVIEWERS[0], order=order, include_labelled=True)

    names = {image_id: name for name, image_id in found.items()}
    assert [names[one.image_id] for one in taken] == expected


async def test_progress__counts_what_is_left_for_whom(units: Units) -> None:
    project, images = await make_world(units, 5)
    first, second, *_ = REVIEWERS
    async with units() as unit:
        await unit.labels.put(project.id, {images[0]: [NewLabel("OK")]}, "users/ada", NOW)
        await unit.reviews.put(project.id, Review(images[1], first.principal, ReviewAction.RELABEL, NOW))
        await unit.reviews.skip(project.id, images[2], first.principal, NOW)
        await unit.commit()
    (taken,) = await take(units, project, second, limit=1)

    async with units(read_only=True) as unit:
        found = await unit.reviews.progress(first, project.id, Everything(), include_labelled=False, now=NOW)
        confirm = await unit.reviews.progress(first, project.id, Everything(), include_labelled=True, now=NOW)

    assert (found.images, found.left, found.taken, found.mine) == (5, 3, 1, 1)
    assert confirm.left == 4
    assert taken.image_id in images[2:]
    assert not taken.is_skipped
    mine = await take(units, project, first)
    assert [one.is_skipped for one in mine] == sorted(one.is_skipped for one in mine)
