"""Evaluation counts in both databases what plain Python counts, and what search finds."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest

from loupe_project.adapters.sql.unit_of_work import ProjectUnitOfWork
from loupe_project.convert import evaluation as convert
from loupe_project.domain import query
from loupe_project.domain.evaluation import Asked, Evaluation
from loupe_project.domain.rates import VerdictCounts
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import Order
from loupe_project.domain.text import fold
from loupe_project.use_cases.evaluate_model import evaluate_model
from tests.contract.ports.project import corpus as c
from tests.contract.ports.project import databases, oracle

T = TypeVar("T")
OWNER = Scope(user_id=c.OWNER, principal=f"users/{c.OWNER}")
CONTEXT = query.Context(now=c.NOW, zone=ZoneInfo("Asia/Seoul"))
QUERY = "NOT format:bmp"


@dataclass
class World:
    corpus: c.Corpus
    ask: Callable[[Callable[[ProjectUnitOfWork], Coroutine[Any, Any, T]]], T]

    def evaluate(self, text: str, *group_by: str, asked: Asked | None = None, scope: Scope = OWNER) -> Evaluation:
        return self.ask(
            lambda unit: evaluate_model(unit, scope, self.corpus.project, text, asked or Asked(), group_by, c.NOW)
        )

    def count(self, text: str) -> int:
        node = query.read(text, CONTEXT)
        return self.ask(lambda unit: unit.search.count(OWNER, self.corpus.project, node))

    def images(self, text: str) -> list[c.ImageFact]:
        node = query.read(text, CONTEXT)
        page = self.ask(
            lambda unit: unit.search.page(OWNER, self.corpus.project, node, order=Order.NEWEST, after=(), limit=1_000)
        )
        return [one for one in self.corpus.images if one.id in page.ids]


@pytest.fixture(scope="module", params=databases.BOTH)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        opened = databases.engine(request.param, tmp_path_factory.mktemp("store"))
        engine = runner.run(stack.enter_async_context(opened))
        corpus, everything = c.make(seed=11, count=240)
        runner.run(c.write(engine, corpus, everything))
        units = partial(ProjectUnitOfWork, engine)

        def ask(question: Callable[[ProjectUnitOfWork], Coroutine[Any, Any, T]]) -> T:
            async def run() -> T:
                async with units(read_only=True) as unit:
                    return await question(unit)

            return runner.run(run())

        yield World(corpus, ask)
        runner.run(stack.aclose())


def counted(images: list[c.ImageFact]) -> VerdictCounts:
    pairs = Counter((oracle.true_verdict(one), oracle.predicted_verdict(one)) for one in images)
    known = {key: hits for key, hits in pairs.items() if all(key)}
    return VerdictCounts(
        images=len(images),
        verified=sum(bool(oracle.true_verdict(one)) for one in images),
        known=sum(known.values()),
        true_ok=known.get(("OK", "OK"), 0),
        true_ng=known.get(("NG", "NG"), 0),
        overkills=known.get(("OK", "NG"), 0),
        escapes=known.get(("NG", "OK"), 0),
    )


@pytest.mark.parametrize("text", ["", QUERY, "line:L1,L2", "tag:no-such"])
def test_verdicts__are_what_python_counts(world: World, text: str) -> None:
    assert world.evaluate(text).verdicts == counted(world.images(text))


@pytest.mark.parametrize("text", ["", "line:L1,L2"])
def test_verdicts__search_finds_as_many(world: World, text: str) -> None:
    found = convert.to_message(world.evaluate(text), Asked(), text)

    assert found.verdicts.overkill.count == world.count(found.verdicts.overkill_query) > 0
    assert found.verdicts.escape.count == world.count(found.verdicts.escape_query) > 0
    assert found.image_count == found.verified_count + found.unverified_count == world.count(text)


@pytest.mark.parametrize("name", ["line", "lot", "meta.temp", "meta.hot", "day", "week", "month"])
def test_groups__their_queries_open_their_images(world: World, name: str) -> None:
    (found,) = world.evaluate(QUERY, name).groups

    assert len(found.groups) >= (1 if name == "month" else 2)
    for group in found.groups:
        images = world.images(group.query)
        assert group.counts == counted(images), group
        assert world.count(f"({group.query}) is:overkill") == group.counts.overkills
    assert sum(one.counts.images for one in found.groups) == world.count(QUERY)


def test_groups__by_model_make_up_the_whole(world: World) -> None:
    found = world.evaluate(QUERY, "model")

    (groups,) = found.groups
    assert {one.value for one in groups.groups} == {"", "efficientnet-lite0@1", "yolo-v3@1", "yolo-v3@2"}
    assert sum((one.counts for one in groups.groups), VerdictCounts()) == found.verdicts


def test_class_pairs__each_cell_opens_its_images(world: World) -> None:
    # Boxes as labels make `truth:` mean more than the class of the image.
    text = " ".join(f'-truth:"{name}"' for name in ("pin_hole", "dent"))
    found = world.evaluate(text)
    bare = [one for one in world.images(text) if not one.box_labels and one.truth and one.label]
    expected = Counter((fold(one.truth or ""), fold(one.label or "")) for one in bare if not oracle.boxes(one))

    assert found.classes is not None
    cells = {(fold(a), fold(b)): hits for (a, b), hits in found.classes.cells.items()}
    with_boxes = [one for one in world.images(text) if one.box_labels and one.truth and one.label]
    expected += Counter((fold(one.truth or ""), fold(one.label or "")) for one in with_boxes if not oracle.boxes(one))
    assert cells == dict(expected)


@pytest.mark.parametrize(("model", "version"), [("yolo-v3", "1"), ("yolo-v3", "2"), ("efficientnet-lite0", "1")])
def test_boxes__predictions_and_labels_are_all_counted(world: World, model: str, version: str) -> None:
    asked = Asked(model, version, min_confidence=0.4)

    found = world.evaluate("", asked=asked)

    answered = [one for one in world.corpus.images if (model, version) in one.predictions]
    verified = [one for one in answered if oracle.true_verdict(one)]
    assert found.verdicts.known == len(verified)
    boxes = [
        box for one in verified for box in one.predictions[model, version] if box.confidence >= asked.min_confidence
    ]
    if model == "yolo-v3":
        assert found.boxes is not None
        assert found.boxes.precision.total == len(boxes)


def test_model__any_version_counts_the_last_answer_of_each_image(world: World) -> None:
    found = world.evaluate("", asked=Asked("yolo-v3"))

    seen = [one for one in world.corpus.images if any(name == "yolo-v3" for name, _ in one.predictions)]
    assert found.verdicts.images == len(world.corpus.images)
    assert found.verdicts.known == sum(bool(oracle.true_verdict(one)) for one in seen)


def test_scope__who_sees_nothing_counts_nothing(world: World) -> None:
    node = query.read("", CONTEXT)
    stranger = Scope(user_id=c.COLLEAGUE)

    counts = world.ask(lambda unit: unit.evaluation.verdicts(stranger, world.corpus.project, node, Asked()))
    pairs = world.ask(lambda unit: unit.evaluation.class_pairs(stranger, world.corpus.project, node, Asked()))
    reader = world.ask(lambda unit: unit.evaluation.boxes(stranger, world.corpus.project, node, Asked()))

    assert counts == VerdictCounts()
    assert not pairs
    assert reader is None
