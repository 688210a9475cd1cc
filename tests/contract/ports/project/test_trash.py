"""The trash in both databases: what lies in it exists for nobody, in no read."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

from loupe_kit import ids
from loupe_project.domain import query as queries
from loupe_project.domain.image_access import AccessMode, AccessWish, Principal
from loupe_project.domain.project import Member, PrincipalKind, Project, ProjectRole
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import Order
from tests.contract.ports.project.builders import (
    LOUPE,
    NOW,
    Units,
    add_image,
    add_images,
    add_project,
    details,
    make_image,
    make_result,
    report,
)

LATER = NOW + timedelta(minutes=5)
DELETION = ids.new_id()
EVERY = queries.read("", queries.Context(now=NOW, zone=ZoneInfo("UTC")))


def _scope(user_id: str) -> Scope:
    return Scope(user_id=user_id, principal=f"users/{user_id}")


async def throw(units: Units, project: Project, *image_ids: str, deletion: str = DELETION) -> list[str]:
    async with units() as unit:
        thrown = await unit.trash.put(project.id, image_ids, deletion, "users/ada", NOW)
        await unit.commit()
    return thrown


async def found(units: Units, project: Project, scope: Scope) -> set[str]:
    """What a search finds, after looking whether counts, details and totals of the project say the same."""
    async with units(read_only=True) as unit:
        page = await unit.search.page(scope, project.id, EVERY, order=Order.NEWEST, after=(), limit=100)
        assert await unit.search.count(scope, project.id, EVERY) == len(page.ids)
        seen = await unit.projects.get(scope, project.id)
        if seen is not None:
            counts = await unit.projects.image_counts(scope, [seen])
            assert counts[project.id].total == len(page.ids)
        known = await unit.images.details(scope, project.id, list(page.ids))
        assert [one.image.id for one in known] == list(page.ids)
    return set(page.ids)


async def test_put__exists_for_nobody(units: Units) -> None:
    viewer, reader = ids.new_id(), ids.new_id()
    project = await add_project(units, members=(Member(PrincipalKind.USER, viewer, ProjectRole.VIEWER),))
    gone, kept, hidden = [await add_image(units, project, tags=("mine",)) for _ in range(3)]
    async with units() as unit:
        await unit.image_access.modify(project.id, [gone, hidden], AccessWish(mode=AccessMode.RESTRICTED))
        wish = AccessWish(add=(Principal(PrincipalKind.USER, reader),))
        await unit.image_access.modify(project.id, [gone, kept], wish)
        await unit.commit()
    owner = _scope(project.owner_id)
    assert await found(units, project, owner) == {gone, kept, hidden}

    assert await throw(units, project, gone) == [gone]
    assert await throw(units, project, gone) == []

    assert await found(units, project, owner) == {kept, hidden}
    assert await found(units, project, _scope(viewer)) == {kept}
    assert await found(units, project, _scope(reader)) == {kept}
    async with units(read_only=True) as unit:
        assert await unit.images.get(owner, project.id, gone) is None
        assert await unit.images.details(owner, project.id, [gone]) == []
        assert await unit.images.existing(owner, project.id, [gone, kept]) == {kept}
        assert await unit.exports.file_names(owner, project.id, [gone]) == {}
        tags = await unit.tags.list_most_used_first(owner, project.id, contains="mine", after=None, limit=5)
        assert [one.image_count for one in tags] == [2]
        # Its bytes and jobs are still the business of Loupe itself; search is nobody's.
        assert await unit.images.existing(LOUPE, project.id, [gone]) == {gone}
        assert await unit.search.count(LOUPE, project.id, EVERY) == 2


async def test_restore__as_it_was(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project, tags=("mine",), metadata={"line": "L3"})
    await report(units, make_result(project, image_id))
    before = await details(units, project, image_id)
    await throw(units, project, image_id)

    async with units() as unit:
        assert await unit.trash.restore(project.id, [image_id, ids.new_id()]) == [image_id]
        assert await unit.trash.restore(project.id, [image_id]) == []
        await unit.commit()

    assert await found(units, project, _scope(project.owner_id)) == {image_id}
    assert await details(units, project, image_id) == before


async def test_put__of_another_project(units: Units) -> None:
    project, other = await add_project(units), await add_project(units)
    image_id = await add_image(units, project)

    assert await throw(units, other, image_id) == []
    assert await throw(units, project, image_id) == [image_id]
    async with units() as unit:
        assert await unit.trash.restore(other.id, [image_id]) == []
        assert await unit.trash.purge(other.id, [image_id], LATER) == 0
        assert await unit.trash.existing(other.id, [image_id]) == set()


async def test_list__newest_first_in_pages_and_by_deletion(units: Units) -> None:
    project = await add_project(units)
    one, two, three = [await add_image(units, project) for _ in range(3)]
    second = ids.new_id()
    await throw(units, project, one, two)
    async with units() as unit:
        await unit.trash.put(project.id, [three], second, "users/bob", LATER)
        await unit.commit()

    async with units(read_only=True) as unit:
        first = await unit.trash.list_newest_first(project.id, deletion_id=None, after=None, limit=2)
        last = first[-1]
        rest = await unit.trash.list_newest_first(
            project.id, deletion_id=None, after=(last.delete_time, last.id), limit=2
        )
        assert [each.id for each in (*first, *rest)] == [three, two, one]
        assert (first[0].deleter, first[0].deletion_id, first[0].delete_time) == ("users/bob", second, LATER)
        assert (first[0].file_name, first[0].width) == ("cell.png", 300)
        assert await unit.trash.count(project.id) == 3
        assert await unit.trash.ids(project.id, DELETION) == [one, two]
        assert await unit.trash.count(project.id, second) == 1
        assert await unit.trash.overdue(LATER, 10) == [(project.id, one), (project.id, two)]


async def test_purge__what_is_in_the_trash_alone(units: Units) -> None:
    project = await add_project(units)
    gone, kept = await add_image(units, project), await add_image(units, project)
    await throw(units, project, gone)

    async with units() as unit:
        assert await unit.trash.purge(project.id, [gone, kept], LATER) == 1
        await unit.commit()

    async with units(read_only=True) as unit:
        assert await unit.images.existing(LOUPE, project.id, [gone, kept]) == {kept}
        assert [one.image_id for one in await unit.removals.oldest(10)] == [gone]
        assert await unit.trash.count(project.id) == 0


async def test_purge_and_restore_at_once__one_of_them_wins(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await throw(units, project, image_id)

    async def purge() -> int:
        async with units() as unit:
            count = await unit.trash.purge(project.id, [image_id], LATER)
            await unit.commit()
        return count

    async def restore() -> int:
        async with units() as unit:
            count = len(await unit.trash.restore(project.id, [image_id]))
            await unit.commit()
        return count

    purged, restored = await asyncio.gather(purge(), restore())

    assert purged + restored == 1
    async with units(read_only=True) as unit:
        assert await unit.images.existing(LOUPE, project.id, [image_id]) == ({image_id} if restored else set())


async def test_add__the_same_bytes_bring_an_image_back(units: Units) -> None:
    project = await add_project(units)
    first, other = make_image(project, metadata={"lot": "A1"}), make_image(project)
    await add_images(units, project, first, other)
    await throw(units, project, first.id)

    again, twin = make_image(project, sha256=first.sha256), make_image(project, sha256=other.sha256)
    added = await add_images(units, project, again, twin)

    assert [(one.image_id, one.is_duplicate, one.is_restored) for one in added] == [
        (first.id, True, True),
        (other.id, True, False),
    ]
    assert await found(units, project, _scope(project.owner_id)) == {first.id, other.id}
    assert (await details(units, project, first.id)).metadata == {"lot": "A1"}


async def test_delete_project__with_its_trash(units: Units) -> None:
    project = await add_project(units)
    image_id = await add_image(units, project)
    await throw(units, project, image_id)

    async with units() as unit:
        await unit.projects.delete(project.id, LATER)
        await unit.commit()

    async with units(read_only=True) as unit:
        assert await unit.trash.overdue(LATER + timedelta(days=1), 10) == []
        assert [(one.project_id, one.image_id) for one in await unit.removals.oldest(10)] == [(project.id, None)]
