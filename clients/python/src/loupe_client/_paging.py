"""Lists come in pages; people want what is on them."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from google.protobuf.message import Message

from loupe_client._transport import Transport

_Answer = TypeVar("_Answer")


def pages(transport: Transport, call: Callable[..., _Answer], request: Message) -> Iterator[_Answer]:
    """Yields the answers to a list request page by page; each is fetched when it is asked for.

    Args:
        transport: To Loupe.
        call: Of a stub; its requests have a `page_token`, its answers a `next_page_token`.
        request: For the first page.

    Raises:
        ApiError: what Loupe answered.
    """
    token = ""
    while True:
        asked: Any = type(request)()
        asked.CopyFrom(request)
        asked.page_token = token
        answer: Any = transport.unary(call, asked)
        yield answer
        token = answer.next_page_token
        if not token:
            return
