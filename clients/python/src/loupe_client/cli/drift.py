"""`loupe drift`."""

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
    drift = commands.add_parser(
        "drift",
        help="compare days, lines or cameras with a reference; ends with 3 where retraining is advised",
    )
    drift.add_argument("project", help="projects/…")
    drift.add_argument("--by", default="day", help="day, line, camera, batch or meta.<key>")
    drift.add_argument("--reference", help="query: score outliers against these images first")
    drift.add_argument("--query", default="", help="images to score, with --reference")
    drift.set_defaults(run=_drift)


def _drift(loupe: Client, parsed: argparse.Namespace) -> int:
    if parsed.reference is not None:
        loupe.curation.score_outliers(parsed.project, parsed.query, reference=parsed.reference).result()
    groups = loupe.drift.measure(parsed.project, group_by=parsed.by)
    for one in groups:
        print(json.dumps(asdict(one), ensure_ascii=False))
    return 3 if any(one.verdict == "RETRAIN" for one in groups) else 0
