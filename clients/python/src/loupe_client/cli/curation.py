"""`loupe select | outliers | duplicates`."""

import argparse
import json
import sys
from typing import Any

from loupe_client import Client, Operation


def add_commands(commands: Any) -> None:
    """Adds the commands to the parser's.

    Args:
        commands: What `add_subparsers` gave.
    """
    select = _command(commands, "select", "pick the images worth training on; one JSON line each", _select)
    select.add_argument("count", type=int, help="how many to pick")
    select.add_argument("--strategy", default="AUTO", choices=["AUTO", "CLUSTERS", "COVERAGE", "UNCERTAINTY"])
    select.add_argument("--balance-by", default="", help="field whose values get equal shares, such as line or tag")
    select.add_argument("--tag", default="", help="put this tag on the picks")
    outliers = _command(commands, "outliers", "score how odd images are; one JSON line each, oddest first", _outliers)
    outliers.add_argument("--reference", help="query for the images that say what is usual")
    outliers.add_argument("--limit", type=int, default=100, help="images to print")
    _command(commands, "duplicates", "find images that show the same; one JSON line a group", _duplicates)


def _command(commands: Any, name: str, about: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about)
    parser.add_argument("project", help="projects/…")
    parser.add_argument("--query", default="", help="among the images that match")
    parser.add_argument("--features", default="", help="models/… or featureSets/…; default: the project's model")
    parser.add_argument("--seed", type=int, default=0)
    parser.set_defaults(run=run)
    return parser


def _select(loupe: Client, parsed: argparse.Namespace) -> int:
    asked = loupe.curation.select(
        parsed.project,
        parsed.query,
        parsed.count,
        strategy=parsed.strategy,
        balance_by=parsed.balance_by,
        feature_source=parsed.features,
        seed=parsed.seed,
    )
    made = _watched(asked)
    for pick in loupe.curation.picks(made.name):
        _print({"image": pick.image, "file_name": pick.file_name, "rank": pick.rank, "reason": pick.reason})
    if parsed.tag:
        loupe.curation.tag(made.name, parsed.tag).result()
    print(f"{made.name}: {made.pick_count} of {made.candidate_count} images by {made.strategy}", file=sys.stderr)
    return 0


def _outliers(loupe: Client, parsed: argparse.Namespace) -> int:
    asked = loupe.curation.score_outliers(
        parsed.project, parsed.query, reference=parsed.reference, feature_source=parsed.features, seed=parsed.seed
    )
    made = _watched(asked)
    for _, one in zip(range(parsed.limit), loupe.curation.outliers(made.name), strict=False):
        _print({"image": one.image, "file_name": one.file_name, "score": round(one.score, 6), "reason": one.reason})
    print(f"{made.name}: {made.image_count} images scored", file=sys.stderr)
    return 0


def _duplicates(loupe: Client, parsed: argparse.Namespace) -> int:
    asked = loupe.curation.find_duplicates(
        parsed.project, parsed.query, feature_source=parsed.features, seed=parsed.seed
    )
    made = _watched(asked)
    for group in loupe.curation.duplicates(made.name):
        members = [{"image": one.image, "file_name": one.file_name, "is_exact": one.is_exact} for one in group.members]
        _print({"keeper": group.keeper, "file_name": group.keeper_file_name, "members": members})
    print(f"{made.name}: {made.duplicate_count} duplicates in {made.group_count} groups", file=sys.stderr)
    return 0


def _watched(asked: Operation[Any]) -> Any:
    """What came out; Ctrl-C cancels the work."""
    try:
        return asked.result()
    except KeyboardInterrupt:
        asked.cancel()
        raise


def _print(line: dict[str, Any]) -> None:
    print(json.dumps(line, ensure_ascii=False))
