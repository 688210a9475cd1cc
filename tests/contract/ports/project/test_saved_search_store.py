"""Saved searches, who looked at them, and their history, in both databases."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from loupe_kit import ids
from loupe_project.domain import query
from loupe_project.domain.history import Alteration, Change, Fact
from loupe_project.domain.project import Member, PrincipalKind, Project, ProjectRole
from loupe_project.domain.saved_search import DailyCount, SavedSearch, SearchVisibility
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import Order
from tests.contract.ports.project.builders import LOUPE, NOW, Units, add_image, add_project

ADA, BEN = ids.new_id(), ids.new_id()


def of(user_id: str) -> Scope:
    return Scope(user_id=user_id, principal=f"users/{user_id}")


async def shared_project(units: Units) -> Project:
    members = (Member(PrincipalKind.USER, ADA, ProjectRole.VIEWER), Member(PrincipalKind.USER, BEN, ProjectRole.VIEWER))
    return await add_project(units, members=members)


def make_search(project: Project, name: str, **fields: object) -> SavedSearch:
    search = SavedSearch(
        id=ids.new_id(),
        project_id=project.id,
        display_name=name,
        query='label:"균열 A" conf<0.6',
        order=Order.CONFIDENCE,
        visibility=SearchVisibility.PRIVATE,
        creator=f"users/{ADA}",
        create_time=NOW,
        update_time=NOW,
    )
    return replace(search, **fields)  # type: ignore[arg-type]


async def add(units: Units, *searches: SavedSearch) -> None:
    async with units() as unit:
        for search in searches:
            await unit.saved_searches.add(search)
        await unit.commit()


async def test_search__comes_back_with_the_callers_own_look(units: Units) -> None:
    project = await shared_project(units)
    search = make_search(project, "Doubtful", visibility=SearchVisibility.SHARED)
    await add(units, search)
    for time in (NOW, NOW + timedelta(hours=1)):
        async with units() as unit:
            await unit.saved_searches.looked(search.id, f"users/{BEN}", time)
            await unit.commit()

    async with units(read_only=True) as unit:
        assert await unit.saved_searches.get(of(ADA), project.id, search.id) == search
        seen = await unit.saved_searches.get(of(BEN), project.id, search.id)

    assert seen == replace(search, look_time=NOW + timedelta(hours=1))


async def test_search__private_ones_exist_for_their_creator(units: Units) -> None:
    project, other = await shared_project(units), await shared_project(units)
    private, shared = make_search(project, "b"), make_search(project, "a", visibility=SearchVisibility.SHARED)
    await add(units, private, shared, make_search(other, "c", visibility=SearchVisibility.SHARED))

    async with units(read_only=True) as unit:
        mine = await unit.saved_searches.list_by_name(of(ADA), project.id, after=None, limit=10)
        his = await unit.saved_searches.list_by_name(of(BEN), project.id, after=None, limit=10)
        strangers = await unit.saved_searches.list_by_name(of(ids.new_id()), project.id, after=None, limit=10)
        hidden = await unit.saved_searches.get(of(BEN), project.id, private.id)
        elsewhere = await unit.saved_searches.get(of(ADA), other.id, private.id)

    assert [one.display_name for one in mine] == ["a", "b"]
    assert [one.display_name for one in his] == ["a"]
    assert (strangers, hidden, elsewhere) == ([], None, None)


async def test_list__pages_by_folded_name(units: Units) -> None:
    project = await shared_project(units)
    await add(units, *(make_search(project, name) for name in ("B", "a", "b", "C")))
    found: list[str] = []
    after = None
    async with units(read_only=True) as unit:
        while page := await unit.saved_searches.list_by_name(of(ADA), project.id, after=after, limit=1):
            found.append(page[0].display_name)
            after = (page[0].display_name.casefold(), page[0].id)
        count = await unit.saved_searches.count_of(project.id, f"users/{ADA}")

    assert [name.casefold() for name in found] == ["a", "b", "b", "c"]
    assert count == 4


async def test_save__keeps_or_forgets_the_history(units: Units) -> None:
    project = await shared_project(units)
    search = make_search(project, "x")
    await add(units, search)
    today = DailyCount(date(2026, 11, 22), 7)
    async with units() as unit:
        await unit.saved_searches.put_count(search.id, today)
        await unit.saved_searches.save(replace(search, display_name="y"), forget_history=False)
        kept = await unit.saved_searches.counts(search.id, before=None, limit=9)
        await unit.saved_searches.save(replace(search, query="b"), forget_history=True)
        gone = await unit.saved_searches.counts(search.id, before=None, limit=9)
        changed = await unit.saved_searches.get(of(ADA), project.id, search.id)

    assert (list(kept), list(gone)) == ([today], [])
    assert changed == replace(search, query="b")


async def test_counts__the_first_of_a_day_stays_and_old_ones_are_forgotten(units: Units) -> None:
    project = await shared_project(units)
    search = make_search(project, "x")
    await add(units, search)
    days = [date(2026, 11, 22) - timedelta(days=back) for back in range(4)]
    async with units() as unit:
        for count, day in enumerate([*days, days[0]]):
            await unit.saved_searches.put_count(search.id, DailyCount(day, count))
        await unit.saved_searches.forget_counts(days[2])
        newest = await unit.saved_searches.counts(search.id, before=None, limit=2)
        rest = await unit.saved_searches.counts(search.id, before=days[1], limit=2)

    assert list(newest) == [DailyCount(days[0], 0), DailyCount(days[1], 1)]
    assert list(rest) == [DailyCount(days[2], 2)]


async def test_list_to_count__says_how_far_the_history_goes(units: Units) -> None:
    project = await shared_project(units)
    one, two = make_search(project, "x"), make_search(project, "y")
    await add(units, one, two)
    async with units() as unit:
        await unit.saved_searches.put_count(two.id, DailyCount(date(2026, 11, 22), 1))
        await unit.saved_searches.put_count(two.id, DailyCount(date(2026, 11, 21), 1))
        await unit.commit()

    async with units(read_only=True) as unit:
        (first,) = await unit.saved_searches.list_to_count(after="", limit=1)
        (second,) = await unit.saved_searches.list_to_count(after=first.search.id, limit=9)

    assert (first.search, first.last_day) == (one, None)
    assert (second.search, second.last_day) == (two, date(2026, 11, 22))


async def test_delete__takes_looks_and_history_along(units: Units) -> None:
    project = await shared_project(units)
    one, two = make_search(project, "x"), make_search(project, "y")
    await add(units, one, two)
    async with units() as unit:
        for search in (one, two):
            await unit.saved_searches.looked(search.id, f"users/{ADA}", NOW)
            await unit.saved_searches.put_count(search.id, DailyCount(NOW.date(), 1))
        await unit.saved_searches.delete(one.id)
        await unit.commit()
    async with units() as unit:
        assert await unit.saved_searches.get(LOUPE, project.id, one.id) is None
        assert not await unit.saved_searches.counts(one.id, before=None, limit=9)
        await unit.projects.delete(project.id, NOW)
        await unit.commit()
    async with units(read_only=True) as unit:
        assert await unit.saved_searches.list_to_count(after="", limit=9) == []


async def test_changed__the_row_and_the_history_of_an_image_count(units: Units) -> None:
    project, other = await shared_project(units), await shared_project(units)
    untouched, tagged = await add_image(units, project), await add_image(units, project)
    stranger = await add_image(units, other)
    change = Change(ids.new_id(), project.id, "MODIFY_IMAGE_TAGS", f"users/{ADA}", NOW + timedelta(hours=1))
    elsewhere = replace(change, id=ids.new_id(), project_id=other.id)
    async with units() as unit:
        for one, image_id in ((change, tagged), (elsewhere, stranger)):
            await unit.history.begin(one)
            await unit.history.record(one.id, [Alteration(image_id, Fact.TAG, "a", None, "{}")], one.create_time)
        await unit.commit()
    context = query.Context(NOW + timedelta(hours=2), ZoneInfo("UTC"))

    async def found(text: str) -> set[str]:
        async with units(read_only=True) as unit:
            node = query.read(text, context)
            page = await unit.search.page(LOUPE, project.id, node, order=Order.NEWEST, after=(), limit=9)
            assert await unit.search.count(LOUPE, project.id, node) == len(page.ids)
            return set(page.ids)

    assert await found("changed>=-90m") == {tagged}
    assert await found("-changed>=-90m") == {untouched}
    assert await found("changed<-90m") == {untouched, tagged}
    assert await found("변경>-1m") == set()
