"""From syntax to the typed tree: fields are looked up, values get their types, times become absolute."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NoReturn
from zoneinfo import ZoneInfo

from loupe_kit.ids import IdInvalid, parse_id
from loupe_project.domain.query import fields, syntax, times, tree, values
from loupe_project.domain.query.errors import QueryInvalid, Repair
from loupe_project.domain.query.syntax import Span
from loupe_project.domain.query.tree import Field, Kind, Node
from loupe_project.domain.text import fold

EQUALS = (":", "=", "!=")
MAX_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class Context:
    """What a query means depends on when and where it is asked."""

    now: datetime
    """Aware."""
    zone: ZoneInfo
    """The project's time zone, in which days begin."""


def bind(node: syntax.Syntax, context: Context) -> Node:
    """The typed tree of a query.

    Raises:
        QueryInvalid: For an unknown field, a value of the wrong type, an operator that the field does not know.
    """
    return _Binder(context, in_box=False).bind(node)


class _Binder:
    def __init__(self, context: Context, *, in_box: bool) -> None:
        self._context = context
        self._in_box = in_box
        self._by_kind: dict[Kind, Callable[[Field, syntax.Term], Node]] = {
            Kind.TEXT: self._text,
            Kind.NUMBER: self._number,
            Kind.TIME: self._time,
            Kind.STATE: self._state,
            Kind.PRESENCE: self._presence,
            Kind.MODEL: self._model,
            Kind.METADATA: self._metadata,
            Kind.DUPLICATE: self._duplicate,
            Kind.MONTH: self._month,
            Kind.SET: self._set,
        }

    def bind(self, node: syntax.Syntax) -> Node:
        match node:
            case syntax.Nothing():
                return tree.Everything()
            case syntax.AllOf(children):
                return tree.And(tuple(self.bind(child) for child in children))
            case syntax.AnyOf(children):
                return tree.Or(tuple(self.bind(child) for child in children))
            case syntax.Negation(child):
                return tree.Not(self.bind(child))
            case syntax.Text(value):
                return tree.Contains(values.containing(value.raw))
            case syntax.Box(child, span):
                return tree.BoxTerm(self._box(child, span))
            case syntax.Count():
                return self._count(node)
            case syntax.Term():
                return self._term(node)

    def _box(self, child: syntax.Syntax, span: Span) -> Node:
        if self._in_box:
            raise QueryInvalid(
                "a box cannot be asked for inside box[…]; take the inner one out.",
                "box[…] 안에 다시 box를 쓸 수 없습니다. 안쪽 것을 꺼내세요.",
                span=span,
            )
        return _Binder(self._context, in_box=True).bind(child)

    def _count(self, node: syntax.Count) -> Node:
        condition = self._box(node.box.child, node.span)
        number = values.number(node.number.raw)
        if number is None or number != int(number) or not 0 <= number <= MAX_COUNT:
            raise QueryInvalid(
                f"count(…) compares with a whole number from 0 to {MAX_COUNT:,}, not with '{node.number.raw}'.",
                f"count(…)는 0부터 {MAX_COUNT:,}까지의 정수와 비교합니다: '{node.number.raw}'",
                span=node.number.span,
            )
        op = "=" if node.op == ":" else node.op
        return tree.CountTerm(condition, tree.Comparison(op), int(number))

    def _term(self, term: syntax.Term) -> Node:
        field = self._field(term)
        node = self._by_kind[field.kind](field, term)
        return tree.Not(node) if term.op == "!=" else node

    def _field(self, term: syntax.Term) -> Field:
        return field_of(term.field, term.field_span, in_box=self._in_box)

    def _text(self, field: Field, term: syntax.Term) -> Node:
        _only_equals(field, term, "texts have no order")
        return tree.TextTerm(field, tuple(values.pattern(value.raw) for value in term.values))

    def _month(self, field: Field, term: syntax.Term) -> Node:
        _only_equals(field, term, "at:2026-01..2026-03 finds a range of months")
        months = tuple(_month(values.pattern(value.raw)) for value in term.values)
        return tree.TextTerm(fields.FIELDS["tag"], months)

    def _number(self, field: Field, term: syntax.Term) -> Node:
        read = values.size if field.name == "size" else values.number
        example = "10MB" if field.name == "size" else "0.6" if field.name in ("conf", "outlier") else "640"
        _single_value(field, term)
        intervals = []
        for value in term.values:
            interval = values.number_interval(term.op, value.raw, read)
            if interval is None:
                _wrong_type(field, value, f"a number, as in {field.name}>={example}")
            intervals.append(interval)
        return tree.NumberTerm(field, tuple(intervals))

    def _time(self, field: Field, term: syntax.Term) -> Node:
        _single_value(field, term)
        intervals = []
        for value in term.values:
            interval = values.time_interval(term.op, value.raw, self._read_time)
            if interval is None:
                _wrong_type(field, value, f"a time, as in {field.name}:2026-09-01, {field.name}>=-24h")
            intervals.append(interval)
        return tree.TimeTerm(field, tuple(intervals))

    def _read_time(self, text: str) -> times.Span | None:
        return times.parse(text, self._context.zone, self._context.now)

    def _state(self, field: Field, term: syntax.Term) -> Node:
        _only_equals(field, term, "states have no order")
        return _any_of([tree.StateTerm(_state(value)) for value in term.values])

    def _duplicate(self, field: Field, term: syntax.Term) -> Node:
        _only_equals(field, term, "an image is a duplicate or not")
        return _any_of([tree.DuplicateTerm(_duplicate(value)) for value in term.values])

    def _set(self, field: Field, term: syntax.Term) -> Node:
        _only_equals(field, term, "an image belongs to a set or not")
        return tree.SetTerm(tuple(_set_id(field, value) for value in term.values))

    def _presence(self, field: Field, term: syntax.Term) -> Node:
        _only_equals(field, term, "an image has a field or not")
        return _any_of([self._present(value) for value in term.values])

    def _present(self, value: syntax.Value) -> Node:
        name = values.plain(value.raw)
        if fold(name) in ("box", "상자"):
            return tree.BoxTerm(tree.Everything())
        field = fields.find(name)
        if field is None or field.kind in (Kind.STATE, Kind.PRESENCE, Kind.SET):
            _unknown_field(name, value.span, in_box=False)
        if field.kind is Kind.MONTH:
            return tree.TextTerm(fields.FIELDS["tag"], (_month(tree.Pattern(("", ""))),))
        return tree.PresenceTerm(field)

    def _model(self, field: Field, term: syntax.Term) -> Node:
        _only_equals(field, term, "models have no order")
        return tree.ModelTerm(tuple(_model(value) for value in term.values))

    def _metadata(self, field: Field, term: syntax.Term) -> Node:
        if term.op in EQUALS:
            return self._metadata_equals(field, term)
        _single_value(field, term)
        value = term.values[0]
        number = values.number_interval(term.op, value.raw)
        moment = values.time_interval(term.op, value.raw, self._read_time)
        if number is None and moment is None:
            _wrong_type(field, value, f"a number or a time after '{term.op}', as in {field.name}>=60")
        return tree.MetadataTerm(field, (), _given(number), _given(moment))

    def _metadata_equals(self, field: Field, term: syntax.Term) -> Node:
        # The type of a key may differ from image to image, so a value is tried as each type that it can be.
        read = partial(values.time_interval, term.op, read=self._read_time)
        return tree.MetadataTerm(
            field,
            patterns=tuple(values.pattern(value.raw) for value in term.values),
            numbers=tuple(n for v in term.values for n in _given(values.number_interval(term.op, v.raw))),
            times=tuple(t for v in term.values for t in _given(read(v.raw))),
        )


