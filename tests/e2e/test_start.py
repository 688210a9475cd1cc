"""What somebody sees who starts Loupe where it cannot start."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from loupe_standalone.data_folder import DataFolder


def _start(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "loupe_standalone"]
    changed = {
        **os.environ,
        "LOUPE_DATA_DIR": str(folder),
        "LOUPE_GRPC_PORT": "0",
        "LOUPE_HTTP_PORT": "0",
        **environment,
    }
    return subprocess.run(command, env=changed, capture_output=True, text=True, timeout=110, check=False)


def test_start__port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = _start(tmp_path, LOUPE_HTTP_PORT=str(port))

    assert ended.returncode == 1
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "LOUPE_HTTP_PORT" in ended.stderr


def test_start__grpc_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = _start(tmp_path, LOUPE_GRPC_PORT=str(port))

    assert ended.returncode == 1
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "LOUPE_GRPC_PORT" in ended.stderr


def test_start__another_uses_the_folder(tmp_path: Path) -> None:
    with DataFolder(tmp_path):
        ended = _start(tmp_path)

    assert ended.returncode == 1
    assert "Another Loupe" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_start__setting_out_of_range(tmp_path: Path) -> None:
    ended = _start(tmp_path, LOUPE_HTTP_PORT="99999")

    assert ended.returncode == 1
    assert "LOUPE_HTTP_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr
