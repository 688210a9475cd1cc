"""Trees, facets of named values, histograms, neighbours, and queries that are being written, through a real server."""

from typing import Any

import grpc
import pytest

from loupe.project.v1 import query_pb2
from loupe.project.v1 import search_service_pb2 as pb
from loupe_kit.status import from_rpc_error
from loupe_kit.testing import make_user
from tests.integration.project.results.harness import Bench


async def ask(bench: Bench, rpc: str, **fields: Any) -> Any:
    method = pb.DESCRIPTOR.services_by_name["SearchService"].methods_by_name[rpc]
    request = getattr(pb, method.input_type.name)(parent=bench.project, **fields)
    return await getattr(bench.stub("Search"), rpc)(request, metadata=bench.who)


async def refusal(bench: Bench, rpc: str, **fields: Any) -> Any:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(bench, rpc, **fields)
    return from_rpc_error(caught.value)


def line(value: str) -> query_pb2.QueryNode:
    return query_pb2.QueryNode(term=query_pb2.QueryTerm(field="line", values=[query_pb2.QueryValue(text=value)]))


async def test_search_images__tree_finds_what_its_text_finds(bench: Bench) -> None:
    tree = query_pb2.QueryNode(negation=line("L1"))
    by_tree = await ask(bench, "SearchImages", tree=tree, page_size=5)
    by_text = await ask(bench, "SearchImages", query="-line:L1", page_size=5)
    next_page = await ask(bench, "SearchImages", tree=tree, page_size=5, page_token=by_tree.next_page_token)

    assert by_tree == by_text
    assert by_tree.total_size == 13
    assert next_page.total_size == 13


async def test_search_images__text_and_tree_at_once(bench: Bench) -> None:
    error = await refusal(bench, "SearchImages", query="a", tree=line("L1"))

    assert error.fields[0].field == "tree"


async def test_get_facets__values_that_the_query_names_stay(bench: Bench) -> None:
    answer = await ask(
        bench,
        "GetFacets",
        query="line:L1,l9 -tag:nowhere is:과검 meta.temp<0",
        fields=["line", "tag", "is"],
        value_limit=1,
    )
    found = {
        facet.field: [(one.value, one.count, one.in_query, one.excluded) for one in facet.values]
        for facet in answer.facets
    }

    assert ("l9", 0, True, False) in found["line"]
    assert ("L1", 0, True, False) in found["line"]
    assert ("nowhere", 0, True, True) in found["tag"]
    assert [one[2] for one in found["is"] if one[0] in ("overkill", "과검")] == [True]


async def test_get_facets__counts_of_named_values_beyond_the_limit(bench: Bench) -> None:
    (facet,) = (await ask(bench, "GetFacets", query="line:L2", fields=["line"], value_limit=1)).facets

    assert [(one.value, one.count, one.in_query) for one in facet.values] == [("L0", 7, False), ("L2", 6, True)]
    assert facet.truncated


async def test_get_facets__months_and_filter(bench: Bench) -> None:
    months, tags = (await ask(bench, "GetFacets", fields=["month", "tag"], value_filter="2026")).facets
    (no_month,) = (await ask(bench, "GetFacets", fields=["month"], query="month:2026-11", value_filter="1999")).facets

    assert [(one.value, one.count) for one in months.values] == [("2026-11", 20)]
    assert [one.value for one in tags.values] == ["month:2026-11"]
    assert not no_month.values


async def test_get_facets__default_fields(bench: Bench) -> None:
    facets = (await ask(bench, "GetFacets")).facets

    assert [one.field for one in facets] == [
        "label", "truth", "tag", "line", "station", "camera", "lot", "verdict", "model", "month", "is",
    ]  # fmt: skip


async def test_get_histograms__each_leaves_out_its_own_field(bench: Bench) -> None:
    conf, temp, uploaded = (
        await ask(bench, "GetHistograms", query="line:L1 conf>=2", fields=["conf", "meta.temp", "uploaded"], bins=4)
    ).histograms
    (all_conf,) = (await ask(bench, "GetHistograms", query="line:L1", fields=["conf"])).histograms

    assert sum(conf.counts) + conf.missing_count == 7
    assert list(all_conf.edges)[:1] == list(conf.edges)[:1]
    assert len(conf.edges) == len(conf.counts) + 1
    assert sum(temp.counts) == 0
    assert not uploaded.edges


async def test_get_histograms__times_have_edges_in_time(bench: Bench) -> None:
    (uploaded,) = (await ask(bench, "GetHistograms", fields=["uploaded"], bins=3)).histograms

    assert len(uploaded.time_edges) == len(uploaded.counts) + 1
    assert sum(uploaded.counts) == 20


