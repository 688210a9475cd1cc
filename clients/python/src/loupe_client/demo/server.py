"""A standalone as a process of its own, started and stopped by the demonstration, measurements and tests."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from loupe_client.demo import mailbox

_START_SECONDS = 400.0
_STOP_SECONDS = 30.0


class StartFailed(Exception):
    """Loupe did not come up; the message ends with its log."""


class StandaloneProcess:
    """`python -m loupe_standalone` on free ports.

    Args:
        folder: Holds data and log; they stay when the process ends.
        settings: Environment variables beside those that say where it listens.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._http_port, self._grpc_port = _free_ports()

    @property
    def http(self) -> str:
        """URL of REST."""
        return f"http://127.0.0.1:{self._http_port}"

    @property
    def grpc(self) -> str:
        """`host:port` of gRPC."""
        return f"127.0.0.1:{self._grpc_port}"

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self._folder / "data"

    @property
    def pid(self) -> int:
        """Of the running process; 0 when there is none."""
        return self._process.pid if self._process else 0

    @property
    def log(self) -> str:
        """What it has written so far."""
        file = self._folder / "loupe.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def start(self) -> float:
        """Starts it and waits until all services serve.

        Returns:
            The seconds that this took.

        Raises:
            StartFailed: it ended, or took too long.
        """
        begun = time.perf_counter()
        environment = {
            **os.environ,
            **self._settings,
            "LOUPE_DATA_DIR": str(self.data),
            "LOUPE_HTTP_PORT": str(self._http_port),
            "LOUPE_GRPC_PORT": str(self._grpc_port),
        }
        command = [sys.executable, "-m", "loupe_standalone"]
        with (self._folder / "loupe.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)  # noqa: S603
        while time.perf_counter() - begun < _START_SECONDS and self._process.poll() is None:
            if self._is_ready():
                return time.perf_counter() - begun
            time.sleep(0.05)
        self.kill()
        raise StartFailed(f"Loupe did not start. The end of its log:\n{self.log[-4000:]}")

    def stop(self) -> None:
        """Asks it to stop and waits; kills it when that takes too long."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def mailed_code(self, address: str) -> str:
        """Returns the code of the newest mail to an address.

        Raises:
            LookupError: no such mail comes.
        """
        return mailbox.code(self.data / "mailbox", address)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.http}/readyz", timeout=2.0).is_success
        except httpx.HTTPError:
            return False


@contextmanager
def fresh_standalone() -> Iterator[StandaloneProcess]:
    """Runs a standalone whose data are gone when the block ends; its log is printed when the block fails."""
    folder = Path(tempfile.mkdtemp(prefix="loupe-"))
    process = StandaloneProcess(folder)
    try:
        process.start()
        yield process
    except Exception:
        sys.stderr.write(process.log[-6000:])
        raise
    finally:
        process.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]
