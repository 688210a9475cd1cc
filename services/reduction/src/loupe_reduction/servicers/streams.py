"""What all calls share: reading the request stream, and telling progress while the work runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any, Generic, Protocol, TypeVar

from loupe_reduction.domain.errors import ImageIdsInvalid, SpecMissing, TooManyPoints
from loupe_reduction.domain.features import BYTES_PER_ID, ImageIds
from loupe_reduction.domain.progress import Progress, Report

HEARTBEAT_S = 1.0
"""Progress is repeated after this many seconds without news, so that the caller sees the work is alive."""

MAX_BLOCK_BYTES = 65_536 * BYTES_PER_ID

Spec_co = TypeVar("Spec_co", covariant=True)
Value = TypeVar("Value")


class Request(Protocol, Generic[Spec_co]):
    """Any request of this service: the first of a stream holds `spec`, later ones `image_ids`."""

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


async def read_call(requests: AsyncIterable[Request[Value]], *, call: str, max_images: int) -> tuple[Value, ImageIds]:
    """Reads a whole request stream.

    Args:
        requests: as they come.
        call: name of the RPC, for messages.
        max_images: images that one call takes.

    Returns:
        The spec and the images.

    Raises:
        SpecMissing: the first message holds no spec, or a later one holds another.
        ImageIdsInvalid: a block is no whole number of ids, or too long.
        TooManyPoints: more than `max_images` ids.
        DuplicateImage: an id comes twice.
    """
    spec: Value | None = None
    packed = bytearray()
    async for request in requests:
        has_spec = request.WhichOneof("content") == "spec"
        if has_spec != (spec is None):
            raise SpecMissing(f"{call} takes one spec, in the first message; image ids follow later.", call=call)
        if has_spec:
            spec = request.spec
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
    return spec, await asyncio.to_thread(ImageIds, bytes(packed))


def _check_block(image_ids: bytes) -> None:
    if len(image_ids) % BYTES_PER_ID or len(image_ids) > MAX_BLOCK_BYTES:
        raise ImageIdsInvalid(
            f"A block of {len(image_ids)} bytes was sent; send whole ids of {BYTES_PER_ID} bytes, "
            f"at most {MAX_BLOCK_BYTES // BYTES_PER_ID} a message.",
            size_bytes=str(len(image_ids)),
        )


async def follow(work: Callable[[Report], Awaitable[Value]]) -> AsyncIterator[Progress | Value]:
    """Does work and yields its progress, then its result. Closing the iterator cancels the work.

    Of progress that comes faster than it is taken only the newest is kept.
    """
    news = asyncio.Event()
    latest: Progress | None = None

    def report(progress: Progress) -> None:
        nonlocal latest
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
                yield latest
        yield await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
