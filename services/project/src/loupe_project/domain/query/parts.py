"""What a query is made of: parts that can be taken out, terms on one field, what stands beside a term."""

from collections.abc import Iterator
from dataclasses import dataclass

from loupe_project.domain.query import fields, syntax, values
from loupe_project.domain.query.syntax import Span


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query that can be taken out by itself."""

    span: Span
    field: str
    """English name of the field where it is one term, or the NOT of one."""
    is_negated: bool


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A value that the query names on a field."""

    raw: str
    """As it is written."""
    is_excluded: bool


def top(node: syntax.Syntax) -> list[Part]:
    """What is joined by AND at the top; an OR there is one part."""
    if isinstance(node, syntax.Nothing):
        return []
    children = node.children if isinstance(node, syntax.AllOf) else (node,)
    return [_part(child) for child in children]


def without(node: syntax.Syntax, field: str) -> syntax.Syntax:
    """The query without its terms on one field; brackets and NOTs left empty go with them. Boxes stay as they are.

    Args:
        node: The query.
        field: English name.
    """
    return _without(node, field) or syntax.Nothing()


def named(node: syntax.Syntax, field: str) -> list[NamedValue]:
    """Values without wildcards that the query names on a field, each once, in their order.

    Args:
        node: The query.
        field: English name.
    """
    found: dict[str, NamedValue] = {}
    for one in _named(node, field, is_excluded=False):
        found.setdefault(one.raw, one)
    return list(found.values())


def beside(node: syntax.Syntax, term: syntax.Syntax) -> list[syntax.Syntax]:
    """What must hold together with a term: the neighbours by AND on the way from the top to it.

    Args:
        node: The query.
        term: One of its nodes, the very object.
    """
    return _beside(node, term) or []


def _part(node: syntax.Syntax) -> Part:
    inner = node.child if isinstance(node, syntax.Negation) else node
    is_unequal = isinstance(inner, syntax.Term) and inner.op == "!="
    return Part(node.span, _name(inner), isinstance(node, syntax.Negation) != is_unequal)


def _name(node: syntax.Syntax) -> str:
    if not isinstance(node, syntax.Term):
        return ""
    head, dot, key = node.field.partition(".")
    field = fields.find(f"{head}{dot}{values.plain(key)}")
    return "" if field is None else field.name


def _without(node: syntax.Syntax, field: str) -> syntax.Syntax | None:
    match node:
        case syntax.AllOf(children) | syntax.AnyOf(children):
            kept = tuple(left for left in (_without(child, field) for child in children) if left is not None)
            if len(kept) < 2:
                return kept[0] if kept else None
            return type(node)(kept)
        case syntax.Negation(child):
            inner = _without(child, field)
            return None if inner is None else syntax.Negation(inner)
        case _:
            return None if _name(node) == field else node


def _named(node: syntax.Syntax, field: str, *, is_excluded: bool) -> Iterator[NamedValue]:
    match node:
        case syntax.AllOf(children) | syntax.AnyOf(children):
            for child in children:
                yield from _named(child, field, is_excluded=is_excluded)
        case syntax.Negation(child):
            yield from _named(child, field, is_excluded=not is_excluded)
        case syntax.Term() if _name(node) == field:
            if node.op in (":", "=", "!="):
                for value in node.values:
                    if values.pattern(value.raw).is_exact:
                        yield NamedValue(value.raw, is_excluded != (node.op == "!="))


def _beside(node: syntax.Syntax, term: syntax.Syntax) -> list[syntax.Syntax] | None:
    if node is term:
        return []
    match node:
        case syntax.AllOf(children):
            for child in children:
                inner = _beside(child, term)
                if inner is not None:
                    return [one for one in children if one is not child] + inner
        case syntax.AnyOf(children):
            return next((found for child in children if (found := _beside(child, term)) is not None), None)
        case syntax.Negation(child):
            return _beside(child, term)
        case syntax.Box(child) | syntax.Count(syntax.Box(child)):
            # What stands beside a term within a box holds for boxes, not for images.
            return None if _beside(child, term) is None else []
        case _:
            return None
    return None
