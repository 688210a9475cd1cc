"""What the two sides say to each other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Progress = Callable[[Any], None]
"""Called by a target with any picklable value, as often as it likes."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The target is imported."""


@dataclass(frozen=True, slots=True)
class Reported:
    """The target reports progress."""

    value: Any


@dataclass(frozen=True, slots=True)
class Returned:
    """The target is done."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """The target raised."""

    error: Exception
