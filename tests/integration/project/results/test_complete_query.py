"""CompleteQuery through a real server. In the texts below `|` is the cursor."""

from typing import Any

import grpc
import pytest

from loupe.project.v1 import search_service_pb2 as pb
from loupe_kit.status import from_rpc_error
from loupe_kit.testing import make_user
from tests.integration.project.results.harness import Bench

Kind = pb.QuerySuggestion


async def complete(bench: Bench, marked: str, **more: Any) -> list[pb.QuerySuggestion]:
    query = marked.replace("|", "", 1)
    request = pb.CompleteQueryRequest(parent=bench.project, query=query, cursor=marked.index("|"), **more)
    return list((await bench.stub("Search").CompleteQuery(request, metadata=bench.who)).suggestions)


def accepted(marked: str, suggestion: pb.QuerySuggestion) -> str:
    query = marked.replace("|", "", 1)
    return query[: suggestion.start] + suggestion.text + query[suggestion.end :]


@pytest.mark.parametrize(
    ("marked", "result"),
    [
        ("lab|", "label:"),
        ("con|", "conf"),
        ("conf|", "conf>="),
        ("라|", "라벨:"),
        ("신뢰|", "신뢰도"),
        ("line:L1 la|", "line:L1 label:"),
        ("la|bel:dent", "label:dent"),
        ("(te|", "(meta.temp"),
        ("meta.h|", "meta.hot:"),
        ("den|", "label:dent"),
        ("label:d|", "label:dent"),
        ("라벨:|", "라벨:dent"),
        ("line:L0,|", "line:L0,L1"),
        ('tag:"first|', 'tag:"first look"'),
        ("tag:first| line:L0", 'tag:"first look" line:L0'),
        ("month:|", "month:2026-11"),
        ("is:over|", "is:overkill"),
        ("상태:과|", "상태:과검"),
        ("dup:|", "dup:near"),
        ("has:te|", "has:meta.temp"),
        ("at>=to|", "at>=today"),
        ("at>=어|", "at>=어제"),
        ("line:L1 O|", "line:L1 OR "),
        ("라인:L1 또|", "라인:L1 또는 "),
        ("bo|", "box["),
        ("box[la|", "box[label:"),
        ("box[label:|", "box[label:dent"),
        ("count(box[label:dent])|", "count(box[label:dent])>="),
        ("model:|", "model:efficientnet-lite0"),
    ],
)
async def test_complete_query__first_suggestion(bench: Bench, marked: str, result: str) -> None:
    found = await complete(bench, marked)

    assert accepted(marked, found[0]) == result


async def test_complete_query__values_have_counts_within_the_rest(bench: Bench) -> None:
    found = await complete(bench, "meta.temp<70 line:|")

    assert [(one.kind, one.text, one.field, one.count, one.counted) for one in found] == [
        (Kind.KIND_VALUE, "L0", "line", 4, True),
        (Kind.KIND_VALUE, "L1", "line", 3, True),
        (Kind.KIND_VALUE, "L2", "line", 3, True),
    ]


@pytest.mark.parametrize("marked", ["meta.temp<70 OR line:|", "conf>x line:|", "(( line:|", "meta.temp<70 ) line:|"])
async def test_complete_query__rest_that_says_nothing(bench: Bench, marked: str) -> None:
    assert [one.count for one in await complete(bench, marked)] == [7, 7, 6]


async def test_complete_query__languages(bench: Bench) -> None:
    english = [one.text for one in await complete(bench, "|", limit=100)]
    korean = [one.text for one in await complete(bench, "|", limit=100, language_code="ko")]

    assert english[0] == "label:"
    assert "NOT " in english
    assert "OR " not in english
    assert korean[0] == "라벨:"
    assert "제외 " in korean


async def test_complete_query__keywords_after_a_term_survive_the_limit(bench: Bench) -> None:
    found = await complete(bench, "line:L1 |")

    assert len(found) == 12
    assert [one.text for one in found if one.kind == Kind.KIND_KEYWORD][:2] == ["OR ", "AND "]


async def test_complete_query__metadata_keys_are_counted(bench: Bench) -> None:
    (temp,) = [one for one in await complete(bench, "meta.t|") if one.field == "meta.temp"]

    assert (temp.kind, temp.count, temp.counted) == (Kind.KIND_FIELD, 20, True)


@pytest.mark.parametrize("marked", ["conf>=|", "nofield:|", "name:ce|", "count(box[label:dent])>=|", '"free te|'])
async def test_complete_query__nothing_to_suggest(bench: Bench, marked: str) -> None:
    assert await complete(bench, marked) == []


@pytest.mark.parametrize("wrong", [{"cursor": 4}, {"cursor": -1}, {"limit": -1}, {"query": "a" * 10_001}])
async def test_complete_query__what_cannot_be_asked(bench: Bench, wrong: dict[str, Any]) -> None:
    request = pb.CompleteQueryRequest(**({"parent": bench.project, "query": "tag"} | wrong))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bench.stub("Search").CompleteQuery(request, metadata=bench.who)

    assert from_rpc_error(caught.value).fields


async def test_complete_query__stranger_sees_no_project(bench: Bench) -> None:
    request = pb.CompleteQueryRequest(parent=bench.project, query="line:")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bench.stub("Search").CompleteQuery(request, metadata=bench.server.metadata(make_user()))

    assert from_rpc_error(caught.value).reason == "PROJECT_NOT_FOUND"
