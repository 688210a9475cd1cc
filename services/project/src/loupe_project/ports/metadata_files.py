"""Reading tables of metadata that come later than their images, and finding the images that they name."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import tzinfo
from pathlib import Path
from typing import Protocol

from loupe_project.domain.intake.rows import RowOrFault
from loupe_project.domain.metadata_table import TableKey

Rows = Callable[[], Iterator[RowOrFault]]
"""All rows of a table, from the first one at each call."""


class MetadataFileReader(Protocol):
    """Opens tables of metadata."""

    def __call__(self, path: Path, file_name: str, key: TableKey, zone: tzinfo) -> AbstractContextManager[Rows]:
        """Rows of a table, slow to come: open it and take them in a thread. What it has on disk goes with the context.

        Args:
            path: The table, or a zip of it.
            file_name: Its name; the ending says how it is written.
            key: How it names images.
            zone: Where times without a zone are.

        Raises:
            LoupeError: If it cannot be read at all; as late as the first row.
        """
        ...
