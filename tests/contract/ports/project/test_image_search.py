"""Searching means the same in both databases as in plain Python."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from loupe_project.adapters.search.indexes import SearchIndexes
from loupe_project.adapters.search.search import IndexedImageSearch
from loupe_project.adapters.sql.unit_of_work import ProjectUnitOfWork
from loupe_project.domain import query
from loupe_project.domain.query import fields
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.search import Order, Position, ValueType
from loupe_project.ports.search import ImageSearch
from tests.contract.ports.project import corpus as c
from tests.contract.ports.project import databases, oracle

T = TypeVar("T")
OWNER = Scope(user_id=c.OWNER, principal=f"users/{c.OWNER}")
CONTEXT = query.Context(now=c.NOW, zone=ZoneInfo("Asia/Seoul"))


@dataclass
class Store:
    corpus: c.Corpus
    ask: Callable[[Callable[[ImageSearch], Coroutine[Any, Any, T]]], T]

    def all_ids(self, text: str, scope: Scope = OWNER, order: Order = Order.NEWEST, page: int = 1000) -> list[str]:
        node = query.read(text, CONTEXT)

        async def collect(search: ImageSearch) -> list[str]:
            found: list[str] = []
            after: tuple[str | int, ...] = ()
            while True:
                one = await search.page(scope, self.corpus.project, node, order=order, after=after, limit=page)
                found += one.ids
                after = one.sort_key
                if not after:
                    return found

        return self.ask(collect)

    def window(self, text: str, order: Order, skip: int, limit: int) -> list[str]:
        node = query.read(text, CONTEXT)

        async def look(search: ImageSearch) -> list[str]:
            page = await search.page(OWNER, self.corpus.project, node, order=order, after=(), limit=limit, skip=skip)
            return list(page.ids)

        return self.ask(look)

    def count(self, text: str, scope: Scope = OWNER) -> int:
        return self.ask(lambda search: search.count(scope, self.corpus.project, query.read(text, CONTEXT)))


WAYS = [
    pytest.param((database.values[0], way), marks=database.marks, id=f"{database.values[0]}-{way}")
    for database in databases.BOTH
    for way in ("store", "index")
]
"""Each database, asked itself and through the index."""


@pytest.fixture(scope="module", params=WAYS)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    database, way = request.param
    corpus, everything = c.make()
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        folder = tmp_path_factory.mktemp("search")
        opened = databases.engine(database, folder)
        engine = runner.run(stack.enter_async_context(opened))
        runner.run(c.write(engine, corpus, everything))
        url = engine.url.render_as_string(hide_password=False)
        indexes = SearchIndexes(url, 1 << 30, folder / "index") if way == "index" else None
        units = partial(ProjectUnitOfWork, engine, read_only=True, indexes=indexes)
        if indexes is not None:
            runner.run(index_is_ready(units, indexes, corpus.project))

        def ask(question: Callable[[ImageSearch], Coroutine[Any, Any, T]]) -> T:
            async def run() -> T:
                async with units() as unit:
                    if indexes is None:
                        return await question(unit.search)
                    # Without a store behind it, so that nothing else can answer.
                    store: Any = None
                    return await question(IndexedImageSearch(unit.session, store, indexes, tuple))

            return runner.run(run())

        yield Store(corpus, ask)
        if indexes is not None:
            runner.run(indexes.stop())
        runner.run(stack.aclose())


async def index_is_ready(units: Callable[[], ProjectUnitOfWork], indexes: SearchIndexes, project_id: str) -> None:
    async with units() as unit:
        await indexes.view(unit.session, project_id)
    assert await indexes.ready(project_id)


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
    "name",
    ["label", "tag", "truth", "line", "meta.temp", "meta.operator", "is", "model", "format", "batch", "by"],
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


@pytest.mark.parametrize(
    ("name", "containing", "expected"),
    [
        ("tag", "scr", {"scratch"}),
        ("tag", "스크", {"스크래치"}),
        ("tag", "%", {"100%"}),
        ("tag", "_", {"a_b"}),
        ("truth", "n", {"NG", "dent", "pin_hole"}),
        ("lot", "a23", {"A23-001", "A23-002", "a23_x"}),
        ("meta.operator", "k", {"kim", "Kim_2"}),
        ("is", "an", {"analysed"}),
        ("by", c.OWNER, {f"users/{c.OWNER}"}),
        ("format", "peg", {"JPEG"}),
        ("label", "nothing", set()),
    ],
)
def test_facet__containing_leaves_out_the_other_values(
    store: Store, name: str, containing: str, expected: set[str]
) -> None:
    field = fields.find(name)
    assert field is not None

    values = store.ask(
        lambda search: search.facet(OWNER, store.corpus.project, query.read("", CONTEXT), field, 200, containing)
    )

    assert {one.value.strip('"') for one in values} == expected


def numbers_of(image: c.ImageFact) -> dict[str, Any]:
    return {
        "conf": image.confidence,
        "width": image.width,
        "size": image.size,
        "meta.temp": image.metadata.get("temp"),
        "at": image.captured,
        "uploaded": image.uploaded,
        "outlier": None,
    }


@pytest.mark.parametrize("bins", [1, 7, 200])
@pytest.mark.parametrize("name", ["conf", "width", "size", "meta.temp", "at", "uploaded", "outlier"])
def test_histogram__each_value_lies_in_one_bin(store: Store, name: str, bins: int) -> None:
    field = fields.find(name)
    assert field is not None
    images = [image for image in store.corpus.images if image.format != "BMP"]
    values = [value for image in images if (value := numbers_of(image)[name]) is not None]

    found = store.ask(
        lambda search: search.histogram(OWNER, store.corpus.project, query.read("NOT format:bmp", CONTEXT), field, bins)
    )

    assert found.missing == len(images) - len(values)
    assert sum(found.counts) == len(values)
    if not values:
        assert found.edges == ()
        return
    assert (found.edges[0], found.edges[-1]) == (min(values), max(values))
    assert len(found.edges) == bins + 1
    inner = list(zip(found.edges, found.edges[1:], found.counts, strict=False))
    for low, high, count in inner[:-1]:
        assert count == sum(low <= value < high for value in values)
    assert inner[-1][2] == sum(value >= inner[-1][0] for value in values)


def test_histogram__one_value_is_one_bin(store: Store) -> None:
    width = fields.FIELDS["width"]
    node = query.read("width:640", CONTEXT)

    found = store.ask(lambda search: search.histogram(OWNER, store.corpus.project, node, width, 20))

    assert list(found.edges) == [640, 640]
    assert found.counts == (store.count("width:640"),)


def test_keys__types_and_counts(store: Store) -> None:
    def count(key: str) -> int:
        return sum(key in image.metadata for image in store.corpus.images)

    keys = store.ask(lambda search: search.keys(OWNER, store.corpus.project, "", 100))

    assert {one.key: one.image_count for one in keys} == {
        key: count(key) for key in ("line", "lot", "verdict", "temp", "operator", "when", "hot")
    }
    assert [one.image_count for one in keys] == sorted((one.image_count for one in keys), reverse=True)
    types = {one.key: [kind for kind, _ in one.types] for one in keys}
    assert types["temp"] == [ValueType.NUMBER]
    assert types["line"] == [ValueType.TEXT]
    assert types["when"] == [ValueType.TIME]
    assert types["hot"] == [ValueType.TRUTH]


def test_keys__prefix_limit_and_scope(store: Store) -> None:
    stranger = Scope(user_id=c.COLLEAGUE)

    def names(scope: Scope, prefix: str, limit: int = 100) -> list[str]:
        found = store.ask(lambda search: search.keys(scope, store.corpus.project, prefix, limit))
        return [one.key for one in found]

    assert sorted(names(OWNER, "l")) == ["line", "lot"]
    assert len(names(OWNER, "", 3)) == 3
    assert names(OWNER, "%") == []
    assert names(stranger, "") == []


@pytest.mark.parametrize("order", list(Order))
def test_neighbours__of_each_image_in_each_order(store: Store, order: Order) -> None:
    node = query.read("NOT tag:scratch", CONTEXT)
    ids = store.all_ids("NOT tag:scratch", order=order)
    other = next(image.id for image in store.corpus.images if image.id not in ids)

    def place(image_id: str, scope: Scope = OWNER) -> Position | None:
        return store.ask(lambda search: search.neighbours(scope, store.corpus.project, node, order, image_id))

    padded = ["", *ids, ""]
    for number, image_id in enumerate(ids, start=1):
        assert place(image_id) == Position(number, padded[number - 1], padded[number + 1])
    assert place(other) is None
    assert place(ids[0], Scope(user_id=c.COLLEAGUE)) is None


def test_search__largest_query_that_is_allowed(store: Store) -> None:
    terms = " OR ".join(f"word{i}" for i in range(200))
    nested = "(" * 50 + "NOT tag:x" + ")" * 50
    negated = "-(" * 25 + "tag:scratch" + ")" * 25

    assert store.count(terms) == 0
    assert store.count(nested.replace("NOT ", "")) == 0
    assert store.count(negated) == store.count("-tag:scratch")


@pytest.mark.parametrize("order", list(Order))
def test_page__skips_to_any_place(store: Store, order: Order) -> None:
    everything = store.all_ids("", order=order)

    assert store.window("", order, skip=7, limit=5) == everything[7:12]
    assert store.window("", order, skip=len(everything) - 2, limit=5) == everything[-2:]
    assert store.window("", order, skip=len(everything), limit=5) == []
