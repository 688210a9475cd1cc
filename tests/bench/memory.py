"""Whether memory stays flat while images come in for minutes: what each process gains a minute, by least squares.

Keys: `worst_mib_per_minute` = the largest slope of a process's resident memory over the minutes after warming up;
`mib_per_minute` = that of all processes together; `processes`: for each the slope, its standard error, and the memory
at the beginning and the end of those minutes. A slope that is smaller than twice its error is none. The same
photographs are sent again and again, each time with other bytes behind their end: new images of one project.
With `--profile cluster` the same of what `make up` starts. `--minutes 10` takes about 2 GB of disk a hundred images/s.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import psutil

from loupe_client.demo import solar_cells
from loupe_client.demo.server import fresh_standalone
from tests.bench import _server
from tests.bench._cluster import fresh_cluster
from tests.bench._server import Server
from tests.bench.ingest import MODEL, SEED

_SAMPLE_SECONDS = 2.0
_FEWEST_SAMPLES = 5


class Sampler:
    """Notes the resident memory of all processes every two seconds, from entering to leaving.

    Args:
        server: Whose processes.
    """

    def __init__(self, server: Server) -> None:
        self.samples: dict[str, list[tuple[float, float]]] = defaultdict(list)
        """By process: seconds since the beginning, MiB."""
        self._server = server
        self._ended = threading.Event()
        self._begun = time.monotonic()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            whole, now = 0.0, time.monotonic() - self._begun
            for name, process in _server.processes(self._server).items():
                try:
                    mib = process.memory_info().rss / 2**20
                except psutil.NoSuchProcess:
                    continue
                whole += mib
                self.samples[name].append((now, mib))
            self.samples[""].append((now, whole))


def slope(samples: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Least squares through (seconds, MiB).

    Returns:
        `mib_per_minute` and its standard error, as if the samples were independent; first and last value of the line.
    """
    seconds, mib = np.array(samples).T
    minutes = (seconds - seconds[0]) / 60
    per_minute, begin = np.polyfit(minutes, mib, 1)
    left = mib - (begin + per_minute * minutes)
    spread = ((minutes - minutes.mean()) ** 2).sum()
    error = np.sqrt((left**2).sum() / (len(mib) - 2) / spread)
    return {
        "mib_per_minute": round(float(per_minute), 2),
        "error": round(float(error), 2),
        "begin_mib": round(float(begin), 1),
        "end_mib": round(float(begin + per_minute * minutes[-1]), 1),
    }


def send(server: Server, minutes: float, count: int, folder: Path) -> int:
    """Sends zip after zip, each when the one before is analysed; returns how many images there were."""
    cells = solar_cells.load(count, SEED)
    sent, until = 0, time.monotonic() + minutes * 60
    with _server.signed_in(server) as (loupe, http):
        project = loupe.create_project("Bench", f"models/{MODEL}").name
        while time.monotonic() < until:
            archive = folder / "cells.zip"
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
                for cell in cells:
                    file.writestr(f"{sent:08d}-{cell.file.name}", cell.file.read_bytes() + sent.to_bytes(8, "big"))
                    sent += 1
            with archive.open("rb") as opened:
                answer = http.post(f"/v1/{project}/uploadBatches:upload", files={"file": ("cells.zip", opened)})
            answer.raise_for_status()
            *_, last = loupe.uploads.watch(answer.json()["batch"]["name"])
            if last.analysed_count != len(cells):
                raise SystemExit(f"only part of the images was analysed: {last}")
    return sent


def measure(server: Server, minutes: float, warm_up: float, count: int) -> dict[str, object]:
    """Sends for so long and says what the processes gained after the minutes of warming up."""
    with tempfile.TemporaryDirectory() as folder, Sampler(server) as sampler:
        sent = send(server, minutes, count, Path(folder))
    counted = {
        name: later
        for name, samples in sampler.samples.items()
        if len(later := [one for one in samples if one[0] >= warm_up * 60]) >= _FEWEST_SAMPLES
    }
    if not counted:
        raise SystemExit("there are no minutes after warming up: give --minutes more, or --warm-up less")
    found = {name: slope(samples) for name, samples in counted.items()}
    whole = found.pop("")
    for name, samples in sampler.samples.items():
        print(f"{name or 'all'}: {[round(mib) for _, mib in samples[:: max(len(samples) // 20, 1)]]}", file=sys.stderr)
    return {
        "worst_mib_per_minute": max(one["mib_per_minute"] for one in found.values()),
        "mib_per_minute": whole["mib_per_minute"],
        "begin_mib": whole["begin_mib"],
        "end_mib": whole["end_mib"],
        "processes": found,
        "images": sent,
    }


def main() -> None:
    """Measures and prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="in which images are sent")
    parser.add_argument("--warm-up", type=float, default=3.0, help="minutes at the beginning that do not count")
    parser.add_argument("--images", type=int, default=500, help="in one zip, at most 2,624")
    parser.add_argument("--profile", choices=("standalone", "cluster"), default="standalone")
    arguments = parser.parse_args()
    with (
        _server.kernels_not_warmed(),
        fresh_cluster() if arguments.profile == "cluster" else fresh_standalone() as server,
    ):
        found = measure(server, arguments.minutes, arguments.warm_up, arguments.images)
    print(json.dumps(found | {"minutes": arguments.minutes, "profile": arguments.profile}))


if __name__ == "__main__":
    main()
