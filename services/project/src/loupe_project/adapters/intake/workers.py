"""Threads for hashing, inflating and decoding: few, and with a lower priority than the models' processes."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

_NICENESS = 5


def intake_executor(threads: int) -> ThreadPoolExecutor:
    """An executor of `threads` threads. On Linux each is nice'd; elsewhere priorities stay as they are."""
    return ThreadPoolExecutor(threads, thread_name_prefix="intake", initializer=_lower_priority)


def _lower_priority() -> None:
    # Linux gives each thread a priority of its own, under its kernel id. Five, not nineteen: these threads hold the
    # interpreter's lock at times, and the event loop must not wait for a thread that never runs.
    if hasattr(os, "setpriority"):
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        except OSError:
            return
