"""Selections and findings in both databases."""

from dataclasses import replace

from loupe_kit import ids
from loupe_project.domain.curation import (
    CurationRun,
    CurationState,
    Duplicate,
    Outlier,
    Pick,
    RunFacts,
    RunKind,
    Selection,
    SelectionFacts,
    Strategy,
)
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.project import Project
from loupe_project.domain.query.tree import Everything
from loupe_project.domain.search import Order
from loupe_project.domain.selection import Selection as Images
from tests.contract.ports.project.builders import LOUPE, MODEL, NOW, Units, add_image, add_project

SOURCE = FeatureSource(MODEL, "1")


def make_selection(project: Project) -> Selection:
    return Selection(
        id=ids.new_id(),
        project_id=project.id,
        display_name="Next",
        images=Images(query="line:L1"),
        count=3,
        strategy=Strategy.AUTO,
        source=SOURCE,
        seed=7,
        balance_by="line",
        creator="users/ada",
        operation_id=ids.new_id(),
        create_time=NOW,
        update_time=NOW,
    )


def make_run(project: Project, kind: RunKind) -> CurationRun:
    return CurationRun(
        id=ids.new_id(),
        project_id=project.id,
        kind=kind,
        images=Images(query=""),
        reference=Images(query="tag:golden"),
        source=SOURCE,
        seed=0,
        creator="users/ada",
        operation_id=ids.new_id(),
        create_time=NOW,
        update_time=NOW,
    )


async def test_selection__is_kept_with_its_picks(units: Units) -> None:
    project = await add_project(units)
    image_ids = [await add_image(units, project, file_name=f"{number}.png") for number in range(3)]
    made = make_selection(project)
    picks = [Pick(image_id, rank, 5, 0.25, "Is near.") for rank, image_id in enumerate(image_ids, start=1)]
    done = replace(
        made,
        state=CurationState.SUCCEEDED,
        strategy=Strategy.COVERAGE,
        facts=SelectionFacts(9, 1, 2, 0.5, "a" * 64, 1.5),
        pick_count=3,
    )
    async with units() as unit:
        await unit.curation.add_selection(made)
        await unit.curation.put_picks(made.id, picks[::-1])
        await unit.curation.put_picks(made.id, picks)
        assert await unit.curation.save_selection(done)
        await unit.commit()

    async with units() as unit:
        assert await unit.curation.get_selection(LOUPE, project.id, made.id) == done
        assert await unit.curation.list_selections(LOUPE, project.id, before="", limit=5) == [done]
        assert await unit.curation.list_selections(LOUPE, project.id, before=made.id, limit=5) == []
        found = await unit.curation.picks(LOUPE, done, after=1, limit=5)
        assert [(one.rank, one.image_id, one.file_name) for one in found] == [
            (2, image_ids[1], "1.png"),
            (3, image_ids[2], "2.png"),
        ]
        await unit.images.delete(project.id, [image_ids[0]], NOW)
        assert await unit.curation.pick_ids(LOUPE, done) == image_ids[1:]
        await unit.curation.delete_selection(made.id)
        assert await unit.curation.get_selection(LOUPE, project.id, made.id) is None
        assert not await unit.curation.save_selection(done)


async def test_outliers__order_pages_and_the_run_that_counts(units: Units) -> None:
    project = await add_project(units)
    image_ids = [await add_image(units, project) for _ in range(4)]
    first, second = make_run(project, RunKind.OUTLIERS), make_run(project, RunKind.OUTLIERS)
    succeeded = replace(second, state=CurationState.SUCCEEDED, facts=RunFacts(3, 1, 0, 0, 0.1, 15, 0.0, 2.5))
    scores = [
        Outlier(image_id, score, 0.3, image_ids[0]) for image_id, score in zip(image_ids, (0.5, 1.0, 0.5), strict=False)
    ]
    async with units() as unit:
        await unit.curation.add_run(replace(first, state=CurationState.SUCCEEDED))
        await unit.curation.add_run(second)
        await unit.curation.put_outliers(first, scores)
        await unit.curation.supersede(project.id, RunKind.OUTLIERS)
        await unit.curation.save_run(succeeded)
        await unit.curation.put_outliers(succeeded, scores)
        await unit.commit()

    async with units() as unit:
        assert await unit.curation.get_run(LOUPE, project.id, second.id) == succeeded
        states = [one.state for one in await unit.curation.list_runs(LOUPE, project.id, before="", limit=5)]
        assert states == [CurationState.SUCCEEDED, CurationState.SUPERSEDED]
        page = await unit.curation.outliers(LOUPE, succeeded, after=None, limit=2)
        rest = await unit.curation.outliers(LOUPE, succeeded, after=(page[1].score, page[1].image_id), limit=2)
        assert [one.image_id for one in page + rest] == [image_ids[1], image_ids[2], image_ids[0]]
        assert {one.nearest_image_id for one in page} == {image_ids[0]}
        assert await unit.search.ids(LOUPE, project, "outlier>0.9") == [image_ids[1]]
        by_oddity = await unit.search.page(LOUPE, project.id, Everything(), order=Order.OUTLIER, after=(), limit=10)
        assert by_oddity.ids == (image_ids[1], image_ids[2], image_ids[0], image_ids[3])
        await unit.curation.delete_run(second.id)
        assert await unit.search.ids(LOUPE, project, "has:outlier") == []


async def test_duplicates__largest_group_first_most_alike_first(units: Units) -> None:
    project = await add_project(units)
    image_ids = [await add_image(units, project, file_name=f"{number}.png") for number in range(6)]
    run = make_run(project, RunKind.DUPLICATES)
    a, b, c, d, e, f = image_ids
    found = [
        Duplicate(b, a, is_exact=False, difference=0.01),
        Duplicate(d, c, is_exact=False, difference=0.01),
        Duplicate(e, c, is_exact=True, difference=0.0),
    ]
    async with units() as unit:
        await unit.curation.add_run(replace(run, state=CurationState.SUCCEEDED))
        await unit.curation.put_duplicates(run, found)
        await unit.commit()

    async with units() as unit:
        (first,) = await unit.curation.duplicate_groups(LOUPE, run, after=None, limit=1)
        (second,) = await unit.curation.duplicate_groups(LOUPE, run, after=(2, c), limit=5)
        assert (first.keeper_id, first.keeper_file_name, first.member_count) == (c, "2.png", 2)
        assert [(one.image_id, one.is_exact) for one in first.members] == [(e, True), (d, False)]
        assert (second.keeper_id, second.member_count) == (a, 1)
        assert sorted(await unit.search.ids(LOUPE, project, "has:dup")) == sorted([a, b, c, d, e])
        assert await unit.search.ids(LOUPE, project, "dup:exact") == [e]
        assert sorted(await unit.search.ids(LOUPE, project, "dup:keeper")) == sorted([a, c])
        assert f in await unit.search.ids(LOUPE, project, "-dup:near")


async def test_user_tags__automatic_ones_do_not_count(units: Units) -> None:
    project = await add_project(units)
    tagged = await add_image(units, project, tags=("Night", "first look"))
    plain = await add_image(units, project)

    async with units() as unit:
        assert await unit.curation.user_tags(project.id, [tagged, plain]) == {tagged: "first look\nnight"}
