"""`loupe teach | heads | use-head`."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from loupe_client import Client, Operation
from loupe_client._teach import Head


def add_to(commands: Any) -> None:
    """Adds the commands to the parser's.

    Args:
        commands: What `add_subparsers` gave.
    """
    teach = commands.add_parser("teach", help="teach a project's own classes from its labels; prints figures as JSON")
    teach.add_argument("project", help="projects/…")
    teach.add_argument("head_name", help="such as solder: a-z, 0-9 and -")
    teach.add_argument("--query", help="labels of the images that match teach; default: all")
    teach.add_argument("--features", default="", help="models/… or featureSets/…; default: the project's model")
    teach.add_argument("--verdict", action="store_true", help="its answers shall be the project's verdicts")
    teach.set_defaults(run=_teach)
    listed = commands.add_parser("heads", help="print the versions of heads, one JSON line each")
    listed.add_argument("project", help="projects/…")
    listed.set_defaults(run=_heads)
    use = commands.add_parser("use-head", help="make a version of a head the one in use")
    use.add_argument("head", help="projects/…/heads/…")
    use.add_argument("--verdict", action="store_true", help="its answers shall be the project's verdicts")
    use.set_defaults(run=_use)


def _teach(loupe: Client, parsed: argparse.Namespace) -> int:
    asked = loupe.teaching.teach(parsed.project, parsed.head_name, parsed.query, feature_source=parsed.features)
    made = _watched(asked)
    if parsed.verdict:
        made = _watched(loupe.teaching.use(made.name, as_verdict=True))
    _print(made)
    print(
        f"{made.model}@{made.version}: balanced accuracy {made.balanced_accuracy:.1%}; "
        f"find its answers with model:{made.model}@{made.version}",
        file=sys.stderr,
    )
    return 0


def _heads(loupe: Client, parsed: argparse.Namespace) -> int:
    for one in loupe.teaching.heads(parsed.project):
        _print(one)
    return 0


def _use(loupe: Client, parsed: argparse.Namespace) -> int:
    _print(_watched(loupe.teaching.use(parsed.head, as_verdict=parsed.verdict)))
    return 0


def _watched(asked: Operation[Head]) -> Head:
    """What came out; Ctrl-C cancels the work."""
    try:
        return asked.result()
    except KeyboardInterrupt:
        asked.cancel()
        raise


def _print(head: Head) -> None:
    print(json.dumps(asdict(head), ensure_ascii=False))