def _given(interval: tree.Interval[tree.T] | None) -> tuple[tree.Interval[tree.T], ...]:
    return () if interval is None else (interval,)


def _any_of(nodes: list[Node]) -> Node:
    return nodes[0] if len(nodes) == 1 else tree.Or(tuple(nodes))


def field_of(raw: str, span: Span, *, in_box: bool) -> Field:
    """The field of this name, `meta."operator name"` included.

    Raises:
        QueryInvalid: If there is none.
    """
    head, dot, key = raw.partition(".")
    name = f"{head}{dot}{values.plain(key)}"
    field = fields.find_in_box(name) if in_box else fields.find(name)
    if field is None:
        _unknown_field(name, span, in_box=in_box)
    return field


def _month(month: tree.Pattern) -> tree.Pattern:
    """Of the automatic tag that every image has of its month."""
    first, *rest = month.pieces
    return tree.Pattern((f"{fields.MONTH_TAG}{first}", *rest))


def _model(value: syntax.Value) -> tuple[tree.Pattern, tree.Pattern | None]:
    text = values.unquote(value.raw)
    text = text.removeprefix("models/")
    name, at, version = text.partition("@")
    return values.pattern(name), values.pattern(version) if at else None


def _state(value: syntax.Value) -> tree.State:
    name = fold(values.plain(value.raw))
    return fields.STATES.get(name) or _no_such_word(name, "state", [state.value for state in tree.State], value)


