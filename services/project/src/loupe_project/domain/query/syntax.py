"""What the parser reads before fields and types are known: words with their positions.

Positions count characters from 0. They take no part in comparisons: two queries that say the same are equal.
"""

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the query."""

    start: int
    end: int
    """Of the character after the last one."""


NOWHERE = Span(0, 0)
"""Of what was not read from a text."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it was written, with its quotes."""

    raw: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Nothing:
    """The empty query."""

    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """A word or string without a field."""

    value: Value
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Term:
    """Field, operator, values."""

    field: str
    """As it was written."""
    op: str
    values: tuple[Value, ...]
    field_span: Span = dataclasses.field(default=NOWHERE, compare=False)
    op_span: Span = dataclasses.field(default=NOWHERE, compare=False)
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT."""

    child: "Syntax"
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """AND of two or more."""

    children: tuple["Syntax", ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """OR of two or more."""

    children: tuple["Syntax", ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Box:
    """`box[…]`."""

    child: "Syntax"
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Count:
    """`count(box[…]) op number`."""

    box: Box
    op: str
    number: Value
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


Syntax = Nothing | Text | Term | Negation | AllOf | AnyOf | Box | Count
