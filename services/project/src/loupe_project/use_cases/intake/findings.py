"""What is found while files are taken in: counts and notices, gathered and then kept."""

from collections.abc import Sequence

from loupe_kit.errors import LoupeError
from loupe_project.domain.upload_batch import CountChange, NewNotice, Severity


class Findings:
    """Counts and notices of one table, one feature file or one archive.

    Args:
        limit: Most notices that are kept; faults past it are counted and said in one last notice.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.change = CountChange()
        self.notices: list[NewNotice] = []
        self.failure: LoupeError | None = None
        """Why a file could not be read at all."""

    def count(self, *, duplicates: int = 0, metadata: int = 0, labels: int = 0, features: int = 0) -> None:
        """Add to the counts."""
        self.change += CountChange(duplicates=duplicates, metadata=metadata, labels=labels, features=features)

    def refuse(self, file_name: str, error: LoupeError, row: int = 0) -> None:
        """A file or row that is not taken."""
        self.change += CountChange(refused=1)
        self.tell(NewNotice(file_name, error, row))
        if row == 0:
            self.failure = self.failure or error

    def remark(self, file_name: str, error: LoupeError) -> None:
        """Something worth knowing that refuses nothing."""
        self.tell(NewNotice(file_name, error, severity=Severity.INFO))

    def tell(self, notice: NewNotice) -> None:
        """Keep a notice while there is room."""
        if len(self.notices) < self._limit:
            self.notices.append(notice)

    def add(self, other: "Findings") -> None:
        """Take over what another one found."""
        self.change += other.change
        for notice in other.notices:
            self.tell(notice)

    @property
    def failures(self) -> Sequence[LoupeError]:
        """Errors of the refusals that are kept."""
        return [notice.error for notice in self.notices if notice.severity is Severity.ERROR]
