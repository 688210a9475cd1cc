"""The level of logs of a running process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import IO, Any

_PROGRAM = """
import sys
import structlog
from loupe_kit.telemetry.logs import configure_logs
configure_logs("probe", level="INFO")
log = structlog.get_logger("loupe.probe")
for word in sys.stdin:
    log.debug("quiet", word=word.strip())
    log.info("loud", word=word.strip())
"""


def test_signal__switches_to_debug_and_back() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    with process:
        assert process.stdin is not None
        assert process.stderr is not None
        assert _say(process, "first") == ["loud first"]
        _switch(process, "DEBUG")
        assert _say(process, "second") == ["quiet second", "loud second"]
        _switch(process, "INFO")
        assert _say(process, "third") == ["loud third"]
        process.stdin.close()
    assert process.returncode == 0


def _say(process: subprocess.Popen[str], word: str) -> list[str]:
    """What the process logs about a word; the loud line comes last."""
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    lines: list[str] = []
    while not lines or not lines[-1].startswith("loud"):
        line = _line(process.stderr)
        lines.append(f"{line['event']} {line['word']}")
    return lines


def _switch(process: subprocess.Popen[str], level: str) -> None:
    os.kill(process.pid, signal.SIGUSR1)
    line = _line(process.stderr)
    assert (line["event"], line["now"]) == ("log_level", level)


def _line(stream: IO[str] | None) -> dict[str, Any]:
    assert stream is not None
    line: dict[str, Any] = json.loads(stream.readline())
    return line
