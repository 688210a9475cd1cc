"""A zip of real images over HTTP until all are analysed, against the bare model; start and idle memory too.

Keys: `pipeline_ratio` = images/s of the whole road (form, unpacking, checks, SQL, queue, decoding, network, features,
results) ÷ images/s of the bare model: the network alone on prepared tensors, computed by torch, channels last and with
folded batch norms, at its best batch size on the same cores; median of the pairs of runs. The pipeline itself computes
by the fast path, ONNX Runtime; `fast_path_ratio` is against that one alone, at its best.
`cpu_ratio` and `fast_path_cpu_ratio` = least processor time of an image in the bare model ÷ in all processes of the
pipeline, median: the same questions where other programs take the cores, which the clock cannot tell from our own work.
Images are sent when all models have loaded.
`start_seconds`: from the start of the process until all services serve, median. `idle_mib`: proportional set size of
the whole process tree, five seconds after that.
With `--profile cluster` the same of what `make up` starts: TorchServe, S3, MongoDB and all services. Processor time and
memory are then without MariaDB and Redis where these ran before; `start_seconds` is until all models are loaded too.
What each process spends is said beside the result.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from loupe_client.demo import solar_cells
from loupe_client.demo.server import StandaloneProcess, fresh_standalone
from loupe_inference.settings import usable_cores
from tests.bench import _bare_model, _server
from tests.bench._bare_model import BareModel
from tests.bench._cluster import fresh_cluster
from tests.bench._server import Server

MODEL = "efficientnet-lite0"
SEED = 7
_WORTH_SAYING = 0.05


def pipeline(archive: Path, count: int, server: Server) -> dict[str, float]:
    """Sends the zip to a fresh Loupe; returns its speed and what its processes used."""
    with _server.signed_in(server) as (loupe, http), archive.open("rb") as file:
        project = loupe.create_project("Bench", f"models/{MODEL}").name
        running = _server.processes(server)
        begun, cpu_before = time.perf_counter(), _cpu_seconds(running)
        answer = http.post(f"/v1/{project}/uploadBatches:upload", files={"file": ("cells.zip", file)})
        answer.raise_for_status()
        received = time.perf_counter() - begun
        *_, last = loupe.uploads.watch(answer.json()["batch"]["name"])
        seconds, cpu_after = time.perf_counter() - begun, _cpu_seconds(running)
    if last.analysed_count != count:
        raise SystemExit(f"only part of the {count} images was analysed: {last}")
    spent = {name: (cpu_after[name] - cpu_before[name]) / count * 1000 for name in running}
    _say("processor ms an image", {name: round(each, 2) for name, each in spent.items() if each >= _WORTH_SAYING})
    return {
        "images_per_s": count / seconds,
        "cpu_ms_per_image": sum(spent.values()),
        "receive_seconds": received,
        "after_mib": sum(map(_server.proportional_mib, running.values())),
    }


def _cpu_seconds(running: Mapping[str, psutil.Process]) -> dict[str, float]:
    return {name: _server.cpu_seconds([process]) for name, process in running.items()}


def _say(what: str, found: object) -> None:
    print(f"{what}: {found}", file=sys.stderr, flush=True)


def in_standalone(archive: Path, count: int) -> tuple[dict[str, float], dict[str, float]]:
    """The pipeline of a fresh standalone, and what starting one and leaving it alone takes."""
    with _server.kernels_not_warmed(), fresh_standalone() as server:
        whole = pipeline(archive, count, server)
    return whole, start_and_idle()


def in_cluster(archive: Path, count: int) -> tuple[dict[str, float], dict[str, float]]:
    """The same of a fresh cluster."""
    with _server.kernels_not_warmed(), fresh_cluster() as server:
        time.sleep(5)
        idle = {"start_seconds": server.start_seconds, "idle_mib": _whole_mib(server)}
        return pipeline(archive, count, server), idle


def start_and_idle() -> dict[str, float]:
    """Starts a standalone that has its folder already and leaves it alone."""
    with tempfile.TemporaryDirectory() as folder:
        server = StandaloneProcess(Path(folder))
        server.start()
        server.stop()
        seconds = server.start()
        time.sleep(5)
        memory = _whole_mib(server)
        server.stop()
        return {"start_seconds": seconds, "idle_mib": memory}


def _whole_mib(server: Server) -> float:
    return sum(map(_server.proportional_mib, _server.processes(server).values()))


def _speed_ratio(whole: list[dict[str, float]], bare: list[BareModel]) -> float:
    pairs = zip(whole, bare, strict=True)
    return round(statistics.median(one["images_per_s"] / other.images_per_s for one, other in pairs), 3)


def _cpu_ratio(whole: list[dict[str, float]], bare: list[BareModel]) -> float:
    pairs = zip(whole, bare, strict=True)
    return round(statistics.median(other.cpu_ms_per_image / one["cpu_ms_per_image"] for one, other in pairs), 3)


def main() -> None:
    """Measures in pairs and prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2624, help="of 2,624")
    parser.add_argument("--profile", choices=("standalone", "cluster"), default="standalone")
    parser.add_argument("--runs", type=int, default=3, help="pairs of runs; medians count")
    arguments = parser.parse_args()
    bare, fast, whole, idle = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "cells.zip"
        cells = solar_cells.load(arguments.images, SEED)
        solar_cells.write_zip(cells, archive, SEED)
        for run in range(arguments.runs):
            bare.append(_bare_model.measure(MODEL, usable_cores()))
            fast.append(_bare_model.measure(MODEL, usable_cores(), path="fast"))
            measured = (in_cluster if arguments.profile == "cluster" else in_standalone)(archive, len(cells))
            whole.append(measured[0])
            idle.append(measured[1])
            ratio = whole[-1]["images_per_s"] / bare[-1].images_per_s
            _say(f"run {run + 1}", f"bare {bare[-1]}, fast path {fast[-1]}, pipeline {whole[-1]}, ratio {ratio:.3f}")
    result = {
        "pipeline_ratio": _speed_ratio(whole, bare),
        "fast_path_ratio": _speed_ratio(whole, fast),
        "cpu_ratio": _cpu_ratio(whole, bare),
        "fast_path_cpu_ratio": _cpu_ratio(whole, fast),
        "cpu_ms_per_image": round(statistics.median(each["cpu_ms_per_image"] for each in whole), 2),
        "bare_cpu_ms_per_image": round(statistics.median(each.cpu_ms_per_image for each in bare), 2),
        "images_per_s": round(statistics.median(each["images_per_s"] for each in whole), 1),
        "bare_images_per_s": round(statistics.median(each.images_per_s for each in bare), 1),
        "bare_batch_size": bare[-1].batch_size,
        "fast_path_images_per_s": round(statistics.median(each.images_per_s for each in fast), 1),
        "fast_path_cpu_ms_per_image": round(statistics.median(each.cpu_ms_per_image for each in fast), 2),
        "receive_seconds": round(statistics.median(each["receive_seconds"] for each in whole), 2),
        "after_mib": round(statistics.median(each["after_mib"] for each in whole)),
        "start_seconds": round(statistics.median(each["start_seconds"] for each in idle), 2),
        "idle_mib": round(statistics.median(each["idle_mib"] for each in idle)),
        "images": arguments.images,
        "runs": arguments.runs,
        "profile": arguments.profile,
        "cores": usable_cores(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
