"""Queries as trees of messages, both ways, and faults of queries."""

from datetime import UTC, timedelta

from google.protobuf.duration_pb2 import Duration

from loupe.project.v1 import query_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.convert.values import time_of, timestamp
from loupe_project.domain.query import binding, formatting, literals, syntax, values
from loupe_project.domain.query.errors import QueryTooComplex
from loupe_project.domain.query.literals import Literal
from loupe_project.domain.query.tree import Field

MAX_TREE_DEPTH = 40
"""Messages within messages: decoders of protobuf stop at a hundred, and a node takes two."""

_OPERATORS = {
    pb.QUERY_OPERATOR_UNSPECIFIED: ":",
    pb.QUERY_OPERATOR_EQUAL: ":",
    pb.QUERY_OPERATOR_NOT_EQUAL: "!=",
    pb.QUERY_OPERATOR_LESS: "<",
    pb.QUERY_OPERATOR_AT_MOST: "<=",
    pb.QUERY_OPERATOR_MORE: ">",
    pb.QUERY_OPERATOR_AT_LEAST: ">=",
}
_SIGNS = {sign: operator for operator, sign in _OPERATORS.items()} | {"=": pb.QUERY_OPERATOR_EQUAL}


def text_of(query: str, tree: pb.QueryNode | None) -> str:
    """The text of a query that is given as text or as tree.

    Args:
        query: The text; empty if there is none.
        tree: The tree; None if there is none.

    Raises:
        InvalidArgument: If both are given, or the tree is none that a query could be.
        QueryInvalid: If a field of the tree is unknown.
        QueryTooComplex: If the tree is too deep.
    """
    if tree is None:
        return query
    if query:
        raise InvalidArgument(
            "The query is given twice, as text and as tree; leave one of them out.",
            fields=[FieldViolation("tree", "must not be set beside query")],
        )
    return formatting.text_of(syntax_of(tree))


def syntax_of(node: pb.QueryNode, *, in_box: bool = False, depth: int = 1) -> syntax.Syntax:
    """A tree as the parser would have read it.

    Raises:
        InvalidArgument: If it is none that a query could be.
        QueryInvalid: If a field is unknown.
        QueryTooComplex: If it is too deep.
    """
    _check_depth(depth)
    match node.WhichOneof("node"):
        case "all_of":
            return _group(syntax.AllOf, _children(node.all_of, in_box, depth))
        case "any_of":
            return _group(syntax.AnyOf, _children(node.any_of, in_box, depth))
        case "negation":
            child = _inner(node.negation, in_box, depth)
            return child.child if isinstance(child, syntax.Negation) else syntax.Negation(child)
        case "term":
            return _term(node.term, in_box)
        case "words":
            return _words(node.words)
        case "box":
            return _box(node.box, in_box, depth)
        case "count":
            operator, box = _operator(node.count.operator), _box(node.count.box, in_box, depth)
            number = syntax.Value(str(node.count.number))
            return syntax.Count(box, "=" if operator == ":" else operator, number)
        case _ if depth == 1:
            return syntax.Nothing()
        case _:
            raise _invalid("A node of the query tree is empty; take it out.")


def to_message(node: syntax.Syntax, *, in_box: bool = False, depth: int = 1) -> pb.QueryNode:
    """The tree of a query that can be bound.

    Raises:
        QueryTooComplex: If it is too deep for a tree.
    """
    _check_depth(depth)

    def inner(child: syntax.Syntax, *, box: bool = in_box) -> pb.QueryNode:
        return to_message(child, in_box=box, depth=depth + 1)

    match node:
        case syntax.Nothing():
            return pb.QueryNode()
        case syntax.AllOf(children):
            return pb.QueryNode(all_of=pb.QueryGroup(nodes=[inner(child) for child in children]))
        case syntax.AnyOf(children):
            return pb.QueryNode(any_of=pb.QueryGroup(nodes=[inner(child) for child in children]))
        case syntax.Negation(child):
            return pb.QueryNode(negation=inner(child))
        case syntax.Text(value):
            return pb.QueryNode(words=_value_message(literals.pattern(values.unquote(value.raw))))
        case syntax.Box(child):
            return pb.QueryNode(box=inner(child, box=True))
        case syntax.Count(box, op, number):
            count = pb.QueryCount(box=inner(box.child, box=True), operator=_SIGNS[op], number=int(float(number.raw)))
            return pb.QueryNode(count=count)
        case syntax.Term():
            return pb.QueryNode(term=_term_message(node, in_box))


def _children(group: pb.QueryGroup, in_box: bool, depth: int) -> tuple[syntax.Syntax, ...]:
    if not group.nodes:
        raise _invalid("A group of the query tree has no nodes; take it out.")
    return tuple(_inner(node, in_box, depth) for node in group.nodes)


