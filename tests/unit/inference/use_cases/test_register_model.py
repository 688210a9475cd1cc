from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import (
    ModelBuiltin,
    ModelCheckFailed,
    ModelConfigInvalid,
    ModelFileInvalid,
    ModelFileTooLarge,
    ModelNameTaken,
    ModelNotFound,
    ModelVersionInUse,
)
from loupe_inference.domain.model import Task
from loupe_inference.domain.registered import ModelConfig, ModelFormat, Request, from_manifest
from loupe_inference.use_cases.change_models import ModelChanger
from loupe_inference.use_cases.keep_catalogue import CatalogueKeeper
from loupe_inference.use_cases.register_model import ModelRegistrar
from loupe_inference.use_cases.roll_out import RollOut
from loupe_kit.errors import Unavailable
from loupe_kit.testing import FakeClock
from loupe_kit.testing.objects import InMemoryObjectStore
from tests.unit.inference.fake_registry import FakePreparer, FakeUse, InMemoryModelRegistry
from tests.unit.inference.fake_servers import FakeServers
from tests.unit.inference.fakes import model_spec
from tests.unit.inference.registered import AUTHOR, model_config

CONTENT = b"weights"
REQUEST = Request("ada", "RegisterModelVersion", "0198c3a0-0000-7000-8000-00000000000a", b"digest")


class World:
    """A registrar and what it works with."""

    def __init__(self, folder: Path) -> None:
        self.registry = InMemoryModelRegistry()
        self.objects = InMemoryObjectStore()
        self.preparer = FakePreparer()
        self.catalogue = Catalogue([model_spec("tiny")])
        self.keeper = CatalogueKeeper(self.registry, self.catalogue)
        self.use = FakeUse()
        self.servers = FakeServers()
        self.scratch = folder / "scratch"
        self.registrar = ModelRegistrar(
            self.registry, self.objects, self.preparer, self.keeper, self.catalogue, self.scratch, 1000, FakeClock()
        )
        self.changer = ModelChanger(
            self.registry,
            self.objects,
            self.keeper,
            self.catalogue,
            self.use,
            RollOut(self.servers, self.keeper, self.catalogue),
            FakeClock(),
        )

    async def register(
        self, config: ModelConfig | None = None, content: bytes = CONTENT, request: Request | None = None
    ) -> tuple[str, str]:
        async def chunks() -> AsyncIterator[bytes]:
            yield content[:3]
            yield content[3:]

        return await self.registrar.register(config or model_config(), chunks(), AUTHOR, request)

    async def keys(self) -> list[str]:
        return [key async for key in self.objects.list()]

    def is_tidy(self) -> bool:
        return not any(self.scratch.iterdir())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_register__file_and_manifest_are_kept(world: World) -> None:
    assert await world.register() == ("line-3", "1")

    assert world.preparer.seen == [CONTENT]
    assert await world.objects.read("models/line-3/1/model.onnx") == b"graph of weights"
    manifest = json.loads(await world.objects.read("models/line-3/1/manifest.json"))
    assert from_manifest(manifest, is_active=True) == world.catalogue.registered("line-3", "1")
    assert world.catalogue.get("line-3").active_version == "1"
    assert world.is_tidy()


async def test_register__next_version_is_not_active(world: World) -> None:
    await world.register()

    assert await world.register() == ("line-3", "2")
    assert world.catalogue.get("line-3").active_version == "1"


async def test_register__repeat_sends_nothing_to_be_prepared(world: World) -> None:
    await world.register(request=REQUEST)

    assert await world.register(request=REQUEST) == ("line-3", "1")
    assert len(world.preparer.seen) == 1


async def test_register__twice_at_once_is_one_version(world: World) -> None:
    answers = await asyncio.gather(*(world.register(request=REQUEST) for _ in range(3)))

    assert set(answers) == {("line-3", "1")}
    assert await world.keys() == ["models/line-3/1/manifest.json", "models/line-3/1/model.onnx"]


async def test_register__check_fails__nothing_is_kept(world: World) -> None:
    world.preparer.failure = ModelCheckFailed("NaN.", sample="noise", detail="NaN")

    with pytest.raises(ModelCheckFailed):
        await world.register()

    assert await world.keys() == []
    assert await world.registry.list() == []
    assert world.is_tidy()


async def test_register__registry_is_away__nothing_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> None:
        raise Unavailable("Away.")

    monkeypatch.setattr(world.registry, "add", refuse)

    with pytest.raises(Unavailable):
        await world.register()

    assert await world.keys() == []


