"""Saved searches and facets in the client and on the command line."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from google.protobuf import empty_pb2

from loupe.project.v1 import saved_search_service_pb2 as pb
from loupe.project.v1 import search_service_pb2
from loupe_client import Client, SavedSearch
from loupe_client.cli.main import _parser
from tests.unit.client.test_client import FakeTransport

PROJECT = "projects/p"
NAME = f"{PROJECT}/savedSearches/s"


def client(**answers: list[Any]) -> tuple[Client, FakeTransport]:
    transport = FakeTransport(answers)
    return Client(transport=transport), transport


def message(**fields: Any) -> pb.SavedSearch:
    return pb.SavedSearch(name=NAME, display_name="Doubtful", query="conf<0.6", creator="users/a", **fields)


def test_open__numbers_and_the_look_before() -> None:
    opened = message(match_count=7, new_count=0, new_query="conf<0.6 changed>x")
    opened.look_time.FromDatetime(datetime(2026, 11, 22, 8, tzinfo=UTC))
    loupe, transport = client(OpenSavedSearchRequest=[opened])

    found = loupe.searches.open(NAME)

    assert found == SavedSearch(
        name=NAME,
        display_name="Doubtful",
        query="conf<0.6",
        is_shared=False,
        creator="users/a",
        match_count=7,
        new_count=0,
        new_query="conf<0.6 changed>x",
        look_time=datetime(2026, 11, 22, 8, tzinfo=UTC),
    )
    assert transport.asked[0].request_id


def test_list__fetches_pages_and_says_what_is_not_counted() -> None:
    pages = [
        pb.ListSavedSearchesResponse(saved_searches=[message()], next_page_token="more"),
        pb.ListSavedSearchesResponse(saved_searches=[message(visibility=pb.SavedSearch.VISIBILITY_SHARED)]),
    ]
    loupe, transport = client(ListSavedSearchesRequest=pages)

    mine, shared = loupe.searches.list(PROJECT)

    assert (mine.match_count, mine.new_count, mine.look_time, mine.is_shared) == (None, None, None, False)
    assert shared.is_shared
    assert [one.page_token for one in transport.asked] == ["", "more"]


def test_update__sends_only_what_is_given() -> None:
    loupe, transport = client(UpdateSavedSearchRequest=[message(), message()])
    loupe.searches.update(NAME, query="")
    loupe.searches.update(NAME, display_name="x", shared=True)

    assert [list(one.update_mask.paths) for one in transport.asked] == [["query"], ["display_name", "visibility"]]
    assert transport.asked[1].saved_search.visibility == pb.SavedSearch.VISIBILITY_SHARED


def run(loupe: Client, *arguments: str) -> int:
    parsed = _parser().parse_args(list(arguments))
    return int(parsed.run(loupe, parsed))


def test_cli__save_show_list_delete(capsys: pytest.CaptureFixture[str]) -> None:
    counts = [pb.ListSavedSearchCountsResponse.DailyCount(date=f"2026-11-{day}", count=day) for day in (22, 21, 20)]
    loupe, transport = client(
        CreateSavedSearchRequest=[message()],
        OpenSavedSearchRequest=[message(match_count=7, new_count=2)],
        ListSavedSearchCountsRequest=[pb.ListSavedSearchCountsResponse(counts=counts)],
        ListSavedSearchesRequest=[pb.ListSavedSearchesResponse(saved_searches=[message(match_count=7, new_count=2)])],
        DeleteSavedSearchRequest=[empty_pb2.Empty()],
    )

    assert run(loupe, "searches", "save", PROJECT, "Doubtful", "conf<0.6", "--shared") == 0
    assert transport.asked[0].saved_search.visibility == pb.SavedSearch.VISIBILITY_SHARED
    assert run(loupe, "searches", "show", NAME, "--days", "2") == 0
    assert run(loupe, "searches", "list", PROJECT) == 0
    assert run(loupe, "searches", "delete", NAME) == 0
    name, shown, listed = capsys.readouterr().out.splitlines()
    assert name == NAME
    assert json.loads(shown)["days"] == {"2026-11-22": 22, "2026-11-21": 21}
    assert (json.loads(listed)["matches"], json.loads(listed)["new"]) == (7, 2)
    assert transport.asked[-1].name == NAME


def test_history__days() -> None:
    one = pb.ListSavedSearchCountsResponse.DailyCount(date="2026-11-22", count=5)
    loupe, _ = client(ListSavedSearchCountsRequest=[pb.ListSavedSearchCountsResponse(counts=[one])])

    assert list(loupe.searches.history(NAME)) == [(date(2026, 11, 22), 5)]


def test_cli_search__facets(capsys: pytest.CaptureFixture[str]) -> None:
    facet = search_service_pb2.Facet(field="line", values=[search_service_pb2.Facet.Value(value="L1", count=3)])
    loupe, transport = client(GetFacetsRequest=[search_service_pb2.GetFacetsResponse(facets=[facet])])

    assert run(loupe, "search", PROJECT, "label:dent", "--facets", "line") == 0
    assert json.loads(capsys.readouterr().out) == {"line": {"L1": 3}}
    assert list(transport.asked[0].fields) == ["line"]
