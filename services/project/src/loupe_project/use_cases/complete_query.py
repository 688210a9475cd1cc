"""How a query may go on at the cursor, with what the caller may see of the project."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from loupe_kit.clock import Clock
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain import query as queries
from loupe_project.domain.project import Project
from loupe_project.domain.query import cursor, fields, formatting, parser, values, words
from loupe_project.domain.query.cursor import Place
from loupe_project.domain.query.syntax import Span, Syntax
from loupe_project.domain.query.tree import And, Field, Kind
from loupe_project.domain.scope import Scope
from loupe_project.domain.search import MetadataKey, ValueType
from loupe_project.domain.text import fold
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.get_facets import facet_values, is_countable
from loupe_project.use_cases.search_images import context_of

DEFAULT_LIMIT = 12
MAX_LIMIT = 100
_SHORTEST = 2
"""Characters from which on values are looked for that hold what is typed without a field; one in Korean."""
_FREE_FIELDS = ("label", "tag", "truth")
_FREE_VALUES = 3
_KEPT_FOR_KEYWORDS = 3


class SuggestionKind(Enum):
    """What is suggested."""

    FIELD = "field"
    OPERATOR = "operator"
    VALUE = "value"
    KEYWORD = "keyword"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way for a query to go on."""

    kind: SuggestionKind
    text: str
    """What comes in place of `span`."""
    span: Span
    field: str = ""
    """English name."""
    count: int | None = None
    """Images; None where they are not counted."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query that is being written."""

    query: str
    cursor: int | None
    """Characters before it; None: at the end."""
    limit: int
    """0 for `DEFAULT_LIMIT`."""
    language: str
    """"ko" or "en"."""


async def complete_query(
    store: Store, scope: Scope, project_id: str, question: Question, clock: Clock
) -> list[Suggestion]:
    """Suggestions, the best first.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        InvalidArgument: If the cursor is outside the query, the query is too long, or the limit negative.
    """
    project = await access.viewer(store, scope, project_id)
    at, limit = _cursor(question), _limit(question.limit)
    place = cursor.look(question.query, at)
    return await _Completion(store, scope, project, place, question.language, clock).suggest(limit)


