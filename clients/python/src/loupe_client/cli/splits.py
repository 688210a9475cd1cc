"""`loupe split | leakage`."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from loupe_client import Client

_LEAKS = 3
"""Exit status where something leaks, so that a scheduled job can raise the alarm."""


def add_to(commands: Any) -> None:
    """Adds the commands to the parser's.

    Args:
        commands: What `add_subparsers` gave.
    """
    split = commands.add_parser("split", help="share out images for training, validation and test; one JSON line each")
    split.add_argument("project", help="projects/…")
    images = split.add_mutually_exclusive_group()
    images.add_argument("--query", default="", help="the images that match")
    images.add_argument("--selection", default="", help="the picks of projects/…/selections/…")
    split.add_argument(
        "--fractions", type=float, nargs=3, default=[0.8, 0.1, 0.1], metavar=("TRAIN", "VAL", "TEST"),
        help="shares, together 1",
    )  # fmt: skip
    split.add_argument("--stratify-by", default="", help="field whose values each part gets in the same shares: truth")
    split.add_argument("--group-by", default="", help="field whose values are never torn apart: lot, meta.wafer, tag")
    split.add_argument("--seed", type=int, default=0)
    split.add_argument("--tag", action="store_true", help="tag the images split:train, split:val and split:test")
    split.set_defaults(run=_split)
    leakage = commands.add_parser(
        "leakage", help="print images of different parts that show the same; one JSON line a group"
    )
    leakage.add_argument("project", help="projects/…")
    parts = leakage.add_mutually_exclusive_group(required=True)
    parts.add_argument("--split", default="", help="projects/…/splits/…")
    parts.add_argument(
        "--part", action="append", default=[], metavar="NAME=QUERY", help="train=tag:train; one for each part"
    )
    leakage.set_defaults(run=_leakage)


def _split(loupe: Client, parsed: argparse.Namespace) -> int:
    asked = loupe.splits.create(
        parsed.project,
        parsed.query,
        selection=parsed.selection,
        fractions=tuple(parsed.fractions),
        stratify_by=parsed.stratify_by,
        group_by=parsed.group_by,
        seed=parsed.seed,
    )
    try:
        made = asked.result()
    except KeyboardInterrupt:
        asked.cancel()
        raise
    for one in loupe.splits.images(made.name):
        print(json.dumps(asdict(one), ensure_ascii=False))
    parts = [part for part, count in made.counts.items() if count]
    if parsed.tag:
        for part in parts:
            loupe.splits.tag(made.name, part).result()
    counts = ", ".join(f"{made.counts[part]} {part}" for part in parts)
    print(f"{made.name}: {counts}; {made.group_count} groups stayed together", file=sys.stderr)
    _warn(made.unsearched_count)
    return 0


def _leakage(loupe: Client, parsed: argparse.Namespace) -> int:
    parts = dict(_part(text) for text in parsed.part)
    found = loupe.splits.leakage(parsed.project, parsed.split, parts=parts)
    for group in found.groups:
        print(json.dumps([asdict(one) for one in group], ensure_ascii=False))
    print(f"{found.leaking_count} of {found.image_count} images leak, in {len(found.groups)} groups", file=sys.stderr)
    _warn(found.unsearched_count)
    return _LEAKS if found.groups else 0


def _part(text: str) -> tuple[str, str]:
    name, equals, query = text.partition("=")
    if not equals or not name or not query:
        raise SystemExit(f"--part {text}: write NAME=QUERY, such as train=tag:train")
    return name, query


def _warn(unsearched: int) -> None:
    if unsearched:
        print(
            f"the last search for duplicates does not tell of {unsearched} images; search again: loupe duplicates",
            file=sys.stderr,
        )
