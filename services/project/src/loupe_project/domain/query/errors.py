"""What can be wrong with a query. The classes belong to the service's catalogue of errors."""

from loupe_kit.errors import InvalidArgument


class QueryInvalid(InvalidArgument):
    """The query cannot be read; the metadata has the position, counted from 1, and a repair where one is known."""

    reason = "QUERY_INVALID"

    def __init__(self, message: str, *, offset: int, suggestion: str = "") -> None:
        """Name the fault.

        Args:
            message: The fault and the way out, without the position.
            offset: Where it is, in characters from 0.
            suggestion: What to write instead, where it is known.
        """
        super().__init__(f"Query, character {offset + 1}: {message}", position=str(offset + 1))
        if suggestion:
            self.metadata["suggestion"] = suggestion


class QueryTooComplex(InvalidArgument):
    """The query goes past a limit."""

    reason = "QUERY_TOO_COMPLEX"
