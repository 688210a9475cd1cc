"""`loupe copy | delete | trash`."""

import argparse
import json
from typing import Any

from loupe_client import Client


def add_to(commands: Any) -> None:
    """Adds the commands to the parser's.

    Args:
        commands: What `add_subparsers` gave.
    """
    copy = commands.add_parser("copy", help="copy images to another project; their bytes are shared")
    copy.add_argument("project", help="projects/… that has them")
    copy.add_argument("destination", help="projects/… that gets them")
    copy.add_argument("--query", default="", help="those that match; default: all")
    copy.add_argument("--move", action="store_true", help="they leave the first project for its trash")
    copy.set_defaults(run=_copy)
    delete = commands.add_parser("delete", help="put images into the trash")
    delete.add_argument("project", help="projects/…")
    delete.add_argument("query", help='those that match; "" for all')
    delete.set_defaults(run=_delete)
    trash = commands.add_parser("trash", help="list, restore or purge deleted images")
    trash.add_argument("what", choices=["list", "restore", "purge"])
    trash.add_argument("project", help="projects/…")
    trash.add_argument("ids", nargs="*", help="of images; default: all, or those of the deletion")
    trash.add_argument("--deletion", default="", help="projects/…/operations/…, as delete and list print it")
    trash.set_defaults(run=_trash)


def _copy(loupe: Client, parsed: argparse.Namespace) -> int:
    done = loupe.trash.copy(parsed.project, parsed.destination, parsed.query, move=parsed.move).result()
    print(
        f"{done.copied_count} {'moved' if parsed.move else 'copied'}, {done.duplicate_count} were there before "
        f"({done.restored_count} of them in the trash), {done.pending_count} wait for analysis"
    )
    return 0


def _delete(loupe: Client, parsed: argparse.Namespace) -> int:
    deletion = loupe.trash.delete(parsed.project, parsed.query)
    print(f"{deletion.result()} images are in the trash; bring them back with --deletion {deletion.name}")
    return 0


def _trash(loupe: Client, parsed: argparse.Namespace) -> int:
    if parsed.what == "list":
        wanted = set(parsed.ids)
        for one in loupe.trash.list(parsed.project, deletion=parsed.deletion):
            if not wanted or one.id in wanted:
                line = {
                    "id": one.id,
                    "file_name": one.file_name,
                    "deleted": one.delete_time.isoformat(),
                    "until": one.purge_time.isoformat(),
                    "deleter": one.deleter,
                    "deletion": one.deletion,
                }
                print(json.dumps(line, ensure_ascii=False))
        return 0
    act = loupe.trash.restore if parsed.what == "restore" else loupe.trash.purge
    count = act(parsed.project, ids=parsed.ids, deletion=parsed.deletion).result()
    print(f"{count} images are {'back' if parsed.what == 'restore' else 'gone'}")
    return 0
