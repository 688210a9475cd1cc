"""Says which searchable facts a transaction changes, so that search indexes can follow.

Nobody has to remember to: the log looks at every INSERT, UPDATE and DELETE that the session executes. Which images a
statement means stands in its rows or in its WHERE; where it does not, the same WHERE is asked for them first. More
images than really change may be named, never fewer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any

from sqlalchemy import Insert, Select, Table, delete, event, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, ColumnElement
from sqlalchemy.sql.operators import and_ as and_operator
from sqlalchemy.sql.operators import eq, in_op

from loupe_kit import ids
from loupe_project.adapters.sql import tables as t
from loupe_project.adapters.sql import tag_links
from loupe_project.adapters.sql.chunks import chunks

MAX_IDS = 50_000
"""Images that one change names; with more, indexes read the places of its tags or the whole project anew."""
KEPT = 4096
"""Changes of a project that are kept."""


class Part(IntFlag):
    """What changed."""

    FACTS = 1
    """The images with these ids: all but their tags, outlier scores and places among duplicates."""
    TAGS = 2
    """Tags on the images with these ids; no other tags than those with these ids."""
    TAG_NAMES = 4
    """Which tags there are, and their texts."""
    RIGHTS = 8
    """Who sees single images."""
    SCORES = 16
    """Outlier scores."""
    DUPLICATES = 32
    """Duplicates."""
    TAG_PLACES = 64
    """All places of the tags with these ids."""
    ALL = 128
    """Too much to name."""


_NOTHING = Part(0)
_NAMED = "named_for_search"
"""Execution option with a `Named`."""


@dataclass(slots=True)
class Change:
    """What changed in a project."""

    parts: Part = _NOTHING
    image_ids: set[str] = field(default_factory=set)
    """Images whose facts changed."""
    tagged_ids: set[str] = field(default_factory=set)
    """Images whose tags changed."""
    tag_ids: set[str] = field(default_factory=set)
    """Tags that were put on or taken off."""


_BY_IMAGE = frozenset((t.images, t.image_metadata, t.labels, t.predictions, t.prediction_boxes, t.trashed_images))
"""Tables with facts of single images."""
_BY_PROJECT: Mapping[Table, Part] = {
    t.tags: Part.TAG_NAMES,
    t.narrowed_images: Part.RIGHTS,
    t.image_readers: Part.RIGHTS,
    t.outlier_scores: Part.SCORES,
    t.duplicates: Part.DUPLICATES,
    t.curation_runs: Part.SCORES | Part.DUPLICATES,
}
"""Tables that indexes read as a whole. Rows of these go with their tag, image or run, which is named then."""


class ChangeLog:
    """Collects the changes of a transaction and writes them with it.

    Args:
        session: Of the transaction; not one that only reads.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._changes: dict[str, Change] = {}
        self._projects: dict[str, str] = {}
        event.listen(session.sync_session, "do_orm_execute", self._before)

    @property
    def changed_projects(self) -> Iterable[str]:
        """Ids of projects with changes that are not committed."""
        return self._changes.keys()

    def forget(self) -> None:
        """The transaction was rolled back."""
        self._changes = {}

    async def write(self) -> None:
        """Write what changed; the last thing before the commit."""
        changes, self._changes = self._changes, {}
        # Sorted, so that two transactions wait for each other in one order.
        for project_id in sorted(changes):
            await self._write(project_id, changes[project_id])

    async def _write(self, project_id: str, change: Change) -> None:
        versions = t.search_versions
        there = versions.c.project_id == project_id
        one_more = update(versions).where(there).values(version=versions.c.version + 1)
        if not (await self._session.execute(one_more)).rowcount:  # type: ignore[attr-defined] # of an UPDATE
            if not await self._session.scalar(select(t.projects.c.id).where(t.projects.c.id == project_id)):
                return
            # Another transaction may be the first one as well.
            first = [{"project_id": project_id, "version": 0}]
            await self._session.execute(tag_links.insert_new(self._session, versions), first)
            await self._session.execute(one_more)
        version = int(await self._session.scalar(select(versions.c.version).where(there)) or 0)
        await self._session.execute(insert(t.image_changes).values(self._row(project_id, version, change)))
        if version % (KEPT // 8) == 0:
            rows = t.image_changes.c
            old = delete(t.image_changes).where(rows.project_id == project_id, rows.version <= version - KEPT)
            await self._session.execute(old)

    @staticmethod
    def _row(project_id: str, version: int, change: Change) -> dict[str, Any]:
        parts = change.parts
        image_ids, tagged_ids, tag_ids = change.image_ids, change.tagged_ids - change.image_ids, change.tag_ids
        if len(tagged_ids) > MAX_IDS:
            parts, tagged_ids = (parts & ~Part.TAGS) | Part.TAG_PLACES, set()
        if max(len(image_ids), len(tag_ids)) > MAX_IDS:
            parts, image_ids, tagged_ids, tag_ids = Part.ALL, set(), set(), set()
        return {
            "project_id": project_id,
            "version": version,
            "parts": int(parts),
            "image_ids": ids.pack_ids(sorted(image_ids)),
            "tagged_ids": ids.pack_ids(sorted(tagged_ids)),
            "tag_ids": ids.pack_ids(sorted(tag_ids)),
        }

    def _before(self, state: ORMExecuteState) -> None:
        if not (state.is_insert or state.is_update or state.is_delete):
            return
        statement: Any = state.statement
        table = statement.table
        if table is t.image_tags:
            self._touch_tags(state.session, statement, _parameters(state))
        elif table in _BY_IMAGE:
            found = self._images(state.session, statement, table, _parameters(state))
            for image_id, project_id in self._projects_by_id(state.session, t.images, found):
                change = self._change(project_id)
                change.parts |= Part.FACTS
                change.image_ids.add(image_id)
        elif table in _BY_PROJECT:
            for project_id in self._projects_of(state.session, statement, table, _parameters(state)):
                self._change(project_id).parts |= _BY_PROJECT[table]

    def _change(self, project_id: str) -> Change:
        return self._changes.setdefault(project_id, Change())

    def _touch_tags(self, session: Session, statement: Any, parameters: Sequence[Mapping[str, Any]]) -> None:
        links = t.image_tags.c
        if statement.is_insert:
            tag_ids: set[str] | None
            image_ids: set[str] | None
            tag_ids, image_ids = self._new_links(session, statement, parameters)
        else:
            tag_ids = _named(statement.whereclause, links.tag_id, parameters)
            image_ids = _named(statement.whereclause, links.image_id, parameters)
            if image_ids is None and tag_ids is None:
                asked = list(_asked(session, select(links.image_id, links.tag_id), statement, parameters))
                image_ids, tag_ids = {one for one, _ in asked}, {one for _, one in asked}
            if statement.is_update:
                tag_ids = None if tag_ids is None else tag_ids | _put_instead(statement, parameters)
        for tag_id, project_id in self._projects_by_id(session, t.tags, tag_ids or set()):
            change = self._change(project_id)
            change.tag_ids.add(tag_id)
            if image_ids is None:
                change.parts |= Part.TAG_PLACES
        for image_id, project_id in self._projects_by_id(session, t.images, image_ids or set()):
            change = self._change(project_id)
            change.parts |= Part.TAGS
            change.tagged_ids.add(image_id)

    def _new_links(
        self, session: Session, statement: Any, parameters: Sequence[Mapping[str, Any]]
    ) -> tuple[set[str], set[str]]:
        """Ids of the tags and images whose links an INSERT writes."""
        named = self._named(statement)
        if named is not None:
            return set(named.tag_ids), set(named.image_ids)
        rows = _rows(session, statement, parameters, {"tag_id", "image_id"})
        return {row["tag_id"] for row in rows}, {row["image_id"] for row in rows}

    def _named(self, statement: Any) -> "Named | None":
        """What its writer says of a statement."""
        named: Named | None = statement.get_execution_options().get(_NAMED)
        if named is not None:
            self._projects.update(dict.fromkeys((*named.image_ids, *named.tag_ids), named.project_id))
        return named

    def _projects_by_id(self, session: Session, table: Table, row_ids: set[str]) -> Iterable[tuple[str, str]]:
        """Images or tags with the project of each; those that are not there are left out."""
        for some in chunks(sorted(row_ids - self._projects.keys())):
            rows = session.execute(select(table.c.id, table.c.project_id).where(table.c.id.in_(some)))
            self._projects.update((one, project_id) for one, project_id in rows)
        return [(one, self._projects[one]) for one in row_ids if one in self._projects]

    def _images(
        self, session: Session, statement: Any, table: Table, parameters: Sequence[Mapping[str, Any]]
    ) -> set[str]:
        """Ids of the images whose rows the statement writes."""
        key = "id" if table is t.images else "image_id"
        if statement.is_insert:
            said = self._named(statement)
            if said is not None:
                return set(said.image_ids)
            rows = _rows(session, statement, parameters, {key, "project_id"})
            if "project_id" in table.c:
                self._projects.update((row[key], row["project_id"]) for row in rows if row.get("project_id"))
            return {row[key] for row in rows}
        named = _named(statement.whereclause, table.c[key], parameters)
        if named is not None:
            return named
        # With their projects, which would have to be asked for next: there may be a million of them.
        found = dict(map(tuple, _asked(session, select(table.c[key], table.c.project_id), statement, parameters)))
        self._projects.update(found)
        return set(found)

    def _projects_of(
        self, session: Session, statement: Any, table: Table, parameters: Sequence[Mapping[str, Any]]
    ) -> set[str]:
        """Ids of the projects whose rows the statement writes."""
        if statement.is_insert:
            return {row["project_id"] for row in _rows(session, statement, parameters, {"project_id"})}
        named = _named(statement.whereclause, table.c.project_id, parameters)
        if named is not None:
            return named
        return {one for (one,) in _asked(session, select(table.c.project_id).distinct(), statement, parameters)}


@dataclass(frozen=True, slots=True)
class Named:
    """What an INSERT … SELECT writes rows of, or more: said by who knows, its SELECT need not be asked for it first."""

    project_id: str
    """Of the images."""
    image_ids: Sequence[str]
    tag_ids: Sequence[str] = ()
    """Tags that it puts on them."""

    def of(self, statement: Insert) -> Insert:
        """The statement with this as its option."""
        return statement.execution_options(**{_NAMED: self})


def _parameters(state: ORMExecuteState) -> Sequence[Mapping[str, Any]]:
    given = state.parameters
    if given is None:
        return ()
    return [given] if isinstance(given, Mapping) else given


def _rows(
    session: Session, statement: Any, parameters: Sequence[Mapping[str, Any]], names: Collection[str]
) -> Sequence[Mapping[str, Any]]:
    """Rows of an INSERT with the columns of these names at least, as far as it names them."""
    if statement.select is not None:
        given = [getattr(column, "key", column) for column in statement._select_names]  # noqa: SLF001 - nowhere else to be had
        # Only these: an image has thirty columns, and there may be many of them.
        columns = dict(zip(given, statement.select._raw_columns, strict=True))  # noqa: SLF001 - nowhere else to be had
        wanted = {name: column for name, column in columns.items() if name in names}
        question = statement.select.with_only_columns(*wanted.values(), maintain_column_froms=True)
        return [dict(zip(wanted, row, strict=True)) for row in session.execute(question)]
    return parameters or [statement.compile().params]


def _named(
    where: ColumnElement[Any] | None, column: ColumnElement[Any], parameters: Sequence[Mapping[str, Any]]
) -> set[str] | None:
    """Values of the column that a WHERE is limited to; None where it does not say so in plain words."""
    if isinstance(where, BooleanClauseList) and where.operator is and_operator:
        found = (_named(clause, column, parameters) for clause in where.clauses)
        return next((values for values in found if values is not None), None)
    if not isinstance(where, BinaryExpression) or where.left is not column:
        return None
    if not isinstance(where.right, BindParameter) or where.operator not in (eq, in_op):
        return None
    given = [one[where.right.key] for one in parameters if where.right.key in one] or [where.right.effective_value]
    return {value for one in given for value in ([one] if where.operator is eq else one)}


def _put_instead(statement: Any, parameters: Sequence[Mapping[str, Any]]) -> set[str]:
    """Tags that an UPDATE of links writes."""
    given = parameters or [statement.compile().params]
    return {one["tag_id"] for one in given if one.get("tag_id")}


def _asked(
    session: Session, question: Select[Any], statement: Any, parameters: Sequence[Mapping[str, Any]]
) -> Iterable[Any]:
    """Rows that an UPDATE or DELETE is about to write."""
    if statement.whereclause is not None:
        question = question.where(statement.whereclause)
    for one in parameters or ({},):
        yield from session.execute(question, one)
