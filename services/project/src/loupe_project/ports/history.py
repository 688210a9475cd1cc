"""History of images as use cases see it. Who writes facts of images writes down what he altered, in one transaction.

The way to be undoable: `begin` the change with the operation's id, `record` each alteration together with it, and give
the `Reverter` of the fact to `UndoOperation` (see `bootstrap`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from loupe_project.domain.history import Alteration, Change, Fact, HistoryLine, HistoryPlace

if TYPE_CHECKING:
    from loupe_project.ports.store import Store


@dataclass(frozen=True, slots=True)
class UndoPiece:
    """Some of what a change did."""

    alterations: tuple[Alteration, ...]
    """Those that nobody overwrote since."""
    overwritten_count: int
    """Others among them."""
    image_count: int
    """Images among them."""
    last_image_id: str
    """The piece after it begins behind this image; empty: there is no more."""


class HistoryRepository(Protocol):
    """What was changed, by whom."""

    async def begin(self, change: Change) -> None:
        """Write down that a change is made; again changes nothing."""
        ...

    async def record(self, change_id: str, alterations: Sequence[Alteration], now: datetime) -> None:
        """Write down what a change that has begun alters; each fact of an image at most once."""
        ...

    async def get(self, project_id: str, change_id: str) -> Change | None:
        """One change."""
        ...

    async def list_newest_first(
        self, image_id: str, facts: Collection[Fact], *, after: HistoryPlace | None, limit: int
    ) -> list[HistoryLine]:
        """History of an image, after the line at this place."""
        ...

    async def piece_of(self, change_id: str, *, after_image_id: str, image_limit: int) -> UndoPiece:
        """What a change did to the next images by id, with what came after it looked at."""
        ...

    async def image_count(self, change_id: str) -> int:
        """Images that a change altered and that are still there."""
        ...

    async def forget(self, before: datetime, limit: int) -> int:
        """Forget lines of changes that were made before then, at most so many; how many."""
        ...


class Reverter(Protocol):
    """Takes back what was altered of one kind of fact."""

    async def put_back(self, store: "Store", change: Change, alterations: Sequence[Alteration], now: datetime) -> int:
        """Make facts what they were, and record that under `change`, which has begun.

        Args:
            store: Open transaction.
            change: The undoing.
            alterations: What is taken back; nobody overwrote it as far as the history knows. What is not as
                `Alteration.new` says any more is left alone.
            now: Time of it.

        Returns:
            How many alterations were taken back.
        """
        ...
