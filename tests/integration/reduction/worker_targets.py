"""What test workers run in their process instead of the real work."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loupe_reduction.domain.jobs import Result, WorkOrder
from loupe_reduction.domain.progress import Phase, Progress


def crash(order: WorkOrder, tell: Callable[[Progress], None]) -> Result:
    """Ends as a process does that the kernel kills for its memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def run_out_of_memory(order: WorkOrder, tell: Callable[[Progress], None]) -> Result:
    """Fails as NumPy does when an array does not fit."""
    raise MemoryError


def stay(order: WorkOrder, tell: Callable[[Progress], None]) -> Result:
    """Works for longer than any test."""
    tell(Progress(Phase.LAYOUT, 0.5))
    time.sleep(600)
    raise AssertionError


def note_warming(_: None, __: Callable[[Any], None]) -> None:
    """Leaves a file with its niceness beside the kernels it did not compile."""
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    (folder / f"ran-at-nice-{os.getpriority(os.PRIO_PROCESS, 0)}-{os.getpid()}").touch()
