"""Splits and their images, in both databases."""

from dataclasses import replace

from loupe_kit import ids
from loupe_project.domain.curation import CurationRun, CurationState, Duplicate, RunKind
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope
from loupe_project.domain.selection import Selection as Images
from loupe_project.domain.split import Part, Split, SplitCandidate, SplitFacts, SplitImage
from tests.contract.ports.project.builders import LOUPE, MODEL, NOW, Units, add_image, add_project, make_image


def make_split(project: Project, **fields: object) -> Split:
    split = Split(
        id=ids.new_id(),
        project_id=project.id,
        display_name="나누기",
        images=Images(query="has:truth"),
        selection_id="",
        fractions={Part.TRAIN: 0.7, Part.VAL: 0.1, Part.TEST: 0.2},
        stratify_by="truth",
        group_by="lot",
        seed=7,
        creator="users/ada",
        operation_id=ids.new_id(),
        create_time=NOW,
        update_time=NOW,
    )
    return replace(split, **fields)  # type: ignore[arg-type]


async def add_split(units: Units, split: Split, *images: SplitImage) -> Split:
    async with units() as unit:
        await unit.splits.add(split)
        await unit.splits.put_images(split.id, images)
        await unit.commit()
    return split


def place(number: int, image_id: str, part: Part) -> SplitImage:
    return SplitImage(number, image_id, part, "ok", "Drawn.")


async def test_save__read_again(units: Units) -> None:
    project = await add_project(units)
    split = await add_split(units, make_split(project, images=None, selection_id=ids.new_id()))
    facts = SplitFacts(3, ids.new_id(), 12, "ab" * 32)
    done = replace(split, state=CurationState.SUCCEEDED, facts=facts)

    async with units() as unit:
        assert await unit.splits.save(done)
        await unit.commit()

    async with units(read_only=True) as unit:
        assert await unit.splits.get(LOUPE, project.id, split.id) == done
        assert await unit.splits.get(Scope(principal="users/eve", user_id=ids.new_id()), project.id, split.id) is None
        assert await unit.splits.get(LOUPE, ids.new_id(), split.id) is None


async def test_list__newest_first_and_deleted_ones_are_gone(units: Units) -> None:
    project = await add_project(units)
    older, newer = [await add_split(units, make_split(project)) for _ in range(2)]

    async with units() as unit:
        found = await unit.splits.list_newest_first(LOUPE, project.id, before="", limit=5)
        assert [one.id for one in found] == [newer.id, older.id]
        found = await unit.splits.list_newest_first(LOUPE, project.id, before=newer.id, limit=5)
        assert [one.id for one in found] == [older.id]
        await unit.splits.delete(newer.id)
        assert not await unit.splits.save(newer)
        await unit.commit()

    async with units(read_only=True) as unit:
        assert [one.id for one in await unit.splits.list_newest_first(LOUPE, project.id, before="", limit=5)] == [
            older.id
        ]


async def test_images__by_number_and_part_with_counts(units: Units) -> None:
    project = await add_project(units)
    image_ids = [await add_image(units, project) for _ in range(3)]
    parts = (Part.TRAIN, Part.TRAIN, Part.TEST)
    placed = [place(number, *one) for number, one in enumerate(zip(image_ids, parts, strict=True), start=1)]
    split = await add_split(units, make_split(project), *placed)

    async with units(read_only=True) as unit:
        found = await unit.splits.get(LOUPE, project.id, split.id)
        assert found is not None
        assert found.counts == {Part.TRAIN: 2, Part.TEST: 1}
        images = await unit.splits.images(LOUPE, split, part=None, after=1, limit=5)
        assert [(one.number, one.image_id, one.file_name) for one in images] == [
            (2, image_ids[1], "cell.png"),
            (3, image_ids[2], "cell.png"),
        ]
        (only,) = await unit.splits.images(LOUPE, split, part=Part.TEST, after=0, limit=5)
        assert (only.image_id, only.stratum, only.reason) == (image_ids[2], "ok", "Drawn.")
        assert await unit.splits.parts(LOUPE, split) == dict(zip(image_ids, parts, strict=True))
        eve = Scope(principal="users/eve", user_id=ids.new_id())
        assert await unit.splits.parts(eve, split) == {}
        assert await unit.splits.images(eve, split, part=None, after=0, limit=5) == []


async def test_candidates__in_the_order_that_was_asked_for(units: Units) -> None:
    project = await add_project(units)
    image_ids = [await add_image(units, project) for _ in range(2)]
    sums = [make_image(project, id=one).sha256 for one in image_ids]

    async with units(read_only=True) as unit:
        found = await unit.splits.candidates(LOUPE, project.id, [image_ids[1], ids.new_id(), image_ids[0]])

    assert found == [SplitCandidate(image_ids[1], sums[1]), SplitCandidate(image_ids[0], sums[0])]


async def test_duplicates__of_the_run_that_succeeded(units: Units) -> None:
    project = await add_project(units)
    keeper, exact, near = [await add_image(units, project) for _ in range(3)]
    run = CurationRun(
        id=ids.new_id(),
        project_id=project.id,
        kind=RunKind.DUPLICATES,
        images=Images(),
        reference=None,
        source=FeatureSource(MODEL, "1"),
        seed=0,
        creator="users/ada",
        operation_id=ids.new_id(),
        create_time=NOW,
        update_time=NOW,
    )
    found = [Duplicate(near, keeper, False, 0.01), Duplicate(exact, keeper, True, 0.0)]
    async with units() as unit:
        await unit.curation.add_run(run)
        assert await unit.splits.duplicate_run(project.id) == ""
        await unit.curation.save_run(replace(run, state=CurationState.SUCCEEDED))
        await unit.curation.put_duplicates(run, found)
        await unit.commit()

    async with units(read_only=True) as unit:
        assert await unit.splits.duplicate_run(project.id) == run.id
        assert await unit.splits.duplicates(LOUPE, project.id) == found[::-1]
        eve = Scope(principal="users/eve", user_id=ids.new_id())
        assert await unit.splits.duplicates(eve, project.id) == []
