"""Which images of a project something is about: named one by one, by a query, or by a saved search."""

from dataclasses import dataclass

MAX_IDS = 100_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Images of one project: by ids where there are any, else by a saved search if one is named, else by the query."""

    ids: tuple[str, ...] | None = None
    """Ids of images, at most `MAX_IDS`."""
    query: str = ""
    """In the query language; empty: all images of the project."""
    saved_search_id: str = ""
    """Of the project, whose query counts as it is when it is looked at."""
