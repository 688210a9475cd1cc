"""The folder that holds everything: used by one process at a time, and the place of the installation's own secret."""

import fcntl
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr


class DataFolderInUse(Exception):
    """Another process works in the folder."""


class DataFolder:
    """A data folder that belongs to this process until it is closed.

    Args:
        path: The folder; made where it does not exist, readable by its owner only.

    Raises:
        DataFolderInUse: another process has it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A lock that ends with its process, however it ends; a pid file would stay behind.
        self._lock = (self.path / ".lock").open("w", encoding="ascii")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise DataFolderInUse(
                f"Another Loupe uses the data folder {self.path}. Stop it, or set LOUPE_DATA_DIR to another folder."
            ) from error

    def __enter__(self) -> Self:
        """Returns the folder."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets others have the folder."""
        self.close()

    def close(self) -> None:
        """Lets others have the folder."""
        self._lock.close()

    def service_token_key(self) -> SecretStr:
        """Returns the key of the tokens between services, made at the first start."""
        file = self.path / "service-token.key"
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return SecretStr(file.read_text(encoding="ascii").strip())
        with os.fdopen(descriptor, "w", encoding="ascii") as new:
            new.write(secrets.token_urlsafe(48))
            new.flush()
            os.fsync(new.fileno())
        return SecretStr(file.read_text(encoding="ascii").strip())
