"""What leaks between parts, through a real server."""

import pytest

from loupe.project.v1 import split_service_pb2 as pb
from loupe_kit.caller import Caller
from tests.integration.project.results.curating import with_duplicates
from tests.integration.project.results.harness import Bench, narrow
from tests.integration.project.results.splitting import HALVES, call, id_of, refused, split


def leakage(bench: Bench, **parts: str) -> pb.FindLeakageRequest:
    given = [pb.FindLeakageRequest.Part(display_name=name, query=query) for name, query in parts.items()]
    return pb.FindLeakageRequest(parent=bench.project, parts=given)


async def test_find_leakage__nobody_has_searched_for_duplicates(bench: Bench) -> None:
    assert await refused(bench, "FindLeakage", leakage(bench, a="line:L0", b="line:L1")) == "DUPLICATES_UNKNOWN"


async def test_find_leakage__a_split_of_ours_has_none(bench: Bench) -> None:
    await with_duplicates(bench)
    made = await split(bench, **HALVES)

    found = await call(bench, "FindLeakage", pb.FindLeakageRequest(parent=bench.project, split=made.name))

    assert (found.group_count, found.leaking_count, found.image_count) == (0, 0, 20)


async def test_find_leakage__between_what_queries_find(bench: Bench) -> None:
    run = await with_duplicates(bench)

    # The pictures that show the same are of lines 0, 1 and 2.
    found = await call(bench, "FindLeakage", leakage(bench, train="line:L0,L1", test="line:L1,L2"))

    assert (found.duplicate_run, found.image_count, found.unsearched_count) == (run.name, 20, 0)
    first = found.groups[0]
    assert [(id_of(one), list(one.parts), one.is_exact) for one in first.members] == [
        (bench.image_ids[0], ["train"], True),
        (bench.image_ids[1], ["train", "test"], True),
        (bench.image_ids[2], ["test"], False),
    ]
    # Six other images of line 1 are in both parts.
    assert (found.group_count, found.leaking_count, first.member_count) == (7, 9, 3)
    page = leakage(bench, train="line:L0,L1", test="line:L1,L2")
    page.page_size = 4
    head = await call(bench, "FindLeakage", page)
    page.page_token = head.next_page_token
    rest = await call(bench, "FindLeakage", page)
    assert [*head.groups, *rest.groups] == [*found.groups]
    assert not rest.next_page_token


async def test_find_leakage__hidden_twins_do_not_leak(bench: Bench, viewer: Caller) -> None:
    await with_duplicates(bench)
    await narrow(bench, bench.image_ids[0])
    request = leakage(bench, train="line:L0", test="line:L2")

    assert (await call(bench, "FindLeakage", request)).group_count == 1
    assert (await call(bench, "FindLeakage", request, bench.server.metadata(viewer))).group_count == 0


@pytest.mark.parametrize(
    "parts",
    [{}, {"train": "line:L0"}, {"train": "line:L0", "test": " "}, {"": "line:L0", "test": "line:L1"}],
)
async def test_find_leakage__bad_parts(bench: Bench, parts: dict[str, str]) -> None:
    await with_duplicates(bench)

    assert await refused(bench, "FindLeakage", leakage(bench, **parts)) == "INVALID_ARGUMENT"
