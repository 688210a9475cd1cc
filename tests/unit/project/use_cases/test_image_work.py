"""Long work on images: deleting, analysing again, tags; and what is asked for."""

import asyncio
from datetime import datetime

import pytest
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue

from loupe_kit import ids
from loupe_kit.errors import Aborted, InvalidArgument, ResourceExhausted
from loupe_kit.testing import FakeClock
from loupe_project.domain.errors import OperationCancelled, ProjectNotFound, TagIsAutomatic
from loupe_project.domain.image import ImageState
from loupe_project.domain.job import ModelChoice
from loupe_project.domain.operation import OperationKind
from loupe_project.ports.store import StoreConflict
from loupe_project.use_cases import image_jobs
from loupe_project.use_cases.analyse_images import AnalyseImages, wish_for
from loupe_project.use_cases.delete_images import DeleteImages
from loupe_project.use_cases.modify_image_tags import TagWish, checked_wish
from loupe_project.use_cases.retry import retry_conflicts
from tests.unit.project.fakes import CountingBell, FakeProgress, FakeStore, factory_of, make_operation

NEVER = asyncio.Event()
ALREADY = asyncio.Event()
ALREADY.set()


def say(*values: object) -> Message:
    return StringValue(value=" ".join(str(one) for one in values if not isinstance(one, datetime)))


def make_ids(count: int) -> list[str]:
    return [ids.new_id() for _ in range(count)]


async def test_delete_images__in_pieces() -> None:
    store, progress = FakeStore(), FakeProgress()
    image_ids = make_ids(2_100)
    operation = make_operation(OperationKind.DELETE_IMAGES, image_ids)

    response = await DeleteImages(factory_of(store), say, FakeClock()).run(operation, progress, NEVER)

    assert response == StringValue(value="2100")
    assert store.deleted == store.altered == image_ids
    assert [one.id for one in store.changes] == [operation.id]
    assert store.commits == 3
    assert [one["done"] for one in progress.reports] == [0, 1000, 2000, 2100]


async def test_delete_images__cancelled() -> None:
    store = FakeStore()

    with pytest.raises(OperationCancelled):
        await DeleteImages(factory_of(store), say, FakeClock()).run(
            make_operation(OperationKind.DELETE_IMAGES, make_ids(3)), FakeProgress(), ALREADY
        )

    assert store.deleted == []


async def test_analyse_images__waits_for_every_answer() -> None:
    image_ids = make_ids(4)
    states = [ImageState.ANALYSED, ImageState.PENDING, ImageState.FAILED]
    # The fourth was deleted meanwhile.
    store, bell, progress = (
        FakeStore(image_states=dict(zip(image_ids, states, strict=False))),
        CountingBell(),
        FakeProgress(),
    )
    handler = AnalyseImages(factory_of(store), bell, say, FakeClock(), look_seconds=0.001)

    work = asyncio.create_task(handler.run(make_operation(OperationKind.ANALYSE_IMAGES, image_ids), progress, NEVER))
    await asyncio.sleep(0.02)
    assert not work.done()
    store.image_states[image_ids[1]] = ImageState.ANALYSED

    assert await work == StringValue(value="2 1")
    assert store.ordered == image_ids
    assert bell.rings == 1
    assert progress.reports[1] == {"done": 3, "failed": 1}
    assert progress.reports[-1] == {"done": 4, "failed": 1}


async def test_analyse_images__by_another_model() -> None:
    image_ids, choice = make_ids(2), ModelChoice("yolo", "3")
    store = FakeStore(image_states=dict.fromkeys(image_ids, ImageState.ANALYSED))
    operation = make_operation(OperationKind.ANALYSE_IMAGES, image_ids, wish_for(choice))

    response = await AnalyseImages(factory_of(store), CountingBell(), say, FakeClock()).run(
        operation, FakeProgress(), NEVER
    )

    assert response == StringValue(value="2 0")
    assert store.ordered_elsewhere == [(choice, one) for one in image_ids]
    assert store.ordered == []


async def test_analyse_images__by_the_projects_own_version() -> None:
    image_ids, store = make_ids(1), FakeStore()
    assert store.project is not None
    wish = wish_for(ModelChoice(store.project.model, store.project.model_version))

    await AnalyseImages(factory_of(store), CountingBell(), say, FakeClock()).run(
        make_operation(OperationKind.ANALYSE_IMAGES, image_ids, wish), FakeProgress(), NEVER
    )

    assert (store.ordered, store.ordered_elsewhere) == (image_ids, [])


async def test_analyse_images__project_is_gone() -> None:
    store = FakeStore(project=None)

    with pytest.raises(ProjectNotFound):
        await AnalyseImages(factory_of(store), CountingBell(), say, FakeClock()).run(
            make_operation(OperationKind.ANALYSE_IMAGES, make_ids(1)), FakeProgress(), NEVER
        )


def test_pack__round_trip() -> None:
    image_ids = make_ids(3)

    assert image_jobs.unpack(image_jobs.pack(image_ids, b"wish")) == (image_ids, b"wish")
    assert image_jobs.unpack(image_jobs.pack([])) == ([], b"")


def test_pack__too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_jobs, "MAX_IMAGES", 2)

    with pytest.raises(ResourceExhausted, match="narrow the query"):
        image_jobs.pack(make_ids(3))


def test_wish__round_trip() -> None:
    wish = checked_wish([" a ", "스크래치"], ["b"])

    assert wish == TagWish(("a", "스크래치"), ("b",))
    assert TagWish.from_bytes(wish.to_bytes()) == wish


@pytest.mark.parametrize(("add", "remove"), [([], []), (["x"] * 101, []), ([], ["x"] * 101), ([""], [])])
def test_wish__cannot_be_fulfilled(add: list[str], remove: list[str]) -> None:
    with pytest.raises(InvalidArgument):
        checked_wish(add, remove)


def test_wish__automatic_tags_are_loupes_own() -> None:
    with pytest.raises(TagIsAutomatic):
        checked_wish([], ["source:grpc"])


@pytest.mark.parametrize(("losses", "works"), [(0, True), (4, True), (5, False)])
async def test_retry_conflicts__a_few_times(losses: int, works: bool) -> None:
    tries = 0

    async def transaction() -> str:
        nonlocal tries
        tries += 1
        if tries <= losses:
            raise StoreConflict("lost")
        return "done"

    if works:
        assert await retry_conflicts(transaction) == "done"
    else:
        with pytest.raises(Aborted):
            await retry_conflicts(transaction)
    assert tries == min(losses + 1, 5)
