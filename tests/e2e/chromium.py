"""Finds the Chromium that journeys through the web UI are made with, and installs Debian's where that is possible."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

# No sandbox: tests run as root in containers. Nothing in the background: it would call out of an air-gapped plant.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",  # WebGL without a graphics card
)


def _installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def _apt_get(*arguments: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "--quiet", "--yes", *arguments]
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode == 0


@cache
def find_chromium() -> tuple[str | None, str]:
    """Returns the path of a Chromium, or None and the reason why there is none."""
    if path := _installed():
        return path, ""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return None, "there is no Chromium here; install one (Debian: apt-get install chromium)"
    _install()
    path = _installed()
    return path, "" if path else "there is no Chromium here, and apt-get could not install one (see its output above)"


def _install() -> None:
    # Test workers are processes of their own and apt-get refuses to run twice.
    with (Path(tempfile.gettempdir()) / "loupe-apt-get.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _installed() is None and _apt_get("update"):
            _apt_get("install", "--no-install-recommends", "chromium")
