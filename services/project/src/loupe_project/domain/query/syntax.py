"""What the parser reads before fields and types are known: words with their positions.

Positions count characters from 0.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it was written, with its quotes."""

    raw: str
    position: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """The empty query."""


@dataclass(frozen=True, slots=True)
class Text:
    """A word or string without a field."""

    value: Value


@dataclass(frozen=True, slots=True)
class Term:
    """Field, operator, values."""

    field: str
    op: str
    values: tuple[Value, ...]
    position: int
    """Where the field stands."""
    op_position: int


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT."""

    child: "Syntax"


@dataclass(frozen=True, slots=True)
class AllOf:
    """AND of two or more."""

    children: tuple["Syntax", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """OR of two or more."""

    children: tuple["Syntax", ...]


@dataclass(frozen=True, slots=True)
class Box:
    """`box[…]`."""

    child: "Syntax"
    position: int


@dataclass(frozen=True, slots=True)
class Count:
    """`count(box[…]) op number`."""

    box: Box
    op: str
    number: Value
    position: int


Syntax = Nothing | Text | Term | Negation | AllOf | AnyOf | Box | Count
