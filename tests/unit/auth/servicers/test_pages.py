"""Pages of lists."""

from __future__ import annotations

import pytest

from loupe.auth.v1 import user_service_pb2 as pb
from loupe_auth.servicers.pages import Page
from loupe_kit.paging import PageTokenInvalid
from tests.contract.auth.factories import NOW


def test_page__by_name_goes_on_where_it_stopped() -> None:
    page = Page(pb.ListUsersRequest(page_size=2), "users")

    rows, token = page.cut_by_name(["a", "b", "c"], lambda name: (name, f"id-{name}"))

    assert (page.fetch, rows) == (3, ["a", "b"])
    assert Page(pb.ListUsersRequest(page_token=token), "users").after_name() == ("b", "id-b")
    assert page.cut_by_name(["a", "b"], lambda name: (name, name)) == (["a", "b"], "")


def test_page__by_time_keeps_microseconds() -> None:
    page = Page(pb.ListUsersRequest(page_size=1), "events")

    _, token = page.cut_by_time([1, 2], lambda row: (NOW, str(row)))

    assert Page(pb.ListUsersRequest(page_token=token), "events").after_time() == (NOW, "1")
    assert page.cut_by_time([1], lambda row: (NOW, str(row))) == ([1], "")


def test_page__foreign_token() -> None:
    _, token = Page(pb.ListUsersRequest(page_size=1), "events").cut_by_time([1, 2], lambda row: (NOW, str(row)))
    request = pb.ListUsersRequest(page_token=token)

    with pytest.raises(PageTokenInvalid):
        Page(request, "events").after_name()
    with pytest.raises(PageTokenInvalid):
        Page(request, "users")
