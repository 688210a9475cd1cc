"""`loupe drift`, `loupe drift-watch`, `loupe drift-history`."""

import argparse
import itertools
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loupe_client import Client


def add_to(commands: Any) -> None:
    """Adds the commands to the parser's.

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

    watch = commands.add_parser("drift-watch", help="have Loupe watch a project by itself; alone: show how it does")
    watch.add_argument("project", help="projects/…")
    watch.add_argument("--reference", help="query of the images that say what is usual, such as tag:golden")
    watch.add_argument("--by", help="line, camera, batch or meta.<key>; empty: all images together")
    watch.add_argument("--every", type=_every, help="day, or after how many images to look")
    watch.add_argument("--webhook", help="http or https address that alerts are posted to; empty: none")
    watch.add_argument("--secret-file", type=Path, help="file with the secret that alerts are signed with")
    watch.add_argument("--mail", nargs="*", metavar="users/…", help="whom alerts are mailed to; alone: nobody")
    then = watch.add_mutually_exclusive_group()
    then.add_argument("--look", action="store_true", help="look now at what has come")
    then.add_argument("--test", action="store_true", help="send a test to the webhook and by mail")
    then.add_argument("--end", action="store_true", help="end the watch and delete its history")
    watch.set_defaults(run=_watch)

    history = commands.add_parser("drift-history", help="show what the looks of a watch found, newest first")
    history.add_argument("project", help="projects/…")
    history.add_argument("--value", help="only this line, camera, …")
    history.add_argument("--limit", type=int, default=100)
    history.add_argument("--alerts", action="store_true", help="show who was told instead, and whether it arrived")
    history.set_defaults(run=_history)


def _every(text: str) -> int:
    return 0 if text == "day" else int(text)


def _drift(loupe: Client, parsed: argparse.Namespace) -> int:
    if parsed.reference is not None:
        loupe.curation.score_outliers(parsed.project, parsed.query, reference=parsed.reference).result()
    groups = loupe.drift.measure(parsed.project, group_by=parsed.by)
    for one in groups:
        _print(one)
    return 3 if any(one.verdict == "RETRAIN" for one in groups) else 0


def _watch(loupe: Client, parsed: argparse.Namespace) -> int:
    if parsed.end:
        loupe.drift.unwatch(parsed.project)
        return 0
    secret = None if parsed.secret_file is None else parsed.secret_file.read_text(encoding="utf-8").strip()
    watch = loupe.drift.watch(
        parsed.project,
        reference=parsed.reference,
        group_by=parsed.by,
        every_images=parsed.every,
        webhook_url=parsed.webhook,
        webhook_secret=secret,
        mail_users=parsed.mail,
    )
    if parsed.look:
        watch = loupe.drift.look(parsed.project)
    _print(loupe.drift.test_webhook(parsed.project) if parsed.test else watch)
    return 0


def _history(loupe: Client, parsed: argparse.Namespace) -> int:
    found: Any = loupe.drift.history(parsed.project, value=parsed.value)
    if parsed.alerts:
        found = loupe.drift.alerts(parsed.project)
    for one in itertools.islice(found, parsed.limit):
        _print(one)
    return 0


def _print(found: Any) -> None:
    print(json.dumps(asdict(found), ensure_ascii=False, default=str))