@pytest.mark.parametrize("size", [6, 8])
async def test_register__another_size_than_announced(world: World, size: int) -> None:
    with pytest.raises(ModelFileInvalid):
        await world.register(model_config(size_bytes=size))

    assert world.preparer.seen == []
    assert world.is_tidy()


async def test_register__too_large(world: World) -> None:
    with pytest.raises(ModelFileTooLarge) as refusal:
        await world.register(model_config(size_bytes=1001))

    assert refusal.value.metadata == {"actual": "1001", "limit": "1000"}


@pytest.mark.parametrize("model", ["efficientnet-lite0", "uploaded"])
async def test_register__name_is_loupes_own(world: World, model: str) -> None:
    with pytest.raises(ModelNameTaken):
        await world.register(model_config(model))


async def test_register__another_task(world: World) -> None:
    await world.register()

    with pytest.raises(ModelNameTaken):
        await world.register(model_config(task=Task.DETECTION))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"model": ""}, "model"),
        ({"model": "Line"}, "model"),
        ({"model": "-x"}, "model"),
        ({"model": "x" * 64}, "model"),
        ({"display_name": ""}, "display_name"),
        ({"description": "x" * 2001}, "description"),
        ({"licence": "x" * 101}, "licence"),
        ({"size_bytes": 0}, "size_bytes"),
        ({"labels": ()}, "labels"),
        ({"labels": ("one",)}, "labels"),
        ({"labels": ("a", "a")}, "labels"),
        ({"labels": ("a", " b")}, "labels"),
        ({"preprocessing": None}, "preprocessing"),
    ],
)
async def test_register__config_breaks_a_rule(world: World, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ModelConfigInvalid) as refusal:
        await world.register(model_config(**changes))

    assert refusal.value.metadata == {"field": field}
    assert [one.field for one in refusal.value.fields] == [f"config.{field}"]


async def test_config__hugging_face_says_labels_and_preprocessing_itself(world: World) -> None:
    config = model_config(format=ModelFormat.HUGGING_FACE, labels=(), preprocessing=None)

    config.check()


async def test_activate_and_delete__builtin(world: World) -> None:
    with pytest.raises(ModelBuiltin):
        await world.changer.activate("tiny", "1", AUTHOR, None)
    with pytest.raises(ModelBuiltin):
        await world.changer.delete("tiny", "1", AUTHOR, None)


async def test_delete__objects_go_too(world: World) -> None:
    await world.register()

    await world.changer.delete("line-3", "1", AUTHOR, None)

    assert await world.keys() == []
    with pytest.raises(ModelNotFound):
        world.catalogue.get("line-3")


@pytest.mark.parametrize("use", [(2, 0), (0, 5)])
async def test_delete__used(world: World, use: tuple[int, int]) -> None:
    await world.register()
    world.use.answer = use

    with pytest.raises(ModelVersionInUse) as refusal:
        await world.changer.delete("line-3", "1", AUTHOR, None)

    assert (refusal.value.metadata["projects"], refusal.value.metadata["images"]) == (str(use[0]), str(use[1]))
    assert len(await world.keys()) == 2


async def test_delete__repeat_after_it_is_gone(world: World) -> None:
    await world.register()
    await world.changer.delete("line-3", "1", AUTHOR, REQUEST)

    await world.changer.delete("line-3", "1", AUTHOR, REQUEST)


async def test_audit__is_told_of_every_change(world: World) -> None:
    for _ in range(2):
        await world.register()
    await world.changer.activate("line-3", "2", AUTHOR, None)
    await world.changer.activate("line-3", "1", AUTHOR, None)
    await world.changer.delete("line-3", "2", AUTHOR, None)

    events = list(world.registry.events.values())

    assert [(one.action, one.target[-1], one.details.get("previous")) for one in events] == [
        ("model.register", "1", None),
        ("model.register", "2", None),
        ("model.activate", "2", "1"),
        ("model.roll_back", "1", "2"),
        ("model.delete", "2", None),
    ]
    assert {(one.actor, one.origin, one.details["sha256"]) for one in events} == {
        ("users/ada", AUTHOR.origin, "ab" * 32)
    }


async def test_audit__is_told_nothing_of_what_was_refused(world: World) -> None:
    await world.register()
    world.use.answer = (1, 0)

    with pytest.raises(ModelVersionInUse):
        await world.changer.delete("line-3", "1", AUTHOR, None)

    assert [one.action for one in world.registry.events.values()] == ["model.register"]


async def test_resolve__what_another_replica_has_registered(world: World) -> None:
    await world.register()
    other = CatalogueKeeper(world.registry, Catalogue([]))

    spec, version = await other.resolve("line-3", "")

    assert (spec.labels, version.version) == (("good", "bad"), "1")
