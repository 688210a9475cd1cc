"""Arrays and numbers as bytes that are kept elsewhere: an npz file, read without running anything."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNREADABLE = (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile)
"""What `unpack`, and a look at what it gives, raise over bytes that are something else."""


def pack(about: dict[str, Any], arrays: dict[str, NDArray[np.float32]]) -> bytes:
    """Returns the bytes.

    Args:
        about: what JSON can write; `format` among it.
        arrays: by name.
    """
    file = io.BytesIO()
    told = np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8)
    np.savez(file, allow_pickle=False, about=told, **arrays)
    return file.getvalue()


def unpack(content: bytes, form: int, max_bytes: int) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Undoes `pack`.

    Args:
        content: the bytes.
        form: the only `format` that is read.
        max_bytes: of all arrays together.

    Raises:
        ValueError: too large, or of another format; other bytes raise others of UNREADABLE.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        if sum(one.file_size for one in file.infolist()) > max_bytes:
            raise ValueError("it is too large")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        about = json.loads(arrays["about"].tobytes())
        if about["format"] != form:
            raise ValueError(f"its format is {about['format']}")
        names = [name for name in arrays.files if name != "about"]
        return about, {name: np.ascontiguousarray(arrays[name], np.float32) for name in names}
