"""What every registry of models must do; run against the fake and each real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from loupe_inference.adapters.mongo_models import MongoModelRegistry
from loupe_inference.adapters.sqlite_models import SqliteModelRegistry
from loupe_inference.domain.errors import ModelNameTaken, ModelVersionInUse, ModelVersionNotFound
from loupe_inference.domain.model import Task
from loupe_inference.domain.registered import RegisteredVersion, Request
from loupe_inference.ports import ModelRegistry
from loupe_kit.errors import RequestIdReused
from tests.unit.inference.fake_registry import InMemoryModelRegistry
from tests.unit.inference.registered import audit_event, model_config, registered_version


@pytest.fixture(params=["memory", "sqlite", pytest.param("mongodb", marks=pytest.mark.cluster)])
async def registry(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ModelRegistry]:
    made: ModelRegistry
    if request.param == "mongodb":
        made = MongoModelRegistry(request.getfixturevalue("mongodb_url"))
    else:
        made = InMemoryModelRegistry() if request.param == "memory" else SqliteModelRegistry(tmp_path / "models.db")
    yield made
    await made.close()


async def added(registry: ModelRegistry, model: str = "line-3", request: Request | None = None) -> RegisteredVersion:
    version = registered_version(await registry.reserve(model), model)
    await registry.add(version, request, audit_event(version))
    return version


def request(method: str = "Activate", digest: bytes = b"one") -> Request:
    return Request("ada", method, "0198c3a0-0000-7000-8000-00000000000a", digest)


async def numbers(registry: ModelRegistry) -> list[tuple[str, int, bool]]:
    return [(one.model, one.number, one.is_active) for one in await registry.list()]


async def test_add__gives_back_everything(registry: ModelRegistry) -> None:
    version = await added(registry)

    assert await registry.list() == [replace(version, is_active=True)]


async def test_list__by_model_and_number__first_version_of_each_is_active(registry: ModelRegistry) -> None:
    for model in ("welds", "cells", "welds"):
        await added(registry, model)

    assert await numbers(registry) == [("cells", 1, True), ("welds", 1, True), ("welds", 2, False)]


async def test_list__tenth_version_comes_after_the_second(registry: ModelRegistry) -> None:
    for _ in range(10):
        await added(registry)

    assert [number for _, number, _ in await numbers(registry)] == list(range(1, 11))


async def test_reserve__at_once__no_number_twice(registry: ModelRegistry) -> None:
    given = await asyncio.gather(*(registry.reserve("line-3") for _ in range(8)))

    assert sorted(given) == list(range(1, 9))


async def test_reserve__number_of_a_deleted_version_is_not_given_again(registry: ModelRegistry) -> None:
    await added(registry)
    await registry.delete("line-3", 1, None, audit_event())

    assert (await added(registry)).number == 2
    assert await numbers(registry) == [("line-3", 2, True)]


async def test_add__another_task(registry: ModelRegistry) -> None:
    await added(registry)
    other = registered_version(await registry.reserve("line-3"), config=model_config(task=Task.DETECTION))

    with pytest.raises(ModelNameTaken):
        await registry.add(other, None, audit_event())

    assert await numbers(registry) == [("line-3", 1, True)]


async def test_activate__and_back(registry: ModelRegistry) -> None:
    await added(registry)
    await added(registry)

    await registry.activate("line-3", 2, None, audit_event())
    assert await numbers(registry) == [("line-3", 1, False), ("line-3", 2, True)]

    await registry.activate("line-3", 1, None, audit_event())
    assert await numbers(registry) == [("line-3", 1, True), ("line-3", 2, False)]


@pytest.mark.parametrize(("model", "number"), [("line-3", 2), ("line-4", 1)])
async def test_activate_and_delete__not_there(registry: ModelRegistry, model: str, number: int) -> None:
    await added(registry)

    with pytest.raises(ModelVersionNotFound):
        await registry.activate(model, number, None, audit_event())
    with pytest.raises(ModelVersionNotFound):
        await registry.delete(model, number, None, audit_event())


async def test_delete__active_one_of_several(registry: ModelRegistry) -> None:
    await added(registry)
    await added(registry)

    with pytest.raises(ModelVersionInUse):
        await registry.delete("line-3", 1, None, audit_event())

    await registry.delete("line-3", 2, None, audit_event())
    await registry.delete("line-3", 1, None, audit_event())
    assert await registry.list() == []


async def test_repeat__does_nothing_more(registry: ModelRegistry) -> None:
    await added(registry)
    await added(registry)
    await registry.activate("line-3", 2, request(), audit_event())
    await registry.activate("line-3", 1, None, audit_event())

    await registry.activate("line-3", 2, request(), audit_event())

    assert await numbers(registry) == [("line-3", 1, True), ("line-3", 2, False)]
    assert await registry.answer(request()) == 2


async def test_repeat__of_add_and_delete(registry: ModelRegistry) -> None:
    version = await added(registry, request=request("Register"))
    again = replace(version, number=await registry.reserve("line-3"))
    await registry.add(again, request("Register"), audit_event(again))
    assert await numbers(registry) == [("line-3", 1, True)]

    await registry.delete("line-3", 1, request("Delete"), audit_event())
    await registry.delete("line-3", 1, request("Delete"), audit_event())
    assert await registry.list() == []


async def test_repeat__with_other_words(registry: ModelRegistry) -> None:
    await added(registry)
    await registry.activate("line-3", 1, request(), audit_event())

    with pytest.raises(RequestIdReused):
        await registry.activate("line-3", 1, request(digest=b"two"), audit_event())
    with pytest.raises(RequestIdReused):
        await registry.answer(request(digest=b"two"))


async def test_events__one_for_each_change_that_was_made(registry: ModelRegistry) -> None:
    first = await added(registry)
    second = await added(registry)
    told = [audit_event(second), audit_event(first)]
    await registry.activate("line-3", 2, request(), told[0])
    await registry.activate("line-3", 2, request(), audit_event(second))
    with pytest.raises(ModelVersionInUse):
        await registry.delete("line-3", 2, None, audit_event(second))
    await registry.delete("line-3", 1, None, told[1])

    kept = await registry.oldest_events(10)

    assert [event.target for event in kept[:2]] == ["models/line-3/versions/1", "models/line-3/versions/2"]
    assert list(kept[2:]) == told
    assert await registry.oldest_events(1) == kept[:1]


async def test_events__forgotten_ones_are_gone(registry: ModelRegistry) -> None:
    for _ in range(3):
        await added(registry)
    first, second, third = await registry.oldest_events(10)

    await registry.forget_events([first.id, third.id])

    assert list(await registry.oldest_events(10)) == [second]


async def test_answer__to_nothing(registry: ModelRegistry) -> None:
    assert await registry.answer(request()) is None


async def test_sqlite__is_kept(tmp_path: Path) -> None:
    await added(SqliteModelRegistry(tmp_path / "models.db"))

    assert await numbers(SqliteModelRegistry(tmp_path / "models.db")) == [("line-3", 1, True)]
