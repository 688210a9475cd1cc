"""From syntax back to text: the usual form of a query. Reading it gives the same syntax again."""

import re

from loupe_project.domain.query import binding, literals, syntax, values
from loupe_project.domain.query.tree import Field, Kind

_PLAIN_KEY = re.compile(r'[^\s()\[\]",:=<>!\\]+')
_OPERATORS = {"=": ":"}


def text_of(node: syntax.Syntax) -> str:
    """The query as text."""
    match node:
        case syntax.Nothing():
            return ""
        case syntax.Text(value):
            return value.raw
        case syntax.Term():
            return f"{node.field}{node.op}{','.join(value.raw for value in node.values)}"
        case syntax.Negation(child):
            return f"-{_within(child, (syntax.AllOf, syntax.AnyOf))}"
        case syntax.AllOf(children):
            return " ".join(_within(child, (syntax.AllOf, syntax.AnyOf)) for child in children)
        case syntax.AnyOf(children):
            return " OR ".join(_within(child, (syntax.AnyOf,)) for child in children)
        case syntax.Box(child):
            return f"box[{text_of(child)}]"
        case syntax.Count(box, op, number):
            return f"count({text_of(box)}){op}{number.raw}"


def usual(node: syntax.Syntax, *, in_box: bool = False) -> syntax.Syntax:
    """The same query with English names of fields, `:` for `=`, and values in their usual form.

    Args:
        node: A query that can be bound.
        in_box: Whether it stands within `box[…]`.
    """
    match node:
        case syntax.Nothing():
            return node
        case syntax.Text(value):
            return syntax.Text(syntax.Value(literals.write_words(literals.pattern(values.unquote(value.raw)))))
        case syntax.Term():
            field = binding.field_of(node.field, node.field_span, in_box=in_box)
            written = tuple(_usual_value(value, field) for value in node.values)
            return syntax.Term(field_text(field), _OPERATORS.get(node.op, node.op), written)
        case syntax.Negation(child):
            return syntax.Negation(usual(child, in_box=in_box))
        case syntax.AllOf(children):
            return syntax.AllOf(tuple(usual(child, in_box=in_box) for child in children))
        case syntax.AnyOf(children):
            return syntax.AnyOf(tuple(usual(child, in_box=in_box) for child in children))
        case syntax.Box(child):
            return syntax.Box(usual(child, in_box=True))
        case syntax.Count(box, op, number):
            return syntax.Count(syntax.Box(usual(box.child, in_box=True)), op if op != ":" else "=", number)


def field_text(field: Field) -> str:
    """A field's name as it is written in a query."""
    if field.kind is not Kind.METADATA or field.name == field.key or _PLAIN_KEY.fullmatch(field.key):
        return field.name
    escaped = re.sub(r'(["\\*])', r"\\\1", field.key)
    return f'meta."{escaped}"'


def _usual_value(value: syntax.Value, field: Field) -> syntax.Value:
    written = literals.write(literals.read(value.raw, field.kind), field.kind)
    return syntax.Value(value.raw if written is None else written)


def _within(node: syntax.Syntax, bracketed: tuple[type, ...]) -> str:
    text = text_of(node)
    return f"({text})" if isinstance(node, bracketed) else text
