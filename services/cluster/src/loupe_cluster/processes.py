"""Programs to run, and the processes that run them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from loupe_cluster import leash

_MAX_LOG_BYTES = 16 << 20


def _nothing() -> None:
    """Is all there is to prepare."""


@dataclass(frozen=True, slots=True)
class Program:
    """Something to run until it is told to stop."""

    name: str
    command: Sequence[str]
    is_ready: Callable[[], bool]
    """Whether it does its work now; asked again and again, quick, never raises."""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """The whole environment."""
    prepare: Callable[[], None] = _nothing
    """Done before each of its starts."""
    stop_seconds: float = 30.0
    """How long it may take to stop."""


class Process:
    """A program that runs, and is started again by whoever watches it.

    Args:
        program: What to run.
        log: File that takes what it writes.
    """

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.starts = 0
        self.started = 0.0
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running process, 0 when there is none."""
        return self._running.pid if self.is_alive and self._running else 0

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._running is not None and self._running.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Of the last run; None while it runs or when it never did."""
        return self._running.poll() if self._running else None

    def start(self) -> None:
        """Start it; it ends with this process, however that ends."""
        self.program.prepare()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        command = [sys.executable, "-I", "-S", str(leash.__file__), str(os.getpid()), *self.program.command]
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal is for the supervisor, which stops things in order.
            self._running = subprocess.Popen(  # noqa: S603 - commands of our own
                command,
                env=dict(self.program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.starts += 1
        self.started = time.monotonic()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._running is not None and self.is_alive:
            self._running.send_signal(signal.SIGTERM)

    def wait_stopped(self) -> None:
        """Wait for its end; kill it, and whatever it started, when that takes too long."""
        if self._running is None:
            return
        try:
            self._running.wait(self.program.stop_seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()

    def last_lines(self, count: int = 20) -> str:
        """What it wrote last."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
