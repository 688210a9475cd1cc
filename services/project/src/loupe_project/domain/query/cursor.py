"""What can come at the cursor in a query that is being written and need not be readable yet."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from loupe_project.domain.query import binding, parser, parts, syntax, values
from loupe_project.domain.query.errors import QueryInvalid, QueryTooComplex
from loupe_project.domain.query.grammar import KEYWORDS
from loupe_project.domain.query.syntax import NOWHERE, Span
from loupe_project.domain.query.tree import Field

_SPACE = re.compile(r"\s+")
_SIGNS = {
    "box": re.compile(r"(?:box|상자)\[", re.IGNORECASE),
    "count": re.compile(r"(?:count|개수)\(", re.IGNORECASE),
    "bracket": re.compile(r"\("),
    "close": re.compile(r"[)\]]"),
    "comma": re.compile(","),
    "op": re.compile("!=|<=|>=|[:=<>!]"),
    "word": re.compile(
        r'-?(?:(?:meta|메타)\."(?:\\.|[^"\\])*"?|[^\s()\[\]",:=<>!-][^\s()\[\]",:=<>!]*)', re.IGNORECASE
    ),
    "string": re.compile(r'"(?:\\.|[^"\\])*"?', re.DOTALL),
    "minus": re.compile("-"),
}
_VALUE = re.compile(r'"(?:\\.|[^"\\])*"?|[^\s()\[\]",]+', re.DOTALL)
_CLOSERS = {"bracket": ")", "box": "]", "count": ")>0"}
_MAX_TOKENS = 1_000
"""Far more than a query may have that can be read: nothing is looked for in longer ones."""
_PLACEHOLDER = '"\ue000cursor\ue000"'


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cursor stands."""

    span: Span
    """What a suggestion replaces."""
    typed: str
    """What is written of it before the cursor, without quotes."""
    is_value: bool
    """Whether a value is expected; otherwise a term or a keyword."""
    field: Field | None
    """Whose value is expected; of a term, the field that its word names already."""
    op: str
    """The operator that is written already; empty if none is."""
    given: tuple[str, ...]
    """The term's other values, as they are written."""
    in_box: bool
    """Whether it is within `box[…]`."""
    after_term: bool
    """Whether AND or OR may come here."""
    after_count: bool
    """Whether `count(…)` needs its operator here."""
    rest: tuple[syntax.Syntax, ...]
    """What images must match besides, as far as it can be read."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    start: int
    end: int
    text: str


def look(text: str, cursor: int) -> Place:
    """What is around the cursor.

    Args:
        text: The query.
        cursor: Characters before it, 0 to the length of the text.

    Returns:
        The place; one where nothing can come, if the query is far longer than one may be.
    """
    tokens = list(islice(_tokens(text), _MAX_TOKENS + 1))
    if len(tokens) > _MAX_TOKENS:
        return _nowhere(cursor)
    here = _token_at(tokens, cursor)
    before = [token for token in tokens if token.end <= cursor and token is not here]
    opened, closed = _brackets(before)
    in_box = "box" in opened
    is_value = here.kind == "value" if here else _expects_value(before)
    first, last = _term_around(tokens, here, before, is_value=is_value)
    head = tokens[first] if first < len(tokens) else None
    term = tokens[first:last]
    ops = [token.text for token in term if token.kind == "op"]
    span = Span(here.start, here.end) if here else _value_behind(tokens, cursor, is_value=is_value)
    previous = tokens[first - 1] if first > 0 else None
    return Place(
        span=span,
        typed=values.plain(_closed(text[span.start : cursor])) if is_value else text[span.start : cursor],
        is_value=is_value,
        field=_field(head, in_box=in_box),
        op=ops[0] if ops else "",
        given=tuple(token.text for token in term if token.kind == "value" and token.start != span.start),
        in_box=in_box,
        after_term=previous is not None and previous.kind in ("word", "value", "string", "close"),
        after_count=here is None and closed == "count",
        rest=_rest(text, term, cursor),
    )


def _nowhere(cursor: int) -> Place:
    """A place where nothing can come."""
    return Place(
        span=Span(cursor, cursor),
        typed="",
        is_value=True,
        field=None,
        op="",
        given=(),
        in_box=False,
        after_term=False,
        after_count=False,
        rest=(),
    )


def _tokens(text: str) -> Iterator[_Token]:
    position, kind = 0, ""
    while position < len(text):
        space = _SPACE.match(text, position)
        if space:
            position = space.end()
            continue
        value = _VALUE.match(text, position) if kind in ("op", "value-comma") else None
        # A keyword after a blank is one, though a value is missing.
        if value and not (value[0] in KEYWORDS and text[position - 1].isspace()):
            kind, end = "value", value.end()
        else:
            kind, end = _sign(text, position, after_value=kind == "value")
        yield _Token(kind.removeprefix("value-"), position, end, text[position:end])
        position = end


def _sign(text: str, position: int, *, after_value: bool) -> tuple[str, int]:
    for kind, sign in _SIGNS.items():
        match = sign.match(text, position)
        if match and match[0].startswith("-") and kind == "word":
            return "minus", position + 1
        if match:
            is_keyword = kind == "word" and match[0] in KEYWORDS
            named = "value-comma" if kind == "comma" and after_value else kind
            return "keyword" if is_keyword else named, match.end()
    return "other", position + 1


def _token_at(tokens: list[_Token], cursor: int) -> _Token | None:
    writable = ("word", "value", "string", "keyword")
    return next((one for one in tokens if one.start < cursor <= one.end and one.kind in writable), None)


def _brackets(tokens: list[_Token]) -> tuple[list[str], str]:
    """Brackets that are open, and the one that the last token closed."""
    opened: list[str] = []
    closed = ""
    for token in tokens:
        closed = ""
        if token.kind in _CLOSERS:
            opened.append(token.kind)
        elif token.kind == "close" and opened:
            closed = opened.pop()
    return opened, closed


def _expects_value(before: list[_Token]) -> bool:
    if not before:
        return False
    is_list = before[-1].kind == "comma" and len(before) > 1 and before[-2].kind == "value"
    return before[-1].kind == "op" or is_list


def _term_around(tokens: list[_Token], here: _Token | None, before: list[_Token], *, is_value: bool) -> tuple[int, int]:
    """Indices of the first token of the term at the cursor, and of the one after its last."""
    first = tokens.index(here) if here else len(before)
    last = first + 1 if here else first
    if is_value:
        while first > 0 and tokens[first - 1].kind in ("op", "value", "comma"):
            first -= 1
        first -= first > 0 and tokens[first - 1].kind == "word"
    if is_value or here:
        while last < len(tokens) and (tokens[last].kind in ("op", "comma") or tokens[last].kind == "value"):
            last += 1
    return first, last


def _value_behind(tokens: list[_Token], cursor: int, *, is_value: bool) -> Span:
    behind = next((one for one in tokens if one.start == cursor and one.kind == "value"), None)
    return Span(cursor, behind.end) if behind and is_value else Span(cursor, cursor)


def _closed(raw: str) -> str:
    """A value whose closing quote is not written yet, with it."""
    is_open = raw.startswith('"') and (len(raw) == 1 or not raw.endswith('"'))
    return f'{raw}"' if is_open else raw


def _field(head: _Token | None, *, in_box: bool) -> Field | None:
    if head is None or head.kind != "word":
        return None
    try:
        return binding.field_of(head.text, NOWHERE, in_box=in_box)
    except QueryInvalid:
        return None


def _rest(text: str, term: list[_Token], cursor: int) -> tuple[syntax.Syntax, ...]:
    start, end = (term[0].start, term[-1].end) if term else (cursor, cursor)
    whole = f"{text[:start]} {_PLACEHOLDER} {text[end:]}"
    opened, _ = _brackets(list(_tokens(whole)))
    try:
        query = parser.parse(whole + "".join(_CLOSERS[kind] for kind in reversed(opened)))
    except (QueryInvalid, QueryTooComplex):
        return ()
    leaf = _placeholder(query)
    return () if leaf is None else tuple(parts.beside(query, leaf))


def _placeholder(node: syntax.Syntax) -> syntax.Syntax | None:
    match node:
        case syntax.Text(value):
            return node if value.raw == _PLACEHOLDER else None
        case syntax.AllOf(children) | syntax.AnyOf(children):
            return next((found for child in children if (found := _placeholder(child)) is not None), None)
        case syntax.Negation(child) | syntax.Box(child) | syntax.Count(syntax.Box(child)):
            return _placeholder(child)
        case _:
            return None
