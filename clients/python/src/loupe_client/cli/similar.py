"""`loupe similar`."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loupe_client import Client, SimilarImage, SimilarObject


def add_to(commands: Any) -> None:
    """Adds the command to the parser's.

    Args:
        commands: What `add_subparsers` gave.
    """
    similar = commands.add_parser(
        "similar", help="print the images or objects that are most like one, one JSON line each"
    )
    similar.add_argument("name", help="projects/…/images/…; with --file the project, projects/…")
    like = similar.add_mutually_exclusive_group()
    like.add_argument("--file", type=Path, help="like this picture, of which nothing is kept")
    like.add_argument("--object", type=int, help="like this object: its place, from 0, in the boxes of the prediction")
    similar.add_argument("--count", type=int, default=20)
    similar.add_argument("--query", default="", help="among the images that match")
    similar.add_argument("--features", default="", help="models/…; default: the project's model")
    similar.set_defaults(run=_similar)


def _similar(loupe: Client, parsed: argparse.Namespace) -> int:
    wish = {"count": parsed.count, "query": parsed.query, "feature_source": parsed.features}
    found: Sequence[SimilarImage | SimilarObject]
    if parsed.file is not None:
        found = loupe.similar.find_like_picture(parsed.name, parsed.file, **wish)
    elif parsed.object is not None:
        found = loupe.similar.find_objects(parsed.name, parsed.object, **wish)
    else:
        found = loupe.similar.find(parsed.name, **wish)
    for one in found:
        print(json.dumps(asdict(one), ensure_ascii=False))
    return 0
