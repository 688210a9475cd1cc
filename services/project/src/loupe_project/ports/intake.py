"""What taking files in needs from outside."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from loupe_kit.errors import LoupeError
from loupe_project.domain.upload_batch import CountChange, NewNotice, Notice, Resolved, UploadBatch


class BatchRepository(Protocol):
    """Upload batches, their notices, and which image each of their files became."""

    async def add(self, batch: UploadBatch) -> None:
        """Write a new batch."""
        ...

    async def find_by_request(self, project_id: str, uploader: str, request_id: str) -> UploadBatch | None:
        """The batch that this request began."""
        ...

    async def get(self, project_id: str, batch_id: str) -> UploadBatch | None:
        """One batch with the counts of its images."""
        ...

    async def list_newest_first(
        self, project_id: str, *, limit: int, before: tuple[datetime, str] | None = None
    ) -> list[UploadBatch]:
        """Batches before the one with this creation time and id."""
        ...

    async def change(self, batch_id: str, change: CountChange, now: datetime) -> None:
        """Add to its counts."""
        ...

    async def open_stream(self, batch_id: str, now: datetime) -> None:
        """A stream brings files; an ended batch is active again."""
        ...

    async def close_stream(self, batch_id: str) -> None:
        """The stream is over, however it ended."""
        ...

    async def close_all_streams(self) -> None:
        """No stream is open any more: for a process that is alone, at its start."""
        ...

    async def finish_if_idle(self, batch_id: str, now: datetime, besides: str = "") -> bool:
        """End it when it has no open stream and no archive waits, the operation `besides` not counted.

        An ended one forgets which file became which image.

        Returns:
            Whether it is ended now.
        """
        ...

    async def brought(self, batch_id: str, image_id: str, file_name: str) -> bool:
        """Whether the image is new in the project through this file of this batch."""
        ...

    async def list_active(self, limit: int, after: str = "") -> list[UploadBatch]:
        """Batches of all projects that are not ended, by id; without image counts."""
        ...

    async def add_notices(self, batch_id: str, notices: Sequence[NewNotice], now: datetime) -> None:
        """Keep notices."""
        ...

    async def list_notices(self, batch_id: str, *, limit: int, after: str = "") -> list[Notice]:
        """Notices in the order of arrival, after the one with this id."""
        ...

    async def known_hashes(self, project_id: str, hashes: Sequence[str]) -> set[str]:
        """Those SHA-256 that images of the project have."""
        ...

    async def remember_files(self, batch_id: str, files: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Note which image each (file name, image id) became; those that were noted before are given back."""
        ...

    async def resolve_files(self, batch_id: str, project_id: str, names: Sequence[str]) -> Resolved:
        """Images that names in a table mean: full path in the batch, then base name there, then path in the project."""
        ...

    async def boxes_of(self, image_ids: Sequence[str]) -> dict[str, set[tuple[str, float, float, float, float]]]:
        """Boxes that images have: folded label, x, y, width, height."""
        ...

    async def image_sizes(self, image_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Width and height of images in pixels."""
        ...

    async def add_features(
        self, project_id: str, image_ids: Sequence[str], model: str, version: str, dimension: int
    ) -> None:
        """Note that images have features."""
        ...


class Spooled(Protocol):
    """A file that has arrived whole: small ones in memory, others on disk."""

    @property
    def size_bytes(self) -> int:
        """Its length."""
        ...

    @property
    def sha256(self) -> str:
        """Of its bytes, lower-case hex."""
        ...

    @property
    def head(self) -> bytes:
        """Its first bytes, at most 4 KiB."""
        ...

    @property
    def data(self) -> bytes | None:
        """All bytes, if they are in memory."""
        ...

    def path(self) -> Path:
        """Where it is on disk; writes it there first if it is in memory."""
        ...

    def discard(self) -> None:
        """Forget the bytes; safe to call twice."""
        ...


class SpoolWriter(Protocol):
    """Takes the bytes of one file as they arrive."""

    limit_bytes: int
    """Most bytes; may be lowered once the first bytes tell what the file is."""

    async def write(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            FileTooLarge: If the file grows past the limit; what came is forgotten.
        """
        ...

    async def finish(self) -> Spooled:
        """The whole file; its hash is computed by now."""
        ...

    def discard(self) -> None:
        """Forget what came."""
        ...


class Spool(Protocol):
    """Room for files on their way in, and a journal of objects that are not in the database yet."""

    def begin(self, file_name: str, limit_bytes: int) -> SpoolWriter:
        """A place for a new file of at most so many bytes."""
        ...

    def take(self, chunks: Iterable[bytes]) -> Spooled:
        """Take a file whose bytes are at hand, in the calling thread."""
        ...

    def open_journal(self, keys: Sequence[str]) -> str:
        """Note that objects of these keys are about to be written; gives the note's name."""
        ...

    def sweep(self) -> Iterator[tuple[str, list[str]]]:
        """Remove what a process that died left on disk, and give its notes: name, keys of objects."""
        ...

    def close_journal(self, note: str) -> None:
        """The database knows the objects now, or they are gone."""
        ...


@dataclass(frozen=True, slots=True)
class InspectedImage:
    """What decoding an image told."""

    format: str
    width: int
    """Pixels, as displayed: orientation applied."""
    height: int
    capture_time: datetime | None
    """From EXIF; naive where the camera names no zone."""
    thumbnail: bytes | None
    """A JPEG of at most 256 pixels a side; None where it is made when somebody first looks."""
    frames: int = 1
    """Images in the file, of which the first counts: pages of a TIFF, pictures of an animation."""


class ImageInspector(Protocol):
    """Reads images to their end, in threads of its own."""

    def inspect(self, source: Spooled, file_name: str) -> InspectedImage:
        """Decode, or check what guards the pixels, in the calling thread.

        Raises:
            ImageDamaged: If it cannot be decoded to its end.
            ImageTooManyPixels: If it has more pixels than allowed.
        """
        ...


@dataclass(frozen=True, slots=True)
class StoredFeatures:
    """What became of vectors that were sent to inference."""

    stored_ids: list[str]
    dimension: int
    rejected: dict[str, LoupeError]
    """Why, by image id."""


class FeatureSink(Protocol):
    """Where vectors are kept."""

    async def put(
        self, project_id: str, feature_set: str, image_ids: Sequence[str], values: NDArray[np.float32]
    ) -> StoredFeatures:
        """Store N vectors, array (N, D); the same ones again are stored once."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what is taken in."""

    image_bytes: int = 1 << 30
    """Most bytes of one image."""
    table_bytes: int = 2 << 30
    """Most bytes of a table or a feature file."""
    coco_bytes: int = 128 << 20
    """Most bytes of a COCO file, which is read into memory."""
    archive_bytes: int = 10_000_000_000
    """Most bytes of an archive."""
    unpacked_bytes: int = 100 << 30
    """Most bytes that an archive may unpack to."""
    archive_entries: int = 1_000_000
    """Most entries of an archive."""
    ratio: int = 200
    """Most bytes out for each byte in of one large entry."""
    megapixels: int = 400
    """Most pixels of an image, in millions."""
    window: int = 48
    """Files of one stream that are worked on at a time."""
    window_bytes: int = 32 << 20
    """Bytes of those; a larger file is worked on alone."""
    notices_per_file: int = 1000
    """Notices kept for one table or feature file; faults past it are counted only."""
