"""SavedSearchService through a real server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import analysis_service_pb2, image_pb2, tag_service_pb2
from loupe.project.v1 import saved_search_service_pb2 as pb
from loupe.project.v1 import search_service_pb2 as search_pb
from loupe_kit.caller import Caller
from loupe_kit.clock import SystemClock
from loupe_kit.status import from_rpc_error
from loupe_project.domain.scope import Scope
from loupe_project.use_cases.count_saved_searches import SavedSearchCounter
from tests.integration.project.results.harness import Bench, narrow

SHARED = pb.SavedSearch.VISIBILITY_SHARED


class ClockAt:
    def __init__(self, days: int = 0) -> None:
        self.days = days

    def now(self) -> datetime:
        return datetime(2030, 1, 1, 12, tzinfo=UTC) + timedelta(days=self.days)

    def monotonic(self) -> float:
        return SystemClock().monotonic()


async def call(bench: Bench, rpc: str, who: Any = None, **fields: Any) -> Any:
    method = pb.DESCRIPTOR.services_by_name["SavedSearchService"].methods_by_name[rpc]
    request = getattr(pb, method.input_type.name)(**fields)
    return await getattr(bench.stub("SavedSearch"), rpc)(request, metadata=who or bench.who)


async def refusal(bench: Bench, rpc: str, who: Any = None, **fields: Any) -> Any:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(bench, rpc, who, **fields)
    return from_rpc_error(caught.value)


async def save(bench: Bench, query: str, who: Any = None, **fields: Any) -> pb.SavedSearch:
    wanted = pb.SavedSearch(**({"display_name": "Mine", "query": query} | fields))
    made: pb.SavedSearch = await call(bench, "CreateSavedSearch", who, parent=bench.project, saved_search=wanted)
    return made


async def test_open__what_is_new_since_the_last_look(bench: Bench) -> None:
    made = await save(bench, "line:L1 OR meta.fresh:yes")
    assert not made.HasField("match_count")
    first = await call(bench, "OpenSavedSearch", name=made.name)
    await bench.add_images(1, metadata={"fresh": "yes"})
    await bench.add_images(1, metadata={"fresh": "no"})
    peek = await call(bench, "GetSavedSearch", name=made.name)
    found = await bench.stub("Search").SearchImages(
        search_pb.SearchImagesRequest(parent=bench.project, query=peek.new_query), metadata=bench.who
    )
    second = await call(bench, "OpenSavedSearch", name=made.name)
    third = await call(bench, "OpenSavedSearch", name=made.name)

    assert (first.match_count, first.new_count) == (7, 0)
    assert (peek.match_count, peek.new_count) == (8, 1)
    assert found.total_size == 1
    assert (second.match_count, second.new_count) == (8, 1)
    assert (third.match_count, third.new_count) == (8, 0)
    assert third.look_time.ToDatetime() > second.look_time.ToDatetime() > first.look_time.ToDatetime()


async def test_open__a_change_by_people_makes_an_image_new(bench: Bench) -> None:
    made = await save(bench, "-tag:done line:L1")
    await call(bench, "OpenSavedSearch", name=made.name)
    await tag(bench, "line:L1", "seen")
    changed = await call(bench, "GetSavedSearch", name=made.name)
    await tag(bench, "line:L1", "done")
    gone = await call(bench, "GetSavedSearch", name=made.name)

    assert (changed.match_count, changed.new_count) == (7, 7)
    assert (gone.match_count, gone.new_count) == (0, 0)


async def tag(bench: Bench, query: str, text: str) -> None:
    selector = image_pb2.ImageSelector(query=query)
    request = tag_service_pb2.ModifyImageTagsRequest(parent=bench.project, selector=selector, add=[text])
    done = await bench.stub("Tag").ModifyImageTags(request, metadata=bench.who)
    if not done.done:
        await bench.wait(done.name)


async def test_numbers__of_each_caller(bench: Bench, viewer: Caller) -> None:
    other = bench.server.metadata(viewer)
    made = await save(bench, "line:L1", visibility=SHARED)
    hidden = (
        await bench.stub("Search").SearchImages(
            search_pb.SearchImagesRequest(parent=bench.project, query="line:L1", page_size=1), metadata=bench.who
        )
    ).images[0]
    await narrow(bench, hidden.name.rpartition("/")[2])
    mine = await call(bench, "GetSavedSearch", name=made.name)
    his = await call(bench, "GetSavedSearch", other, name=made.name)
    (listed,) = (await call(bench, "ListSavedSearches", other, parent=bench.project, with_numbers=True)).saved_searches

    assert mine.match_count == 7
    assert (his.match_count, his.new_count, his.HasField("look_time")) == (6, 6, False)
    assert (listed.match_count, listed.new_query) == (6, "line:L1")


async def test_history__is_counted_once_a_day_and_kept_from_who_does_not_see_all(bench: Bench, viewer: Caller) -> None:
    other = bench.server.metadata(viewer)
    made = await save(bench, "line:L1", visibility=SHARED)
    stores = bench.parts.stores
    counted = [await SavedSearchCounter(stores, ClockAt(days)).count_all() for days in (0, 0, 1, 2)]
    first = await call(bench, "ListSavedSearchCounts", parent=made.name, page_size=2)
    rest = await call(bench, "ListSavedSearchCounts", parent=made.name, page_size=2, page_token=first.next_page_token)
    shown = await call(bench, "ListSavedSearchCounts", other, parent=made.name)
    await narrow(bench, bench.image_ids[0])
    kept_from = await call(bench, "ListSavedSearchCounts", other, parent=made.name)

    assert counted == [1, 0, 1, 1]
    # The service's own counter may have added today, which lies before.
    assert [one.date for one in (*first.counts, *rest.counts)][:3] == ["2030-01-03", "2030-01-02", "2030-01-01"]
    assert {one.count for one in first.counts} == {7}
    assert not rest.next_page_token
    assert len(shown.counts) == len(first.counts) + len(rest.counts)
    assert not kept_from.counts


async def test_history__a_new_query_begins_a_new_one(bench: Bench) -> None:
    made = await save(bench, "line:L1")
    await SavedSearchCounter(bench.parts.stores, ClockAt()).count_all()
    changed = pb.SavedSearch(name=made.name, query="line:L2", display_name="Other")
    renamed = await call(
        bench, "UpdateSavedSearch", saved_search=changed, update_mask=FieldMask(paths=["display_name"])
    )
    kept = await call(bench, "ListSavedSearchCounts", parent=made.name)
    await call(bench, "UpdateSavedSearch", saved_search=changed, update_mask=FieldMask(paths=["query"]))
    gone = await call(bench, "ListSavedSearchCounts", parent=made.name)

    assert (renamed.display_name, renamed.query) == ("Other", "line:L1")
    assert (len(kept.counts), len(gone.counts)) == (1, 0)


async def test_counter__passes_over_a_query_that_cannot_be_read(bench: Bench) -> None:
    broken, good = await save(bench, "a"), await save(bench, "")
    async with bench.parts.stores() as store:
        search = await store.saved_searches.get(Scope.of_loupe(), bench.project.split("/")[1], broken.name[-36:])
        assert search is not None
        object.__setattr__(search, "query", "a (")
        await store.saved_searches.save(search, forget_history=False)
        await store.commit()
    await SavedSearchCounter(bench.parts.stores, ClockAt(1)).count_all()

    assert {one.count for one in (await call(bench, "ListSavedSearchCounts", parent=good.name)).counts} == {20}
    assert (await refusal(bench, "GetSavedSearch", name=broken.name)).reason == "QUERY_INVALID"


async def test_list__by_name_in_pages(bench: Bench) -> None:
    for name in ("b", "A", "c"):
        await save(bench, "line:L1", display_name=name)
    first = await call(bench, "ListSavedSearches", parent=bench.project, page_size=2)
    rest = await call(bench, "ListSavedSearches", parent=bench.project, page_size=2, page_token=first.next_page_token)

    assert [one.display_name for one in (*first.saved_searches, *rest.saved_searches)] == ["A", "b", "c"]
    assert not first.saved_searches[0].HasField("match_count")


async def test_rights__private_ones_are_not_there_and_sharing_needs_an_editor(bench: Bench, viewer: Caller) -> None:
    other = bench.server.metadata(viewer)
    private, shared = await save(bench, ""), await save(bench, "", visibility=SHARED)
    changed = pb.SavedSearch(name=shared.name, display_name="x")

    assert (await refusal(bench, "OpenSavedSearch", other, name=private.name)).reason == "SAVED_SEARCH_NOT_FOUND"
    assert (await refusal(bench, "DeleteSavedSearch", other, name=shared.name)).reason == "CREATOR_REQUIRED"
    mask = FieldMask(paths=["display_name"])
    error = await refusal(bench, "UpdateSavedSearch", other, saved_search=changed, update_mask=mask)
    assert error.reason == "CREATOR_REQUIRED"
    wanted = pb.SavedSearch(display_name="x", visibility=SHARED)
    error = await refusal(bench, "CreateSavedSearch", other, parent=bench.project, saved_search=wanted)
    assert error.reason == "EDIT_RIGHT_REQUIRED"
    own = await save(bench, "", other)
    await call(bench, "DeleteSavedSearch", other, name=own.name)
    assert (await refusal(bench, "GetSavedSearch", other, name=own.name)).reason == "SAVED_SEARCH_NOT_FOUND"


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"display_name": " "}, "INVALID_ARGUMENT"),
        ({"display_name": "a" * 101}, "INVALID_ARGUMENT"),
        ({"display_name": "a", "query": "tag:a ("}, "QUERY_INVALID"),
    ],
)
async def test_create__what_cannot_be_saved(bench: Bench, wanted: dict[str, Any], reason: str) -> None:
    error = await refusal(bench, "CreateSavedSearch", parent=bench.project, saved_search=pb.SavedSearch(**wanted))

    assert error.reason == reason


async def test_create__repeated_request_id_saves_once(bench: Bench) -> None:
    wanted, request_id = pb.SavedSearch(display_name="x"), "7a0e2a5c-6c3f-4a52-9b7c-0d7f9d1a2b3c"
    one, two = [
        await call(bench, "CreateSavedSearch", parent=bench.project, saved_search=wanted, request_id=request_id)
        for _ in range(2)
    ]

    assert one == two
    assert len((await call(bench, "ListSavedSearches", parent=bench.project)).saved_searches) == 1


async def test_selector__takes_a_saved_search_and_a_tree(bench: Bench) -> None:
    made = await save(bench, "line:L1")
    tree = (
        await bench.stub("Search").ParseQuery(
            search_pb.ParseQueryRequest(parent=bench.project, query="line:L2 -tag:nothing"), metadata=bench.who
        )
    ).tree
    counts = []
    for number, selector in enumerate(
        (image_pb2.ImageSelector(saved_search=made.name), image_pb2.ImageSelector(tree=tree))
    ):
        request = tag_service_pb2.ModifyImageTagsRequest(parent=bench.project, selector=selector, add=[f"set {number}"])
        done = await bench.stub("Tag").ModifyImageTags(request, metadata=bench.who)
        if not done.done:
            await bench.wait(done.name)
        found = search_pb.SearchImagesRequest(parent=bench.project, query=f'tag:"set {number}"')
        counts.append((await bench.stub("Search").SearchImages(found, metadata=bench.who)).total_size)

    assert counts == [7, 6]


async def test_selector__analysis_keeps_the_query_that_the_saved_search_had(bench: Bench) -> None:
    made = await save(bench, "line:L0,L1")
    wanted = analysis_service_pb2.Analysis(
        method=analysis_service_pb2.Analysis.METHOD_PCA,
        dimensions=2,
        selector=image_pb2.ImageSelector(saved_search=made.name),
    )
    request = analysis_service_pb2.CreateAnalysisRequest(parent=bench.project, analysis=wanted)
    done, _ = await bench.wait((await bench.stub("Analysis").CreateAnalysis(request, metadata=bench.who)).name)
    await call(bench, "DeleteSavedSearch", name=made.name)
    analysis = analysis_service_pb2.Analysis()
    done.response.Unpack(analysis)

    assert analysis.selector == image_pb2.ImageSelector(query="line:L0,L1")


async def test_selector__saved_search_of_somebody_else_is_not_there(bench: Bench, viewer: Caller) -> None:
    made = await save(bench, "", bench.server.metadata(viewer))
    request = tag_service_pb2.ModifyImageTagsRequest(
        parent=bench.project, selector=image_pb2.ImageSelector(saved_search=made.name), add=["x"]
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bench.stub("Tag").ModifyImageTags(request, metadata=bench.who)

    assert from_rpc_error(caught.value).reason == "SAVED_SEARCH_NOT_FOUND"
