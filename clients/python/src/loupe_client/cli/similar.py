"""`loupe similar`."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from loupe_client import Client


def add_to(commands: Any) -> None:
    """Adds the command to the parser's.

    Args:
        commands: What `add_subparsers` gave.
    """
    similar = commands.add_parser("similar", help="print the images that are most like one, one JSON line each")
    similar.add_argument("image", help="projects/…/images/…")
    similar.add_argument("--count", type=int, default=20)
    similar.add_argument("--query", default="", help="among the images that match")
    similar.add_argument("--features", default="", help="models/…; default: the project's model")
    similar.set_defaults(run=_similar)


def _similar(loupe: Client, parsed: argparse.Namespace) -> int:
    found = loupe.similar.find(parsed.image, count=parsed.count, query=parsed.query, feature_source=parsed.features)
    for one in found:
        print(json.dumps(asdict(one), ensure_ascii=False))
    return 0
