"""Pages of lists that are short enough to be in memory."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from loupe_kit import paging

T = TypeVar("T")


def page_of(
    items: Sequence[T], key: Callable[[T], str], list_name: str, page_size: int, page_token: str
) -> tuple[list[T], str]:
    """One page of `items` and the token of the next one, "" on the last.

    Args:
        items: The whole list, in order.
        key: Names an item, differently from all others.
        list_name: Names the list; a token of another list is refused.
        page_size: 0 for the default of 50; at most 1000.
        page_token: Of the page before; "" for the first.

    Raises:
        PageTokenInvalid: If the token is damaged, of another list, or its item is gone.
        InvalidArgument: If `page_size` is negative.
    """
    size = paging.clamp_page_size(page_size)
    filters = paging.filter_hash(list_name)
    after = paging.decode_token(page_token, filters)
    names = [key(item) for item in items]
    if after and after[0] not in names:
        raise paging.PageTokenInvalid("The list has changed since the page token was given; start without it.")
    start = names.index(str(after[0])) + 1 if after else 0
    page = list(items[start : start + size])
    is_last = start + size >= len(items)
    return page, "" if is_last else paging.encode_token((key(page[-1]),), filters)