def _duplicate(value: syntax.Value) -> tree.Duplicates:
    name = fold(values.plain(value.raw))
    known = [part.value for part in tree.Duplicates]
    return fields.DUPLICATES.get(name) or _no_such_word(name, "kind of duplicate", known, value)


def _set_id(field: Field, value: syntax.Value) -> str:
    text = values.plain(value.raw)
    try:
        return str(parse_id(text))
    except IdInvalid:
        _wrong_type(field, value, "the id of a set, as a map gives it for what is picked on it")


def _no_such_word(name: str, what: str, known: list[str], value: syntax.Value) -> NoReturn:
    near = fields.nearest_of(name, known)
    hint = f"did you mean '{near}'? There" if near else "there"
    raise QueryInvalid(
        f"'{name}' is no {what}; {hint} are {', '.join(known)}.",
        f"그런 값이 없습니다: '{name}'. 쓸 수 있는 값: {', '.join(known)}",
        span=value.span,
        suggestion=near,
    )


def _only_equals(field: Field, term: syntax.Term, why: str) -> None:
    if term.op not in EQUALS:
        raise QueryInvalid(
            f"{field.name} takes ':', '=' or '!=', not '{term.op}'; {why}.",
            f"{field.name}에는 ':', '=', '!='만 쓸 수 있습니다: '{term.op}'",
            span=term.op_span,
            suggestion=":",
        )


def _single_value(field: Field, term: syntax.Term) -> None:
    if term.op not in EQUALS and len(term.values) > 1:
        raise QueryInvalid(
            f"'{field.name}{term.op}' takes one value; several go with ':', as in {field.name}:1,2.",
            f"'{field.name}{term.op}' 뒤에는 값을 하나만 씁니다. 여러 값은 ':'로 찾습니다. 예: {field.name}:1,2",
            span=term.values[1].span,
            repair=Repair(Span(term.values[0].span.end, term.span.end), ""),
        )


def _wrong_type(field: Field, value: syntax.Value, expected: str) -> NoReturn:
    raise QueryInvalid(
        f"{field.name} takes {expected}, and '{values.plain(value.raw)}' is none.",
        f"{field.name}에는 '{values.plain(value.raw)}' 같은 값을 쓸 수 없습니다.",
        span=value.span,
    )


def _unknown_field(name: str, span: Span, *, in_box: bool) -> NoReturn:
    near = fields.nearest(name, in_box=in_box)
    hint = f"did you mean '{near}'? " if near else ""
    hint_ko = f"혹시 '{near}'?" if near else f"메타데이터는 meta.{name}처럼 찾습니다."
    if in_box:
        rest = f"Inside box[…] there are {', '.join(fields.BOX_FIELDS)}."
    elif fold(name).rstrip(".") in ("meta", "메타"):
        near, hint, hint_ko = "", "", "메타데이터는 키로 찾습니다. 예: meta.temp>60"
        rest = "Metadata are asked for by their key, as in meta.temp>60."
    else:
        rest = f"Metadata of other keys are asked for as meta.{name}; texts with a colon go in quotes."
    raise QueryInvalid(
        f"there is no field '{name}'; {hint}{rest}",
        f"그런 필드가 없습니다: '{name}'. {hint_ko}",
        span=span,
        suggestion=near,
    )