class _Completion:
    def __init__(self, store: Store, scope: Scope, project: Project, place: Place, language: str, clock: Clock) -> None:
        self._search = store.search
        self._scope = scope
        self._project_id = project.id
        self._place = place
        self._language = words.language_of(place.typed, language)
        self._context = context_of(project, clock)
        self._rest = self._bound(place.rest)

    async def suggest(self, limit: int) -> list[Suggestion]:
        if self._place.is_value:
            return (await self._values(limit))[:limit]
        if self._place.after_count:
            return [self._operator(sign, None) for sign in (">=", "<=", "=", ">", "<")]
        keys = await self._keys(limit)
        found = [*self._operators(keys), *self._fields(), *keys, *await self._free_values()]
        keywords = self._keywords()
        if self._place.typed.isupper() and keywords:
            return [*keywords, *found][:limit]
        return [*found[: max(limit - min(len(keywords), _KEPT_FOR_KEYWORDS), 1)], *keywords][:limit]

    def _bound(self, rest: Iterable[Syntax]) -> queries.Node:
        """What images must match besides; parts that are not right yet are left out."""
        nodes = []
        for one in rest:
            try:
                nodes.append(queries.bind(one, self._context))
            except queries.QueryInvalid:
                continue
        return And(tuple(nodes))

    def _operators(self, keys: Sequence[Suggestion]) -> list[Suggestion]:
        """Of a field whose name is complete; every metadata key could be one, but not all are there."""
        field = self._place.field
        if field is None or self._place.op:
            return []
        if field.name != field.key and field.kind is Kind.METADATA and field.name not in {one.field for one in keys}:
            return []
        return [self._operator(sign, field) for sign in words.operators(field)]

    def _operator(self, sign: str, field: Field | None) -> Suggestion:
        end = self._place.span.end
        return Suggestion(SuggestionKind.OPERATOR, sign, Span(end, end), "" if field is None else field.name)

    def _fields(self) -> list[Suggestion]:
        named = words.field_names(self._place.typed, self._language, in_box=self._place.in_box)
        return [self._field(field, name) for field, name in named]

    def _field(self, field: Field, name: str, count: int | None = None, *, colon: bool | None = None) -> Suggestion:
        after = words.follows(field) if colon is None else ":" * colon
        text = name if self._place.op else f"{name}{after}"
        return Suggestion(SuggestionKind.FIELD, text, self._place.span, field.name, count)

    async def _keys(self, limit: int) -> list[Suggestion]:
        """Metadata keys of the project that are no fields of their own."""
        typed = fold(self._place.typed)
        if self._place.in_box or not typed:
            return []
        head, dot, key = typed.partition(".")
        prefix = key.removeprefix('"') if dot and head in ("meta", "메타") else typed
        found = await self._search.keys(self._scope, self._project_id, prefix, limit + len(fields.WELL_KNOWN_METADATA))
        own = [key for key in found if key.key not in fields.WELL_KNOWN_METADATA]
        return [self._key(key) for key in own]

    def _key(self, key: MetadataKey) -> Suggestion:
        field = fields.metadata_field(key.key)
        is_text = not key.types or key.types[0][0] in (ValueType.TEXT, ValueType.TRUTH)
        return self._field(field, formatting.field_text(field), key.image_count, colon=is_text)

    async def _free_values(self) -> list[Suggestion]:
        """Values that hold what is typed, each with its field."""
        typed, place = fold(self._place.typed), self._place
        if place.op or place.in_box or len(typed) < (1 if self._language == "ko" and typed else _SHORTEST):
            return []
        found = []
        for name in _FREE_FIELDS:
            for value in await self._counted(fields.FIELDS[name], typed, _FREE_VALUES):
                text = f"{name}:{value.text}"
                found.append(Suggestion(SuggestionKind.VALUE, text, place.span, name, value.count))
        return sorted(found, key=lambda one: -(one.count or 0))

    def _keywords(self) -> list[Suggestion]:
        joins = words.KEYWORDS[self._language]
        known = [f"{word} " for word in (joins if self._place.after_term else joins[2:])]
        known += () if self._place.in_box or self._language == "ko" else words.OPENINGS
        typed = self._place.typed
        fitting = [word for word in known if fold(word).startswith(fold(typed)) and word.strip() != typed]
        return [Suggestion(SuggestionKind.KEYWORD, word, self._place.span) for word in fitting]

    async def _values(self, limit: int) -> list[Suggestion]:
        field = self._place.field
        if field is None:
            return []
        typed = fold(self._place.typed.strip("*"))
        match field.kind:
            case Kind.STATE:
                return await self._states(field, typed)
            case Kind.DUPLICATE:
                return [self._value(word, field) for word in words.states(field, self._language) if typed in word]
            case Kind.PRESENCE:
                return await self._presences(field, typed, limit)
            case Kind.TIME:
                moments = words.MOMENTS[self._language]
                return [self._value(word, field) for word in moments if word.startswith(typed)]
            case _ if is_countable(field) and self._place.op in (":", "=", "!="):
                given = {fold(values.plain(raw)) for raw in self._place.given}
                found = await self._counted(field, typed, 2 * limit + len(given))
                return [one for one in found if fold(values.plain(one.text)) not in given]
            case _:
                return []

    async def _counted(self, field: Field, typed: str, limit: int) -> list[Suggestion]:
        """Values of a field that hold what is typed: those that begin with it first, then the most frequent."""
        found = await facet_values(self._search, self._scope, self._project_id, self._rest, field, limit, typed)
        ranked = sorted(found, key=lambda one: not fold(values.plain(one.value)).startswith(typed))
        return [self._value(one.value, field, one.count) for one in ranked]

    async def _states(self, field: Field, typed: str) -> list[Suggestion]:
        counts = {one.text: one.count for one in await self._counted(field, "", len(fields.STATES))}
        known = [word for word in words.states(field, self._language) if typed in word]
        return [self._value(word, field, counts.get(fields.STATES[word].value, 0)) for word in known]

    async def _presences(self, field: Field, typed: str, limit: int) -> list[Suggestion]:
        named = words.field_names(typed, self._language, in_box=False)
        held = [name for one, name in named if one.kind not in (Kind.STATE, Kind.PRESENCE, Kind.SET)]
        keys = [] if not typed else await self._keys(limit)
        return [
            *(self._value(name, field) for name in held),
            *(self._value(one.text.rstrip(":"), field, one.count) for one in keys),
        ]

    def _value(self, text: str, field: Field, count: int | None = None) -> Suggestion:
        return Suggestion(SuggestionKind.VALUE, text, self._place.span, field.name, count)


def _cursor(question: Question) -> int:
    length = len(question.query)
    if length > parser.MAX_CHARACTERS:
        raise InvalidArgument(
            f"The query has {length} characters, {parser.MAX_CHARACTERS} are allowed; shorten it.",
            fields=[FieldViolation("query", f"at most {parser.MAX_CHARACTERS} characters")],
        )
    at = length if question.cursor is None else question.cursor
    if not 0 <= at <= length:
        raise InvalidArgument(
            f"The cursor is at {at}, the query has {length} characters; count them from 0.",
            fields=[FieldViolation("cursor", f"must be 0 to {length}")],
        )
    return at


def _limit(asked: int) -> int:
    if asked < 0:
        raise InvalidArgument(
            f"limit is {asked}; give 0 for {DEFAULT_LIMIT}, or a number up to {MAX_LIMIT}.",
            fields=[FieldViolation("limit", "must not be negative")],
        )
    return min(asked or DEFAULT_LIMIT, MAX_LIMIT)