def _inner(node: pb.QueryNode, in_box: bool, depth: int) -> syntax.Syntax:
    return syntax_of(node, in_box=in_box, depth=depth + 1)


def _group(kind: type[syntax.AllOf | syntax.AnyOf], children: tuple[syntax.Syntax, ...]) -> syntax.Syntax:
    return children[0] if len(children) == 1 else kind(children)


def _box(node: pb.QueryNode, in_box: bool, depth: int) -> syntax.Box:
    if in_box:
        raise _invalid("A box cannot be asked for within a box; take the inner one out.")
    return syntax.Box(_inner(node, True, depth))


def _words(value: pb.QueryValue) -> syntax.Syntax:
    found = _literal(value)
    if not isinstance(found, literals.TextValue | literals.PatternValue):
        raise _invalid("Words without a field are a text or a pattern.")
    return syntax.Text(syntax.Value(literals.write_words(found)))


def _term(term: pb.QueryTerm, in_box: bool) -> syntax.Term:
    field = binding.field_of(term.field, syntax.NOWHERE, in_box=in_box)
    if not term.values:
        raise _invalid(f"The term on {field.name} has no values; give at least one.")
    return syntax.Term(
        formatting.field_text(field),
        _operator(term.operator),
        tuple(syntax.Value(_written(_literal(value), field)) for value in term.values),
    )


def _operator(operator: pb.QueryOperator.ValueType) -> str:
    sign = _OPERATORS.get(operator)
    if sign is None:
        raise _invalid(f"There is no query operator {operator}.")
    return sign


def _written(value: Literal, field: Field) -> str:
    raw = literals.write(value, field.kind)
    if raw is None:
        raise _invalid(f"{field.name} takes no such value as {value}; docs/query-language.md says what it takes.")
    return raw


def _literal(value: pb.QueryValue) -> Literal:
    match value.WhichOneof("value"):
        case "text":
            return literals.TextValue(value.text)
        case "pattern":
            return literals.pattern(value.pattern)
        case "range":
            low, high = (
                _end(getattr(value.range, side)) if value.range.HasField(side) else None for side in ("low", "high")
            )
            return literals.RangeValue(low, high)
        case "truth":
            return literals.TruthValue(value.truth)
        case _:
            return _end(value)


def _end(value: pb.QueryValue) -> literals.End:
    match value.WhichOneof("value"):
        case "number":
            return literals.NumberValue(value.number)
        case "time":
            return literals.MomentValue(time_of(value.time, "tree"))
        case "period":
            return literals.period(value.period)
        case "since_now":
            if value.since_now.nanos:
                raise _invalid("since_now counts whole seconds; give time for a finer moment.")
            return literals.DistanceValue(_distance(value.since_now))
        case _:
            raise _invalid("A value of the query tree is empty, or no end of a range; give a number or a time.")


def _distance(message: Duration) -> timedelta:
    try:
        return timedelta(seconds=message.seconds)
    except OverflowError as error:
        raise _invalid("since_now is longer than time itself.") from error


def _term_message(term: syntax.Term, in_box: bool) -> pb.QueryTerm:
    field = binding.field_of(term.field, term.field_span, in_box=in_box)
    given = [_value_message(literals.read(value.raw, field.kind)) for value in term.values]
    return pb.QueryTerm(field=formatting.field_text(field), operator=_SIGNS[term.op], values=given)


def _value_message(value: Literal) -> pb.QueryValue:
    match value:
        case literals.TextValue(text):
            return pb.QueryValue(text=text)
        case literals.PatternValue(text):
            return pb.QueryValue(pattern=text)
        case literals.NumberValue(number):
            return pb.QueryValue(number=number)
        case literals.TruthValue(truth):
            return pb.QueryValue(truth=truth)
        case literals.MomentValue(moment):
            return pb.QueryValue(time=timestamp(moment.astimezone(UTC)))
        case literals.PeriodValue(text):
            return pb.QueryValue(period=text)
        case literals.DistanceValue(distance):
            return pb.QueryValue(since_now=Duration(seconds=round(distance.total_seconds())))
        case literals.RangeValue(low, high):
            ends = {side: _value_message(end) for side, end in (("low", low), ("high", high)) if end is not None}
            return pb.QueryValue(range=pb.QueryRange(**ends))


def _check_depth(depth: int) -> None:
    if depth > MAX_TREE_DEPTH:
        raise QueryTooComplex(
            f"The query is more than {MAX_TREE_DEPTH} nodes deep, too deep for a tree; "
            "send it as text, or make it flatter.",
            limit=f"{MAX_TREE_DEPTH} nodes",
        )


def _invalid(message: str) -> InvalidArgument:
    return InvalidArgument(message, fields=[FieldViolation("tree", "must be a query")])
