"""The typed query: what a store compiles. Fields are known, values have their types, times are absolute.

Every node is either true or false for an image, never unknown: a term is false for an image that lacks the
field, and so its negation is true.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T", float, datetime)

CHANGED = "changed"
"""The field whose times are those of every change of an image, not of the image itself."""


class Kind(Enum):
    """What kind of values a field has."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    STATE = "state"
    PRESENCE = "presence"
    MODEL = "model"
    METADATA = "metadata"
    DUPLICATE = "duplicate"
    MONTH = "month"
    """Months as automatic tags tell them."""
    SET = "set"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the language."""

    name: str
    """As it is written: `label`, `line`, `meta.temp`."""
    kind: Kind
    key: str = ""
    """Lower-case metadata key of METADATA fields."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A value to match against case-folded text: pieces with anything between them.

    ("a",) matches "a" alone; ("a", "") what starts with "a"; ("", "b", "") what holds "b".
    """

    pieces: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        """Whether there is no wildcard."""
        return len(self.pieces) == 1

    @property
    def exact(self) -> str:
        """The value of an exact pattern."""
        return self.pieces[0]


@dataclass(frozen=True, slots=True)
class Interval(Generic[T]):
    """What lies between two ends; None is an open side."""

    low: T | None = None
    high: T | None = None
    low_included: bool = True
    high_included: bool = True


class State(Enum):
    """Values of `is`."""

    ANALYSED = "analysed"
    FAILED = "failed"
    PENDING = "pending"
    REVIEWED = "reviewed"
    OVERKILL = "overkill"
    ESCAPE = "escape"


class Duplicates(Enum):
    """Values of `dup`."""

    NEAR = "near"
    EXACT = "exact"
    KEEPER = "keeper"


class Comparison(Enum):
    """How `count()` compares."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Everything:
    """True for each image."""


@dataclass(frozen=True, slots=True)
class And:
    """All children hold."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one child holds."""

    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The child does not hold."""

    child: "Node"


@dataclass(frozen=True, slots=True)
class Contains:
    """Some tag, predicted label, true label or file name holds the text; in a box its label."""

    pattern: Pattern
    """Open at both ends."""


@dataclass(frozen=True, slots=True)
class TextTerm:
    """Some value of the field matches one of the patterns."""

    field: Field
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class NumberTerm:
    """The number lies in one of the intervals."""

    field: Field
    intervals: tuple[Interval[float], ...]


@dataclass(frozen=True, slots=True)
class TimeTerm:
    """The time lies in one of the intervals; their ends are aware, in UTC."""

    field: Field
    intervals: tuple[Interval[datetime], ...]


@dataclass(frozen=True, slots=True)
class MetadataTerm:
    """The value under the key matches one of the patterns, or lies in one of the intervals of its type."""

    field: Field
    patterns: tuple[Pattern, ...]
    numbers: tuple[Interval[float], ...]
    times: tuple[Interval[datetime], ...]


@dataclass(frozen=True, slots=True)
class ModelTerm:
    """A model that saw the image, or made the box; the second pattern is its version, None for any."""

    models: tuple[tuple[Pattern, Pattern | None], ...]


@dataclass(frozen=True, slots=True)
class StateTerm:
    """The image is in the state."""

    state: State


@dataclass(frozen=True, slots=True)
class DuplicateTerm:
    """The image is such a one in a group of duplicates."""

    part: Duplicates


@dataclass(frozen=True, slots=True)
class SetTerm:
    """The image belongs to one of the sets that were kept."""

    set_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PresenceTerm:
    """The image has the field at all."""

    field: Field


@dataclass(frozen=True, slots=True)
class BoxTerm:
    """One and the same predicted box meets the condition."""

    condition: "Node"


@dataclass(frozen=True, slots=True)
class CountTerm:
    """The number of predicted boxes that meet the condition compares so."""

    condition: "Node"
    comparison: Comparison
    number: int


Term = TextTerm | NumberTerm | TimeTerm | MetadataTerm | ModelTerm | StateTerm | DuplicateTerm | SetTerm | PresenceTerm
Node = Everything | And | Or | Not | Contains | Term | BoxTerm | CountTerm


def sets_in(node: Node) -> frozenset[str]:
    """Ids of the sets that a query names."""
    match node:
        case And(children) | Or(children):
            return frozenset().union(*map(sets_in, children))
        case Not(child):
            return sets_in(child)
        case SetTerm(set_ids):
            return frozenset(set_ids)
        case _:
            return frozenset()


def asks_for_changes(node: Node) -> bool:
    """Whether a query looks at the history of images."""
    match node:
        case And(children) | Or(children):
            return any(asks_for_changes(child) for child in children)
        case Not(child):
            return asks_for_changes(child)
        case TimeTerm(field) | PresenceTerm(field):
            return field.name == CHANGED
        case _:
            return False
