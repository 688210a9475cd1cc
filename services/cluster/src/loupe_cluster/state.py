"""What the supervisor tells others: a lock that says it lives, and a file that says how things are."""

import fcntl
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process."""

    name: str
    pid: int
    """0: does not run."""
    is_ready: bool
    starts: int
    """1 unless it had to be started again."""
    log: str
    """Path of its log."""


@dataclass(frozen=True, slots=True)
class ClusterState:
    """All of them."""

    pid: int
    """Of the supervisor."""
    is_ready: bool
    """Whether everything has been up; from then on what ends is started again."""
    seconds: float
    """From the start until everything was up; until now while it is not."""
    failure: str = ""
    """Why it gave up."""
    processes: list[ProcessState] = field(default_factory=list)


class StateFolder:
    """The folder of a cluster, for the supervisor and those who ask for it.

    Args:
        path: Made if it is not there, readable by its owner only.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = self.path / "state.json"

    def lock(self) -> IO[str] | None:
        """Become the supervisor until the file is closed; None if there is one."""
        # A lock ends with its process, however that ends; a file with a number would stay behind.
        file = (self.path / ".lock").open("a", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        return file

    def is_supervised(self) -> bool:
        """Whether there is a supervisor now."""
        lock = self.lock()
        if lock is None:
            return True
        lock.close()
        return False

    def logs(self, process: str) -> Path:
        """File that takes what a process writes."""
        return self.path / "logs" / f"{process}.log"

    def write(self, state: ClusterState) -> None:
        """Tell how things are."""
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(asdict(state), indent=1), encoding="utf-8")
        new.replace(self._file)

    def read(self) -> ClusterState | None:
        """How things were told to be last; None if never."""
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        kept["processes"] = [ProcessState(**process) for process in kept["processes"]]
        return ClusterState(**kept)

    def forget(self) -> None:
        """Remove what was told."""
        self._file.unlink(missing_ok=True)
