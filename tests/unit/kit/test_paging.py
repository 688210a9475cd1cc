import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loupe_kit import paging
from loupe_kit.errors import InvalidArgument
from loupe_kit.paging import PageTokenInvalid

FILTER = paging.filter_hash("projects/1", "tag:a", "create_time desc")


@given(st.lists(st.one_of(st.text(), st.integers(min_value=-(2**63), max_value=2**63)), max_size=4))
def test_token__round_trip(key: list[str | int]) -> None:
    assert paging.decode_token(paging.encode_token(key, FILTER), FILTER) == tuple(key)


def test_token__empty_is_the_first_page() -> None:
    assert paging.decode_token("", FILTER) == ()


def test_token__of_another_filter() -> None:
    token = paging.encode_token(["a", 1], FILTER)
    with pytest.raises(PageTokenInvalid, match="start without it") as caught:
        paging.decode_token(token, paging.filter_hash("projects/1", "tag:b", "create_time desc"))
    assert caught.value.reason == "PAGE_TOKEN_INVALID"


def test_token__every_changed_byte_is_noticed() -> None:
    raw = base64.urlsafe_b64decode(paging.encode_token(["abc", 12], FILTER) + "==")
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1
        token = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
        with pytest.raises(PageTokenInvalid):
            paging.decode_token(token, FILTER)


@pytest.mark.parametrize("token", ["x", "not a token", "ä", "AAAA", "%%%%", "A" * 100_000, "=", "AQ"])
def test_token__rubbish(token: str) -> None:
    with pytest.raises(PageTokenInvalid):
        paging.decode_token(token, FILTER)


def test_filter_hash__parts_do_not_run_together() -> None:
    assert paging.filter_hash("a", "b") != paging.filter_hash("ab", "")
    assert paging.filter_hash("1") != paging.filter_hash(1)


@pytest.mark.parametrize(("requested", "size"), [(0, 50), (1, 1), (1000, 1000), (1001, 1000), (2**31 - 1, 1000)])
def test_clamp_page_size(requested: int, size: int) -> None:
    assert paging.clamp_page_size(requested) == size


def test_clamp_page_size__negative() -> None:
    with pytest.raises(InvalidArgument, match="-1"):
        paging.clamp_page_size(-1)
