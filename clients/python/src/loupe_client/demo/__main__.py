"""`python -m loupe_client.demo --images 500`: does the main job and ends with one JSON line of what was done."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from loupe_client.demo.job import MainJob
from loupe_client.demo.server import fresh_standalone
from loupe_client.demo.target import RunningTarget


def main() -> None:
    """Does the job in a fresh standalone, or in the Loupe that the arguments name."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--images", type=int, default=500, help="how many of the 2,624 images (default 500)")
    running = parser.add_argument_group("a Loupe that runs, instead of a fresh one; all three or none")
    running.add_argument("--http", help="URL of REST, http://127.0.0.1:8080")
    running.add_argument("--grpc", help="host:port of gRPC")
    running.add_argument("--mailbox", type=Path, help="folder of the mails of auth, which has no SMTP server")
    chosen = parser.parse_args()
    where = (chosen.http, chosen.grpc, chosen.mailbox)
    if chosen.images < 10:
        parser.error("a map needs at least 10 images")
    if any(where) and not all(where):
        parser.error("name --http, --grpc and --mailbox together")
    columns = (TextColumn("{task.description:<48}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # The bar goes to stderr, so that stdout ends with the JSON line alone.
    with Progress(*columns, console=Console(stderr=True)) as progress:
        if all(where):
            report = MainJob(RunningTarget(*where), progress, chosen.images).run()
        else:
            waiting = progress.add_task("Start a fresh Loupe", total=None)
            with fresh_standalone() as server:
                progress.update(waiting, total=1, completed=1)
                report = MainJob(server, progress, chosen.images).run()
    sys.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
