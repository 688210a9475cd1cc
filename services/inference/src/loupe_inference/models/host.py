"""What runs in the model host, a child process: keeps models loaded and spreads batches over threads.

Each thread decodes a few images and computes them on one core, so decoding on one core overlaps computing on
another, and no core waits for another inside an operation: two cores on one convolution stall as soon as something
else runs on the machine.
"""

import ctypes
import functools
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import torch

from loupe_inference.domain import catalogue
from loupe_inference.domain.analysis import ImageSource, Outcome
from loupe_inference.models import registered, registry
from loupe_inference.models.analyser import Analyser
from loupe_inference.models.bring.job import ModelFile
from loupe_inference.models.job import AnalyseJob
from loupe_kit.child import Progress

_KEEP_BUFFERS_SECONDS = 10.0


def analyse(job: AnalyseJob, _progress: Progress) -> list[Outcome]:
    """Entry point of the child process: one outcome for each image, in order.

    Raises:
        ModelNotReady: If the model cannot be loaded.
    """
    analyser = (
        _of_file(job.file, job.max_pixels, _device(job.device))
        if job.file
        else _load(job.model, job.version, _device(job.device), job.max_pixels)
    )
    return spread(analyser, job.images, job.threads)


def spread(analyser: Analyser, images: Sequence[ImageSource], threads: int) -> list[Outcome]:
    """One outcome for each image, in order, computed by `threads` threads in steps of about the best size."""
    steps: list[Sequence[ImageSource]] = []
    at = 0
    while at < len(images):
        # Smaller ones towards the end, so that the threads end together and no core waits for the last step.
        size = min(analyser.best_step, -(-(len(images) - at) // (2 * threads)))
        steps.append(images[at : at + size])
        at += size
    done = _pool(threads).map(analyser.analyse, steps)
    outcomes = [outcome for some in done for outcome in some]
    _buffers.used()
    return outcomes


class _Buffers:
    """Gives the buffers of past batches back to the system when no batch has come for a while."""

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def used(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(_KEEP_BUFFERS_SECONDS, _trim)
        self._timer.daemon = True
        self._timer.start()


_buffers = _Buffers()


def _trim() -> None:
    # Of the GNU C library, whose heap would keep up to 512 MiB for good; others give back as they see fit.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@functools.cache
def _load(model: str, version: str, device: torch.device, max_pixels: int) -> Analyser:
    torch.set_num_threads(1)
    analyser = registry.load(*catalogue.builtin().resolve(model, version), device, max_pixels)
    # What building and exporting it took; the next model would come on top.
    _trim()
    return analyser


# Versions that a plant registered may be many over the years; those that come with Loupe are few and stay.
_registered: OrderedDict[str, Analyser] = OrderedDict()
_MOST_REGISTERED = 8


def _of_file(file: ModelFile, max_pixels: int, device: torch.device) -> Analyser:
    """A registered version; one that was not asked for in a while makes room."""
    key = f"{file.spec.id} {file.version.version}"
    if key not in _registered:
        _registered[key] = registered.load(file, max_pixels, _gpu(device))
    _registered.move_to_end(key)
    if len(_registered) > _MOST_REGISTERED:
        _registered.popitem(last=False)
    return _registered[key]


def _gpu(device: torch.device) -> int | None:
    """Number of the GPU, None for the processor."""
    return (device.index or 0) if device.type == "cuda" else None


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="analyse")


@functools.cache
def _device(wanted: str) -> torch.device:
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)
