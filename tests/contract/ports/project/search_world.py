"""A project with a search index, random hands that change it, and everybody who looks at it."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update

from loupe_kit import ids
from loupe_project.adapters.search.indexes import SearchIndexes
from loupe_project.adapters.search.search import IndexedImageSearch
from loupe_project.adapters.sql.search import SqlImageSearch
from loupe_project.adapters.sql.tables import image_tags, images, predictions, tags
from loupe_project.adapters.sql.unit_of_work import ProjectUnitOfWork
from loupe_project.domain import query
from loupe_project.domain.curation import Duplicate, Outlier, RunKind
from loupe_project.domain.image import NewLabel, Origin
from loupe_project.domain.image_access import AccessMode, AccessWish, Principal
from loupe_project.domain.image_set import ImageSet
from loupe_project.domain.job import FoundBox
from loupe_project.domain.project import PrincipalKind, Project
from loupe_project.domain.query import fields
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import Order
from loupe_project.ports.search import ImageSearch
from tests.contract.ports.project.builders import NOW, Units, make_arrival, make_image, make_result
from tests.contract.ports.project.test_curation_store import make_run

VIEWER, GUEST, STRANGER = ids.new_id(), ids.new_id(), ids.new_id()
CONTEXT = query.Context(now=NOW, zone=ZoneInfo("UTC"))
QUERIES = (
    "",
    "tag:red",
    "-tag:*e*",
    "line:L1 OR lot:a*",
    "meta.temp>50",
    "label:Scratch -has:truth",
    "truth:dent",
    "is:pending",
    "is:overkill",
    "is:reviewed",
    "model:efficientnet-lite0@1",
    "box[label:dent conf>0.5]",
    "count(box[conf>0])=0",
    "outlier>0.5",
    "dup:near OR dup:keeper",
    "has:dup",
    "conf<0.8 name:*1*",
)
FACETS = ("label", "truth", "tag", "line", "meta.temp", "is", "model", "batch")


@dataclass
class World:
    """A project with an index, random hands that change it, and everybody who looks at it."""

    units: Units
    indexes: SearchIndexes
    project: Project
    dice: random.Random
    images: list[str] = field(default_factory=list)
    trashed: list[str] = field(default_factory=list)
    sets: list[str] = field(default_factory=list)

    def some(self) -> list[str]:
        return self.dice.sample(self.images, min(len(self.images), self.dice.randint(1, 4)))

    async def arrive(self, unit: ProjectUnitOfWork) -> None:
        new = [
            make_image(
                self.project,
                file_name=f"part-{self.dice.randrange(40)}.png",
                metadata=self._metadata(),
                tags=tuple(self.dice.sample(("red", "green", "blue"), self.dice.randrange(3))),
                labels=self.dice.choice(((), (NewLabel("dent", None),), (NewLabel("OK", None),))),
            )
            for _ in range(self.dice.randint(1, 4))
        ]
        time = NOW + timedelta(seconds=self.dice.randrange(5))
        await unit.images.add(self.project, make_arrival(self.project, time=time), new)
        self.images += [one.id for one in new]

    def _metadata(self) -> dict[str, Any]:
        values = {
            "line": self.dice.choice(("L1", "l1", "L2")),
            "Lot": self.dice.choice(("A1", "b2")),
            "temp": self.dice.choice((10, 60.5, "60.5", True)),
            "when": "2026-11-20T10:00:00Z",
        }
        return {key: value for key, value in values.items() if self.dice.random() < 0.6}

    async def analyse(self, unit: ProjectUnitOfWork) -> None:
        box = FoundBox("dent", 0.7, 1.5, 2.5, 10, 20)
        results = [
            make_result(
                self.project,
                one,
                label=self.dice.choice(("Scratch", "OK")),
                confidence=self.dice.random(),
                boxes=(box,) * self.dice.randrange(3),
            )
            for one in self.some()
        ]
        await unit.results.store(results, NOW)

    async def describe(self, unit: ProjectUnitOfWork) -> None:
        new = {one: self._metadata() for one in self.some()}
        await unit.images.put_metadata(self.project.id, new, NOW, replace=self.dice.random() < 0.5)

    async def label(self, unit: ProjectUnitOfWork) -> None:
        text = self.dice.choice(("OK", "Dent", "dent"))
        await unit.labels.put(self.project.id, {one: [NewLabel(text, None)] for one in self.some()}, "users/x", NOW)

    async def tag(self, unit: ProjectUnitOfWork) -> None:
        names = self.dice.sample(("red", "green", "Reviewed", "late"), 2)
        found = await unit.tags.ensure(self.project.id, names, Origin.USER, "users/x", NOW)
        await unit.tags.put_on(self.some(), sorted(found.values()), Origin.USER, "users/x", NOW)
        found = {name: one.id for name, one in (await unit.tags.find(self.project.id, ["blue", "red"])).items()}
        await unit.tags.take_off(self.some(), sorted(found.values()))

    async def rename(self, unit: ProjectUnitOfWork) -> None:
        for one in (await unit.tags.find(self.project.id, ["late", "blue"])).values():
            await unit.tags.save(replace(one, display_name=f"{one.display_name} {self.dice.randrange(99)}"))

    async def merge(self, unit: ProjectUnitOfWork) -> None:
        found = await unit.tags.find(self.project.id, ["red", "green"])
        if len(found) == 2:
            links = image_tags.c
            on_both = list(await unit.session.scalars(select(links.image_id).where(links.tag_id == found["red"].id)))
            await unit.session.execute(
                delete(image_tags).where(links.tag_id == found["green"].id, links.image_id.in_(on_both))
            )
            moved = update(image_tags).where(links.tag_id == found["green"].id).values(tag_id=found["red"].id)
            await unit.session.execute(moved)
            await unit.session.execute(delete(tags).where(tags.c.id == found["green"].id))

    async def limit(self, unit: ProjectUnitOfWork) -> None:
        mode = self.dice.choice((AccessMode.RESTRICTED, AccessMode.INHERITED, None))
        readers = (Principal(PrincipalKind.USER, self.dice.choice((GUEST, VIEWER))),)
        wish = self.dice.choice((AccessWish(mode=mode, add=readers), AccessWish(remove=readers)))
        await unit.image_access.modify(self.project.id, self.some(), wish)

    async def throw_away(self, unit: ProjectUnitOfWork) -> None:
        self.trashed += await unit.trash.put(self.project.id, self.some()[:2], ids.new_id(), "users/x", NOW)

    async def bring_back(self, unit: ProjectUnitOfWork) -> None:
        await unit.trash.restore(self.project.id, self.trashed[:1])
        self.trashed = self.trashed[1:]

    async def destroy(self, unit: ProjectUnitOfWork) -> None:
        gone = self.some()[:1]
        await unit.images.delete(self.project.id, gone, NOW)
        self.images = [one for one in self.images if one not in gone]

    async def score(self, unit: ProjectUnitOfWork) -> None:
        run = make_run(self.project, RunKind.OUTLIERS)
        await unit.curation.add_run(run)
        await unit.curation.supersede(self.project.id, RunKind.OUTLIERS)
        await unit.curation.put_outliers(run, [Outlier(one, self.dice.random(), 0.5, one) for one in self.some()])

    async def pair(self, unit: ProjectUnitOfWork) -> None:
        run = make_run(self.project, RunKind.DUPLICATES)
        await unit.curation.add_run(run)
        await unit.curation.supersede(self.project.id, RunKind.DUPLICATES)
        keeper, *copies = self.some()
        found = [
            Duplicate(image_id=one, keeper_id=keeper, is_exact=self.dice.random() < 0.5, difference=0.1)
            for one in copies
        ]
        await unit.curation.put_duplicates(run, found)

    async def put_together(self, unit: ProjectUnitOfWork) -> None:
        chosen = self.some()
        new = ImageSet(ids.new_id(), self.project.id, "users/x", len(chosen), NOW + timedelta(days=1))
        await unit.image_sets.add(new, chosen)
        self.sets.append(new.id)

    async def write_by_hand(self, unit: ProjectUnitOfWork) -> None:
        await unit.session.execute(update(images).where(images.c.file_name == "part-7.png").values(width=5))
        await unit.session.execute(
            delete(predictions).where(predictions.c.project_id == self.project.id, predictions.c.label == "OK")
        )

    @property
    def scopes(self) -> list[Scope]:
        people = (self.project.owner_id, VIEWER, GUEST, STRANGER)
        return [Scope(user_id=one, principal=f"users/{one}") for one in people] + [Scope.of_loupe()]

    async def change(self) -> None:
        hands: list[Callable[[ProjectUnitOfWork], Awaitable[None]]] = [
            self.arrive, self.arrive, self.analyse, self.analyse, self.describe, self.label, self.tag, self.tag,
            self.rename, self.merge, self.limit, self.limit, self.throw_away, self.bring_back, self.destroy, self.score,
            self.pair, self.put_together,
            self.write_by_hand,
        ]  # fmt: skip
        async with self.units() as unit:
            for hand in [self.arrive] if len(self.images) < 4 else self.dice.sample(hands, 2):
                await hand(unit)
            await unit.commit()

    async def check(self) -> None:
        async with self.units(read_only=True) as unit:
            # Without a store behind it, so that nothing else can answer.
            nothing: Any = None
            by_index = IndexedImageSearch(unit.session, nothing, self.indexes, tuple)
            for scope in self.dice.sample(self.scopes, 2):
                assert await self._answers(by_index, scope) == await self._answers(SqlImageSearch(unit.session), scope)

    async def _answers(self, search: ImageSearch, scope: Scope) -> list[Any]:
        found: list[Any] = []
        # No set has the id of a project.
        named = ",".join([self.project.id, *self.sets[-2:]])
        for text in (*QUERIES, f"set:{named}", f"-set:{named} line:L1"):
            node = query.read(text, CONTEXT)
            found += [text, await search.count(scope, self.project.id, node)]
            order = list(Order)[len(found) % len(Order)]
            found.append(await search.page(scope, self.project.id, node, order=order, after=(), limit=5, skip=1))
        everything = query.read("-tag:nothing", CONTEXT)
        for name in FACETS:
            of = fields.find(name)
            assert of is not None
            found += [name, await search.facet(scope, self.project.id, everything, of, 3)]
        found.append(await search.keys(scope, self.project.id, "", 10))
        found.append(await search.histogram(scope, self.project.id, everything, fields.FIELDS["outlier"], 4))
        return found
