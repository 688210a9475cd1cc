from __future__ import annotations

import pytest

from loupe_inference.use_cases.list_pages import page_of
from loupe_kit.paging import PageTokenInvalid

ITEMS = ["a", "b", "c"]


def page(page_size: int = 0, page_token: str = "", list_name: str = "letters") -> tuple[list[str], str]:
    return page_of(ITEMS, str, list_name, page_size, page_token)


def test_page_of__all_on_one_page() -> None:
    assert page() == (ITEMS, "")


def test_page_of__follows_its_tokens() -> None:
    first, token = page(2)
    second, end = page(2, token)

    assert (first, second, end) == (["a", "b"], ["c"], "")


def test_page_of__token_of_another_list() -> None:
    _, token = page(2)

    with pytest.raises(PageTokenInvalid):
        page(2, token, list_name="numbers")


def test_page_of__item_of_the_token_is_gone() -> None:
    _, token = page_of(["x", "y"], str, "letters", 1, "")

    with pytest.raises(PageTokenInvalid):
        page(1, token)


def test_page_of__empty_list() -> None:
    assert page_of([], str, "letters", 0, "") == ([], "")
