"""What a client should know of a file before its bytes come; the gateway makes HTTP headers of it."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import grpc

from loupe_kit.objects import CHUNK_BYTES


async def announce(
    context: grpc.aio.ServicerContext[Any, Any], file_name: str, size_bytes: int, *, saved: bool = False
) -> None:
    """Sends name and size of a file as initial metadata.

    Args:
        context: Of the call.
        file_name: As people called it; its folders are left out.
        size_bytes: All that will come: who gets less knows that it broke off.
        saved: Whether browsers save the file instead of showing it.
    """
    kind = "attachment" if saved else "inline"
    name = quote(file_name.rpartition("/")[2], safe="")
    metadata = (("content-disposition", f"{kind}; filename*=UTF-8''{name}"), ("file-size", str(size_bytes)))
    await context.send_initial_metadata(metadata)


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """A file that was made in memory, as it is streamed."""
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]
