"""Which images of a project something is about: named one by one, or by a query."""

from dataclasses import dataclass

MAX_IDS = 100_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Images of one project. Exactly one of the two counts: ids where there are any, the query otherwise."""

    ids: tuple[str, ...] | None = None
    """Ids of images, at most `MAX_IDS`."""
    query: str = ""
    """In the query language; empty: all images of the project."""
