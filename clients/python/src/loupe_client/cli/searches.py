"""`loupe searches list | save | show | delete`."""

import argparse
import json
from itertools import islice
from typing import Any

from loupe_client import Client, SavedSearch


def add_to(commands: Any) -> None:
    """Adds the command to the parser's.

    Args:
        commands: What `add_subparsers` gave.
    """
    searches = commands.add_parser("searches", help="searches under a name, and what is new in them")
    parts = searches.add_subparsers(required=True, metavar="what")
    listing = parts.add_parser("list", help="print yours and those that are shared, one JSON line each")
    listing.add_argument("project", help="projects/…")
    listing.set_defaults(run=_list)
    save = parts.add_parser("save", help="save a search and print its name")
    save.add_argument("project", help="projects/…")
    save.add_argument("display_name")
    save.add_argument("query", nargs="?", default="")
    save.add_argument("--shared", action="store_true", help="for everybody who may see the project; needs an editor")
    save.set_defaults(run=_save)
    show = parts.add_parser("show", help="look at what one finds: numbers as JSON; what is new is seen from then on")
    show.add_argument("name", help="projects/…/savedSearches/…")
    show.add_argument("--days", type=int, default=0, help="days of its history to print too")
    show.set_defaults(run=_show)
    delete = parts.add_parser("delete", help="delete one, not its images")
    delete.add_argument("name", help="projects/…/savedSearches/…")
    delete.set_defaults(run=_delete)


def _list(loupe: Client, parsed: argparse.Namespace) -> int:
    for search in loupe.searches.list(parsed.project, with_numbers=True):
        print(json.dumps(_shown(search), ensure_ascii=False))
    return 0


def _save(loupe: Client, parsed: argparse.Namespace) -> int:
    print(loupe.searches.save(parsed.project, parsed.display_name, parsed.query, shared=parsed.shared).name)
    return 0


def _show(loupe: Client, parsed: argparse.Namespace) -> int:
    shown = _shown(loupe.searches.open(parsed.name))
    if parsed.days:
        shown["days"] = {str(day): count for day, count in islice(loupe.searches.history(parsed.name), parsed.days)}
    print(json.dumps(shown, ensure_ascii=False))
    return 0


def _delete(loupe: Client, parsed: argparse.Namespace) -> int:
    loupe.searches.delete(parsed.name)
    return 0


def _shown(search: SavedSearch) -> dict[str, Any]:
    return {
        "name": search.name,
        "display_name": search.display_name,
        "query": search.query,
        "shared": search.is_shared,
        "matches": search.match_count,
        "new": search.new_count,
        "new_query": search.new_query,
    }
