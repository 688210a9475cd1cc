"""Reading files of labels, and finding the images that they name."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from loupe_project.domain.label_files.rows import ImageKey, LabelFormat, RowOrFault


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An image that a file names."""

    id: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class NamedImages:
    """What the names of a file mean."""

    images: Mapping[str, NamedImage]
    """By the name as it was asked for."""
    ambiguous: frozenset[str] = frozenset()
    """Names that fit several images."""


class LabelFileReader(Protocol):
    """Opens files of labels."""

    def __call__(
        self, path: Path, file_name: str, form: LabelFormat | None, key: ImageKey
    ) -> AbstractContextManager[Iterator[RowOrFault]]:
        """Rows of a file, slow to come: take them in a thread. What it needs on disk goes when the context ends.

        Args:
            path: The file, or a zip of it.
            file_name: Its name.
            form: How it is written; None: found out.
            key: How it names images.

        Raises:
            LoupeError: If it cannot be read at all; as late as the first row.
        """
        ...
