from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from loupe.reduction.v1 import reduction_service_pb2 as pb
from loupe_kit import ids
from loupe_reduction.domain.errors import DuplicateImage, ImageIdsInvalid, SpecInvalid, SpecMissing, TooManyPoints
from loupe_reduction.domain.progress import EarlyPicture, Phase, Progress, Report
from loupe_reduction.servicers import streams
from loupe_reduction.servicers.streams import Column, follow, read_call

SPEC = pb.FitProjectionRequest(spec=pb.FitSpec(project_id="p"))


def _ids(*texts: str) -> pb.FitProjectionRequest:
    return pb.FitProjectionRequest(image_ids=ids.pack_ids(texts))


async def _read(*messages: pb.FitProjectionRequest, max_images: int = 100):  # type: ignore[no-untyped-def]
    async def stream() -> AsyncIterator[pb.FitProjectionRequest]:
        for message in messages:
            yield message

    return await read_call(stream(), call="FitProjection", max_images=max_images)


async def test_read_call__spec_then_ids() -> None:
    a, b, c = (ids.new_id() for _ in range(3))

    spec, images = await _read(SPEC, _ids(a, b), _ids(c))

    assert spec.project_id == "p"
    assert [images.text(row) for row in range(3)] == [a, b, c]


async def test_read_call__no_images() -> None:
    _, images = await _read(SPEC)

    assert len(images) == 0


@pytest.mark.parametrize("messages", [[], [_ids(ids.new_id())], [SPEC, SPEC], [pb.FitProjectionRequest()]])
async def test_read_call__spec_missing(messages: list[pb.FitProjectionRequest]) -> None:
    with pytest.raises(SpecMissing):
        await _read(*messages)


async def test_read_call__half_an_id() -> None:
    with pytest.raises(ImageIdsInvalid, match="17 bytes"):
        await _read(SPEC, pb.FitProjectionRequest(image_ids=b"x" * 17))


async def test_read_call__block_too_long() -> None:
    with pytest.raises(ImageIdsInvalid):
        await _read(SPEC, pb.FitProjectionRequest(image_ids=b"x" * 16 * 65_537), max_images=10**6)


async def test_read_call__too_many() -> None:
    with pytest.raises(TooManyPoints, match="More than 2 images"):
        await _read(SPEC, _ids(*(ids.new_id() for _ in range(3))), max_images=2)


async def test_read_call__twice() -> None:
    one = ids.new_id()
    with pytest.raises(DuplicateImage):
        await _read(SPEC, _ids(one), _ids(one))


async def test_follow__progress_then_result() -> None:
    async def work(report: Report) -> str:
        for step in range(3):
            report(Progress(Phase.LAYOUT, step / 3))
            await asyncio.sleep(0.01)
        return "done"

    news = [item async for item in follow(work)]

    assert news[-1] == "done"
    assert Progress(Phase.LAYOUT, 2 / 3) in news


async def test_follow__slow_takers_get_the_newest() -> None:
    async def work(report: Report) -> str:
        for step in range(100):
            report(Progress(Phase.LAYOUT, step / 100))
            await asyncio.sleep(0)
        return "done"

    news = []
    async for item in follow(work):
        news.append(item)
        await asyncio.sleep(0.01)

    assert len(news) < 10
    assert news[-1] == "done"


async def test_follow__error_of_the_work() -> None:
    async def work(report: Report) -> str:
        raise TooManyPoints("too many")

    with pytest.raises(TooManyPoints):
        _ = [item async for item in follow(work)]


async def test_follow__closing_cancels_the_work() -> None:
    cancelled = asyncio.Event()

    async def work(report: Report) -> str:
        report(Progress(Phase.LAYOUT, 0.1))
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return "never"

    news = follow(work)
    await anext(news)
    await news.aclose()  # type: ignore[attr-defined]

    assert cancelled.is_set()


async def test_follow__heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.01)

    async def work(report: Report) -> str:
        report(Progress(Phase.NEIGHBOURS, 0.3))
        await asyncio.sleep(0.1)
        return "done"

    news = [item async for item in follow(work)]

    assert news.count(Progress(Phase.NEIGHBOURS, 0.3)) >= 3


@pytest.mark.parametrize(
    ("sent", "expected"), [([], None), ([b"\x01\x00\x00\x00", b"\xff\xff\xff\xff"], [1, 0xFFFFFFFF])]
)
def test_column__numbers_or_nothing(sent: list[bytes], expected: list[int] | None) -> None:
    column = Column("<u4")
    for block in sent:
        column.add(block, max_images=2)
    column.check("classes", 2)

    values = column.values()
    assert (None if values is None else values.tolist()) == expected


def test_column__not_one_for_each_image() -> None:
    column = Column("<u4")
    column.add(bytes(8), max_images=5)

    with pytest.raises(SpecInvalid, match="classes has 8 bytes"):
        column.check("classes", 3)


def test_column__more_than_images() -> None:
    with pytest.raises(TooManyPoints):
        Column("u1").add(bytes(6), max_images=5)


async def test_follow__a_picture_is_told_once_and_never_lost() -> None:
    picture = EarlyPicture(np.asarray([0]), np.zeros((1, 2), np.float32))

    async def work(report: Report) -> str:
        report(Progress(Phase.LAYOUT, 0.1, picture=picture))
        # Comes before anybody could take the one before.
        report(Progress(Phase.LAYOUT, 0.2))
        await asyncio.sleep(0.05)
        report(Progress(Phase.LAYOUT, 0.3))
        await asyncio.sleep(0.05)
        return "done"

    news = [item async for item in follow(work)]

    pictures = [one.picture for one in news if isinstance(one, Progress) and one.picture is not None]
    assert pictures == [picture]
    assert news[-1] == "done"
