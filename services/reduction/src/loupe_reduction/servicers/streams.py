"""What all calls share: reading the request stream, and telling progress while the work runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from loupe.reduction.v1 import feature_source_pb2 as source_pb
from loupe.reduction.v1 import reduction_service_pb2 as reduction_pb
from loupe.reduction.v1 import teach_service_pb2 as pb
from loupe_reduction.domain import reducers
from loupe_reduction.domain.errors import HeadInvalid, ImageIdsInvalid, ReducerInvalid, SpecMissing, TooManyPoints
from loupe_reduction.domain.features import BYTES_PER_ID, ImageIds
from loupe_reduction.domain.heads import MAX_BYTES
from loupe_reduction.domain.progress import Progress, Report
from loupe_reduction.domain.recipe import spec_invalid

HEARTBEAT_S = 1.0
"""Progress is repeated after this many seconds without news, so that the caller sees the work is alive."""

MAX_BLOCK_BYTES = 65_536 * BYTES_PER_ID

Spec_co = TypeVar("Spec_co", covariant=True)
Value = TypeVar("Value")


class Request(Protocol, Generic[Spec_co]):
    """Any request of this service: the first of a stream holds `spec`, later ones `image_ids` or columns."""

    @property
    def spec(self) -> Spec_co:
        """What to do."""
        ...

    @property
    def image_ids(self) -> bytes:
        """Ids, 16 bytes each."""
        ...

    def WhichOneof(self, oneof_group: Any) -> str | None:
        """Returns the name of the field that is set."""
        ...


async def read_call(
    requests: AsyncIterable[Request[Value]], *, call: str, max_images: int, columns: dict[str, Column] | None = None
) -> tuple[Value, ImageIds]:
    """Reads a whole request stream.

    Args:
        requests: as they come.
        call: name of the RPC, for messages.
        max_images: images that one call takes.
        columns: what may be said of each image, by field; filled with what is sent.

    Returns:
        The spec and the images.

    Raises:
        SpecMissing: the first message holds no spec, or a later one holds another.
        ImageIdsInvalid: a block is no whole number of ids, or too long.
        TooManyPoints: more than `max_images` ids.
        DuplicateImage: an id comes twice.
        SpecInvalid: a column has not one value for each image.
    """
    spec: Value | None = None
    packed = bytearray()
    async for request in requests:
        content = request.WhichOneof("content")
        has_spec = content == "spec"
        if has_spec != (spec is None):
            raise SpecMissing(f"{call} takes one spec, in the first message; image ids follow later.", call=call)
        if has_spec:
            spec = request.spec
        elif columns and content in columns:
            columns[content].add(getattr(request, content), max_images)
        else:
            _check_block(request.image_ids)
            packed += request.image_ids
        if len(packed) > max_images * BYTES_PER_ID:
            raise TooManyPoints(
                f"More than {max_images} images were sent; select fewer, for example a random part.",
                maximum=str(max_images),
            )
    if spec is None:
        raise SpecMissing(f"{call} was sent nothing; send a spec, then image ids.", call=call)
    images = await asyncio.to_thread(ImageIds, bytes(packed))
    for name, column in (columns or {}).items():
        column.check(name, len(images))
    return spec, images


async def read_application(
    requests: AsyncIterable[pb.ApplyHeadRequest], *, max_images: int
) -> tuple[source_pb.FeatureSource, bytes, bytes]:
    """Reads the request stream of ApplyHead.

    Args:
        requests: as they come.
        max_images: images that one call takes.

    Returns:
        The source, the head and the packed ids.

    Raises:
        SpecMissing: the first message holds no source, or a later one holds another.
        ImageIdsInvalid: a block is no whole number of ids, or too long.
        TooManyPoints: more than `max_images` ids.
        HeadInvalid: the head is too long.
    """
    source: source_pb.FeatureSource | None = None
    head, packed = bytearray(), bytearray()
    async for request in requests:
        content = request.WhichOneof("content")
        if (content == "source") != (source is None):
            raise SpecMissing("ApplyHead takes one source, in the first message.", call="ApplyHead")
        if content == "source":
            source = request.source
        elif content == "head":
            head += request.head
        else:
            _check_block(request.image_ids)
            packed += request.image_ids
        if len(head) > MAX_BYTES:
            raise HeadInvalid(f"A head has at most {MAX_BYTES >> 20} MiB; teach it again.")
        if len(packed) > max_images * BYTES_PER_ID:
            raise TooManyPoints(f"More than {max_images} images were sent; ask in parts.", maximum=str(max_images))
    if source is None:
        raise SpecMissing("ApplyHead was sent nothing; send a source, a head, then image ids.", call="ApplyHead")
    return source, bytes(head), bytes(packed)


async def read_placement(
    requests: AsyncIterable[reduction_pb.PlaceImagesRequest], *, max_images: int
) -> tuple[reduction_pb.PlaceSpec, bytes, ImageIds]:
    """Reads the request stream of PlaceImages.

    Args:
        requests: as they come.
        max_images: images that one call takes.

    Returns:
        The spec, the reducer and the images.

    Raises:
        SpecMissing: the first message holds no spec, or a later one holds another.
        ImageIdsInvalid: a block is no whole number of ids, or too long.
        TooManyPoints: more than `max_images` ids.
        DuplicateImage: an id comes twice.
        ReducerInvalid: the reducer is too long.
    """
    reducer = bytearray()

    async def others() -> AsyncIterator[reduction_pb.PlaceImagesRequest]:
        async for request in requests:
            if request.WhichOneof("content") != "reducer":
                yield request
                continue
            reducer.extend(request.reducer)
            if len(reducer) > reducers.MAX_BYTES:
                raise ReducerInvalid(f"A reducer has at most {reducers.MAX_BYTES >> 20} MiB; make the map again.")

    spec, images = await read_call(others(), call="PlaceImages", max_images=max_images)
    return spec, bytes(reducer), images


async def read_forgetting(requests: AsyncIterable[reduction_pb.ForgetPointsRequest]) -> tuple[bytes, bytes]:
    """Reads the request stream of ForgetPoints.

    Args:
        requests: as they come.

    Returns:
        The reducer and the packed places.

    Raises:
        ReducerInvalid: one of them is too long.
    """
    reducer, places = bytearray(), bytearray()
    async for request in requests:
        reducer += request.reducer
        places += request.places
        if max(len(reducer), len(places)) > reducers.MAX_BYTES:
            raise ReducerInvalid(f"A reducer has at most {reducers.MAX_BYTES >> 20} MiB, and so have its places.")
    return bytes(reducer), bytes(places)


class Column:
    """One number for each image of a call, if it is sent at all.

    Args:
        kind: NumPy type of a number as it is sent.
    """

    def __init__(self, kind: str) -> None:
        self._kind = np.dtype(kind)
        self._packed = bytearray()

    def add(self, block: bytes, max_images: int) -> None:
        """Takes a block of numbers.

        Raises:
            TooManyPoints: more than `max_images` numbers.
        """
        self._packed += block
        if len(self._packed) > max_images * self._kind.itemsize:
            raise TooManyPoints(f"More than {max_images} images were described; select fewer.", maximum=str(max_images))

    def check(self, name: str, count: int) -> None:
        """Refuses a column that describes another number of images.

        Raises:
            SpecInvalid: it does.
        """
        if self._packed and len(self._packed) != count * self._kind.itemsize:
            raise spec_invalid(name, f"{name} has {len(self._packed)} bytes, not {self._kind.itemsize} for each image.")

    def values(self) -> NDArray[np.int64] | None:
        """Returns the numbers: array (N,), int64; None if none were sent."""
        return np.frombuffer(bytes(self._packed), self._kind).astype(np.int64) if self._packed else None


def _check_block(image_ids: bytes) -> None:
    if len(image_ids) % BYTES_PER_ID or len(image_ids) > MAX_BLOCK_BYTES:
        raise ImageIdsInvalid(
            f"A block of {len(image_ids)} bytes was sent; send whole ids of {BYTES_PER_ID} bytes, "
            f"at most {MAX_BLOCK_BYTES // BYTES_PER_ID} a message.",
            size_bytes=str(len(image_ids)),
        )


async def follow(work: Callable[[Report], Awaitable[Value]]) -> AsyncIterator[Progress | Value]:
    """Does work and yields its progress, then its result. Closing the iterator cancels the work.

    Of progress that comes faster than it is taken only the newest is kept, and of its pictures the newest.
    """
    news = asyncio.Event()
    latest: Progress | None = None

    def report(progress: Progress) -> None:
        nonlocal latest
        if progress.picture is None and latest is not None:
            # A picture is told once, by the next news that is taken.
            progress = replace(progress, picture=latest.picture)
        latest = progress
        news.set()

    task = asyncio.ensure_future(work(report))
    task.add_done_callback(lambda _: news.set())
    try:
        while not task.done():
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await news.wait()
            except TimeoutError:
                pass
            news.clear()
            if latest is not None and not task.done():
                told, latest = latest, replace(latest, picture=None)
                yield told
        yield await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
