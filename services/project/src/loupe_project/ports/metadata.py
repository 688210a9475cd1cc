"""Metadata and capture times that people change, as use cases see them; the history of the images tells it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from loupe_project.domain.image import MetadataValue, NamedValue
from loupe_project.domain.metadata_table import TableKey
from loupe_project.domain.scope import Scope


@dataclass(frozen=True, slots=True)
class NamedIds:
    """What the names of a table mean."""

    ids: Mapping[str, str]
    """Ids of images by the name as it was asked for."""
    ambiguous: frozenset[str] = frozenset()
    """Names that fit several images."""


class MetadataRepository(Protocol):
    """Metadata that people change."""

    async def find_images(self, scope: Scope, project_id: str, key: TableKey, names: Sequence[str]) -> NamedIds:
        """Images that exist for the scope by what a table calls them: file name, hash, or the metadata `serial`."""
        ...

    async def values_under(self, image_ids: Sequence[str], keys: Collection[str]) -> dict[str, dict[str, NamedValue]]:
        """Values under some folded keys, by folded key, by image id."""
        ...

    async def alter(
        self, change_id: str, project_id: str, wanted: Mapping[str, Mapping[str, MetadataValue | None]], now: datetime
    ) -> tuple[list[str], list[str]]:
        """Set and remove metadata, write that into the history, and mend the automatic tags that follow from it.

        Args:
            change_id: A change that has begun.
            project_id: Of all the images, which are there.
            wanted: Values by key, by image id; None removes a key. Keys that are not named stay.
            now: Time of the change.

        Returns:
            Ids of the images that changed, and of those that were left alone because they would have too many keys.
        """
        ...

    async def alter_capture_times(
        self, change_id: str, project_id: str, times: Mapping[str, datetime | None], now: datetime
    ) -> list[str]:
        """Say when images were taken, and write that into the history; their tag of the month follows. Who changed."""
        ...