@pytest.mark.parametrize(
    "asked", [{"fields": ["label"]}, {"fields": []}, {"fields": ["conf"] * 11}, {"fields": ["conf"], "bins": 201}]
)
async def test_get_histograms__what_cannot_be_asked(bench: Bench, asked: dict[str, Any]) -> None:
    assert (await refusal(bench, "GetHistograms", **asked)).fields


async def test_get_search_neighbors__walks_through_the_search(bench: Bench) -> None:
    order = pb.SearchImagesRequest.ORDER_FILE_NAME
    found = await ask(bench, "SearchImages", query="line:L1", order=order)
    names = [image.name for image in found.images]
    walk: list[str] = []
    here = names[0]
    while here:
        step = await ask(bench, "GetSearchNeighbors", query="line:L1", order=order, image=here)
        assert step.previous == (walk[-1] if walk else "")
        walk.append(here)
        assert (step.position, step.total_size) == (len(walk), len(names))
        here = step.next

    assert walk == names


async def test_get_search_neighbors__image_that_does_not_match(bench: Bench) -> None:
    other = (await ask(bench, "SearchImages", query="line:L0", page_size=1)).images[0].name
    step = await ask(bench, "GetSearchNeighbors", query="line:L1", image=other)

    assert step == pb.GetSearchNeighborsResponse(total_size=7)


async def test_get_search_neighbors__no_such_image(bench: Bench) -> None:
    error = await refusal(
        bench, "GetSearchNeighbors", image=f"{bench.project}/images/00000000-0000-7000-8000-000000000009"
    )

    assert error.reason == "IMAGE_NOT_FOUND"


async def test_parse_query__tree_parts_and_usual_text(bench: Bench) -> None:
    answer = await ask(bench, "ParseQuery", query="라인=L1 AND NOT (tag:a OR b)")

    assert answer.text == "line:L1 -(tag:a OR b)"
    assert [(one.text, one.field, one.negated) for one in answer.parts] == [
        ("라인=L1", "line", False),
        ("NOT (tag:a OR b)", "", True),
    ]
    assert (await ask(bench, "FormatQuery", tree=answer.tree)).query == answer.text
    assert not answer.HasField("fault")


@pytest.mark.parametrize(
    ("query", "mended"),
    [
        ("lable:x a", "label:x a"),
        ("tag:a (b", "tag:a (b)"),
        ("tag:a)", "tag:a"),
        ('tag:"two words', 'tag:"two words"'),
        ("dent, scratch", "dent OR scratch"),
        ("box[label:dent)", "box[label:dent]"),
        ("label>3", "label:3"),
        ("is:overkil -x", "is:overkill -x"),
        ("OR tag:a", '"OR" tag:a'),
        ("conf>0.1,0.2 x", "conf>0.1 x"),
        ("tag:a AND", "tag:a "),
    ],
)
async def test_parse_query__fault_can_be_mended(bench: Bench, query: str, mended: str) -> None:
    fault = (await ask(bench, "ParseQuery", query=query)).fault
    repaired = query[: fault.repair.start] + fault.repair.text + query[fault.repair.end :]

    assert fault.reason == "QUERY_INVALID"
    assert repaired == mended
    assert not (await ask(bench, "ParseQuery", query=repaired)).HasField("fault")


async def test_parse_query__too_complex_is_a_fault_too(bench: Bench) -> None:
    assert (await ask(bench, "ParseQuery", query="a " * 201)).fault.reason == "QUERY_TOO_COMPLEX"


async def test_format_query__tree_that_means_nothing(bench: Bench) -> None:
    tree = query_pb2.QueryNode(
        term=query_pb2.QueryTerm(
            field="label", operator=query_pb2.QUERY_OPERATOR_MORE, values=[query_pb2.QueryValue(text="x")]
        )
    )

    assert (await refusal(bench, "FormatQuery", tree=tree)).reason == "QUERY_INVALID"


@pytest.mark.parametrize("rpc", ["GetHistograms", "GetSearchNeighbors", "ParseQuery", "FormatQuery"])
async def test_stranger__sees_no_project(bench: Bench, rpc: str) -> None:
    image = f"{bench.project}/images/00000000-0000-7000-8000-000000000009"
    needs: dict[str, Any] = {"GetSearchNeighbors": {"image": image}, "GetHistograms": {"fields": ["conf"]}}
    stranger = bench.server.metadata(make_user())
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(bench.stub("Search"), rpc)(
            getattr(pb, f"{rpc}Request")(parent=bench.project, **needs.get(rpc, {})), metadata=stranger
        )

    assert from_rpc_error(caught.value).reason == "PROJECT_NOT_FOUND"
