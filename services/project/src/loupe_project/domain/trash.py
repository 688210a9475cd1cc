"""The trash of a project: images that were deleted and can still come back."""

from dataclasses import dataclass
from datetime import datetime

from loupe_kit.errors import FieldViolation, InvalidArgument


@dataclass(frozen=True, slots=True)
class DeletedImage:
    """An image in the trash, as far as people need it to know it again."""

    id: str
    file_name: str
    width: int
    height: int
    size_bytes: int
    upload_time: datetime
    delete_time: datetime
    deleter: str
    """`users/…` or `apiKeys/…`."""
    deletion_id: str
    """The operation that deleted it."""


@dataclass(frozen=True, slots=True)
class TrashSelection:
    """Images of one trash. Exactly one of the three counts."""

    ids: tuple[str, ...] | None = None
    """These."""
    deletion_id: str = ""
    """All that one operation deleted."""
    everything: bool = False
    """All that are there."""

    def __post_init__(self) -> None:
        """Raises: InvalidArgument: If it is not exactly one."""
        if (self.ids is not None) + bool(self.deletion_id) + self.everything != 1:
            raise InvalidArgument(
                "Name images, one deletion, or all of the trash.",
                fields=[FieldViolation("selector", "must be one of images, deletion, all")],
            )
