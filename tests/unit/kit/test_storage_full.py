import errno
import sqlite3
from pathlib import Path

import pytest

from loupe_kit.errors import Code
from loupe_kit.storage_full import storage_full


def _raised_from(cause: Exception) -> Exception:
    try:
        raise ValueError from cause
    except ValueError as error:
        return error


def test_storage_full__recognised_however_it_is_wrapped() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    for error in (full, ExceptionGroup("tasks", [KeyError(), full]), _raised_from(full)):
        told = storage_full(error)
        assert told is not None
        assert told.code is Code.RESOURCE_EXHAUSTED
        assert "full" in told.message


def test_storage_full__full_database(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "small.db")
    connection.execute("CREATE TABLE t (a)")
    connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,)] * 100)
    connection.close()
    assert storage_full(caught.value) is not None


def test_storage_full__other_faults() -> None:
    for error in (OSError(errno.EIO, "Input/output error"), KeyError("a"), sqlite3.OperationalError("locked")):
        assert storage_full(error) is None
