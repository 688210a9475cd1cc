"""Telling background work of this process that there is something to do."""

from typing import Protocol


class WorkSignal(Protocol):
    """A bell: `ring` after the commit that made work."""

    def ring(self) -> None:
        """There is work now. Never blocks, never fails."""
        ...
