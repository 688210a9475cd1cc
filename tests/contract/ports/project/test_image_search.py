"""Searching means the same in both databases as in plain Python."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from loupe_kit.sql import UnitOfWork
from loupe_project.adapters.sql.search import SqlImageSearch
from loupe_project.domain import query
from loupe_project.domain.query import fields
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.search import Order
from tests.contract.ports.project import corpus as c
from tests.contract.ports.project import databases, oracle

T = TypeVar("T")
OWNER = Scope(user_id=c.OWNER, principal=f"users/{c.OWNER}")
CONTEXT = query.Context(now=c.NOW, zone=ZoneInfo("Asia/Seoul"))


@dataclass
class Store:
    corpus: c.Corpus
    ask: Callable[[Callable[[SqlImageSearch], Coroutine[Any, Any, T]]], T]

    def all_ids(self, text: str, scope: Scope = OWNER, order: Order = Order.NEWEST, page: int = 1000) -> list[str]:
        node = query.read(text, CONTEXT)

        async def collect(search: SqlImageSearch) -> list[str]:
            found: list[str] = []
            after: tuple[str | int, ...] = ()
            while True:
                one = await search.page(scope, self.corpus.project, node, order=order, after=after, limit=page)
                found += one.ids
                after = one.sort_key
                if not after:
                    return found

        return self.ask(collect)

    def count(self, text: str, scope: Scope = OWNER) -> int:
        return self.ask(lambda search: search.count(scope, self.corpus.project, query.read(text, CONTEXT)))


@pytest.fixture(scope="module", params=databases.BOTH)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    corpus, everything = c.make()
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        opened = databases.engine(request.param, tmp_path_factory.mktemp("search"))
        engine = runner.run(stack.enter_async_context(opened))
        runner.run(c.write(engine, corpus, everything))

        def ask(question: Callable[[SqlImageSearch], Coroutine[Any, Any, T]]) -> T:
            async def run() -> T:
                async with UnitOfWork(engine, read_only=True) as uow:
                    return await question(SqlImageSearch(uow.session))

            return runner.run(run())

        yield Store(corpus, ask)
        runner.run(stack.aclose())


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(asked=oracle.query())
def test_search__random_query_finds_what_the_oracle_finds(store: Store, asked: oracle.Asked) -> None:
    text, means = asked

    found = store.all_ids(text)

    assert set(found) == {image.id for image in store.corpus.images if means(image)}, text
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("text", "means"), oracle.FIXED, ids=[text for text, _ in oracle.FIXED])
def test_search__each_fixed_term(store: Store, text: str, means: oracle.Means) -> None:
    expected = {image.id for image in store.corpus.images if means(image)}

    assert set(store.all_ids(text)) == expected
    assert set(store.all_ids(f"NOT {text}")) == {image.id for image in store.corpus.images} - expected
    assert store.count(text) == len(expected)


@pytest.mark.parametrize("order", list(Order))
def test_page__key_set_gives_each_image_once_and_in_order(store: Store, order: Order) -> None:
    def key(image: c.ImageFact) -> tuple[Any, ...]:
        match order:
            case Order.FILE_NAME:
                return (image.name.casefold(), image.id)
            case Order.CONFIDENCE:
                return (2.0 if image.confidence is None else image.confidence, image.id)
            case Order.OUTLIER:
                # Nobody scored these: what is left of the order is the id. With scores: test_curation_store.py.
                return (image.id,)
            case _:
                return (image.uploaded, image.id)

    expected = [i.id for i in sorted(store.corpus.images, key=key, reverse=order in (Order.NEWEST, Order.OUTLIER))]

    assert store.all_ids("", order=order, page=7) == expected


@pytest.mark.parametrize(
    ("scope", "sees"),
    [
        (Scope(user_id=c.COLLEAGUE), False),
        (Scope(user_id=c.COLLEAGUE, department_id=c.DEPARTMENT), True),
        (Scope(user_id=c.OWNER, key_projects=frozenset({"other"}), rights=frozenset(Right)), False),
        (Scope(), False),
        (Scope.of_loupe(), True),
    ],
)
def test_search__scope_is_part_of_every_question(store: Store, scope: Scope, *, sees: bool) -> None:
    everything = query.read("", CONTEXT)
    project = store.corpus.project
    label = fields.FIELDS["label"]

    facet = store.ask(lambda search: search.facet(scope, project, everything, label, 10))

    assert bool(store.all_ids("", scope)) is sees
    assert bool(store.count("NOT tag:nothing", scope)) is sees
    assert bool(facet) is sees


@pytest.mark.parametrize(
    "name", ["label", "tag", "truth", "line", "meta.temp", "meta.operator", "is", "model", "format", "batch"]
)
def test_facet__each_value_finds_as_many_images_as_it_says(store: Store, name: str) -> None:
    field = fields.find(name)
    assert field is not None
    query_text = "NOT format:bmp"

    values = store.ask(
        lambda search: search.facet(OWNER, store.corpus.project, query.read(query_text, CONTEXT), field, 200)
    )

    assert values
    assert [v.count for v in values] == sorted((v.count for v in values), reverse=True)
    for value in values:
        assert store.count(f"{query_text} {name}:{value.value}") == value.count, value


def test_search__largest_query_that_is_allowed(store: Store) -> None:
    terms = " OR ".join(f"word{i}" for i in range(200))
    nested = "(" * 50 + "NOT tag:x" + ")" * 50
    negated = "-(" * 25 + "tag:scratch" + ")" * 25

    assert store.count(terms) == 0
    assert store.count(nested.replace("NOT ", "")) == 0
    assert store.count(negated) == store.count("-tag:scratch")
