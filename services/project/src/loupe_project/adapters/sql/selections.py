"""Selections as they are kept beside what was made from them."""

import json

from loupe_project.domain.selection import Selection


def to_bytes(selection: Selection) -> bytes:
    """A selection for a column."""
    ids = None if selection.ids is None else list(selection.ids)
    fields = {"ids": ids, "query": selection.query, "saved_search_id": selection.saved_search_id}
    return json.dumps(fields, ensure_ascii=False).encode()


def from_bytes(data: bytes) -> Selection:
    """Undo `to_bytes`."""
    fields = json.loads(data)
    return Selection(
        ids=None if fields["ids"] is None else tuple(fields["ids"]),
        query=fields["query"],
        saved_search_id=fields.get("saved_search_id", ""),
    )
