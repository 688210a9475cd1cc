"""What can be wrong with a query. The classes belong to the service's catalogue of errors."""

from dataclasses import dataclass

from loupe_kit.errors import InvalidArgument
from loupe_project.domain.query.syntax import Span


@dataclass(frozen=True, slots=True)
class Repair:
    """A change that mends a query, or brings it nearer to that."""

    span: Span
    """What is replaced; empty where something is put in."""
    text: str
    """What comes there."""


class QueryInvalid(InvalidArgument):
    """The query cannot be read; the metadata has the position, counted from 1, and a proposal where one is known."""

    reason = "QUERY_INVALID"

    def __init__(
        self, message: str, korean: str, *, span: Span, suggestion: str = "", repair: Repair | None = None
    ) -> None:
        """Name the fault.

        Args:
            message: The fault and the way out, without the position.
            korean: The same in Korean, in which queries are written as well.
            span: What is at fault; empty where something is missing.
            suggestion: What to write instead, where it is known.
            repair: Where to write it; in place of what is at fault unless it is given.
        """
        place = span.start + 1
        super().__init__(
            f"Query, character {place}: {message}", position=str(place), korean=f"검색식 {place}번째 글자: {korean}"
        )
        self.span = span
        self.repair = repair
        if suggestion:
            self.metadata["suggestion"] = suggestion
            self.repair = repair or Repair(span, suggestion)


class QueryTooComplex(InvalidArgument):
    """The query goes past a limit."""

    reason = "QUERY_TOO_COMPLEX"
