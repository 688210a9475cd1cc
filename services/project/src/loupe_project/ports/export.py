"""What exports need from outside: their rows in the store, a builder of zip files, features."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from loupe_project.domain.export import Content, Export
from loupe_project.domain.image import FeatureSource, ImageDetails
from loupe_project.domain.scope import Scope
from loupe_project.domain.split import Part


class ExportRepository(Protocol):
    """Exports in the store; each is there for whoever made it."""

    async def add(self, export: Export) -> None:
        """Write a new one."""
        ...

    async def get(self, scope: Scope, project_id: str, export_id: str) -> Export | None:
        """One of the caller's."""
        ...

    async def list_newest_first(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[Export]:
        """The caller's, older than the one with the id `before` unless it is empty."""
        ...

    async def save(self, export: Export) -> bool:
        """Write all that may change; False when it was deleted."""
        ...

    async def delete(self, export_id: str) -> None:
        """Delete it."""
        ...

    async def expired(self, now: datetime, limit: int) -> list[Export]:
        """Those whose time is over, of all projects."""
        ...

    async def file_names(self, scope: Scope, project_id: str, image_ids: Sequence[str]) -> dict[str, str]:
        """Names of the files of those images that the scope holds, by id."""
        ...


class ExportBuilder(Protocol):
    """Fills one zip file. Needs memory for one page of images, whatever their number."""

    async def add_images(self, images: Sequence[ImageDetails]) -> None:
        """Rows, annotations and text files of the next images."""
        ...

    async def add_file(self, image_id: str, data: AsyncIterator[bytes], size_bytes: int) -> None:
        """The file of an image that was added before."""
        ...

    async def add_class_file(self, image_id: str, data: AsyncIterator[bytes], size_bytes: int) -> None:
        """The same in the folder of its class; the image has one."""
        ...

    async def add_features(self, source: FeatureSource, image_ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Features of images that were added before.

        Args:
            source: Whose features.
            image_ids: N ids.
            vectors: Array (N, D), float32.
        """
        ...

    async def add_map(
        self, name: str, image_ids: Sequence[str], file_names: Sequence[str], points: NDArray[np.float32]
    ) -> None:
        """Coordinates of a map: N ids and names, points (N, D), float32."""
        ...

    async def finish(self) -> Path:
        """Close the file; it is there until the builder's context ends."""
        ...


class ExportBuilders(Protocol):
    """Makes builders."""

    def __call__(
        self, contents: Collection[Content], parts: Mapping[str, Part] | None = None
    ) -> AbstractAsyncContextManager[ExportBuilder]:
        """A builder with a folder of its own, which goes when the context ends.

        Args:
            contents: What goes in.
            parts: Of a split: the part of each image by id. None: the images are not split.
        """
        ...


class FeatureReader(Protocol):
    """Features as the inference service keeps them."""

    async def read(self, source: FeatureSource, image_ids: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
        """Vectors of those of the images that have one, in the order of `image_ids`.

        Returns:
            Ids of N images, and array (N, D), float32; (0, 0) when none has one.

        Raises:
            Unavailable: If the inference service does not answer.
        """
        ...
