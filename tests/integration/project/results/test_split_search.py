"""The search for duplicates that a split does first, through a real server."""

from datetime import timedelta
from typing import Any

from loupe.project.v1 import curation_service_pb2 as curation_pb
from loupe.project.v1 import operation_service_pb2
from loupe.project.v1 import split_service_pb2 as pb
from loupe_kit.caller import Caller
from loupe_kit.errors import Unavailable
from loupe_project.domain.operation import OperationKind
from tests.integration.project.results import curating
from tests.integration.project.results.curating import DUPLICATES, draw_duplicates, matching, with_duplicates
from tests.integration.project.results.harness import Bench
from tests.integration.project.results.splitting import (
    HALVES,
    call,
    failed,
    id_of,
    placed,
    refused,
    split,
    split_request,
)


async def runs(bench: Bench) -> Any:
    """All searches of the project, newest first."""
    request = curation_pb.ListCurationRunsRequest(parent=bench.project)
    return (await curating.call(bench, "ListCurationRuns", request)).curation_runs


async def test_create_split__searches_first_where_nobody_has(bench: Bench) -> None:
    await draw_duplicates(bench)

    made = await split(bench, **HALVES, seed=5)

    (run,) = await runs(bench)
    assert (run.state, run.operation, run.name) == (
        curation_pb.CURATION_STATE_SUCCEEDED,
        made.operation,
        made.duplicate_run,
    )
    assert (made.group_count, made.unsearched_count) == (1, 0)
    original, exact, near = bench.image_ids[:3]
    assert len({one.part for one in await placed(bench, made.name) if id_of(one) in (original, exact, near)}) == 1
    assert await matching(bench, "dup:near") == [near]
    await split(bench, **HALVES)
    assert len(await runs(bench)) == 1


async def test_create_split__searches_again_for_images_that_came_later(bench: Bench) -> None:
    before = await with_duplicates(bench)
    await bench.add_images(4)

    made = await split(bench, **HALVES)

    assert made.duplicate_run != before.name
    assert made.unsearched_count == 0


async def test_create_split__searches_again_where_the_last_search_was_about_others(bench: Bench) -> None:
    before = await curating.run(bench, DUPLICATES, selector=curating.chosen(*bench.image_ids[:14]))

    made = await split(bench, **HALVES)

    assert (made.duplicate_run == before.name, made.unsearched_count) == (False, 0)


async def test_create_split__viewers_take_what_there_is(bench: Bench, viewer: Caller) -> None:
    who = bench.server.metadata(viewer)
    assert await refused(bench, "CreateSplit", split_request(bench, **HALVES), who) == "DUPLICATES_UNKNOWN"
    before = await with_duplicates(bench)
    await bench.add_images(2)

    made = await split(bench, who, **HALVES)

    assert (made.duplicate_run, made.unsearched_count) == (before.name, 2)
    assert len(await runs(bench)) == 1


async def test_create_split__a_search_that_fails_fails_both(bench: Bench) -> None:
    object.__setattr__(bench.handlers[OperationKind.CREATE_CURATION_RUN], "retries", [timedelta(0)])
    bench.curation.refusal = Unavailable("The reduction service starts up.")

    assert await failed(bench, **HALVES) == "UNAVAILABLE"

    (made,) = (await call(bench, "ListSplits", pb.ListSplitsRequest(parent=bench.project))).splits
    (run,) = await runs(bench)
    assert {made.state, run.state} == {curation_pb.CURATION_STATE_FAILED}
    bench.curation.refusal = None
    assert (await split(bench, **HALVES)).unsearched_count == 0


async def test_create_split__cancelled_while_it_searches(bench: Bench) -> None:
    bench.curation.goes_on.clear()
    asked = await call(bench, "CreateSplit", split_request(bench, **HALVES))
    await bench.curation.has_begun.wait()

    cancel = operation_service_pb2.CancelOperationRequest(name=asked.name)
    await bench.stub("Operation").CancelOperation(cancel, metadata=bench.who)
    await bench.wait(asked.name)

    (made,) = (await call(bench, "ListSplits", pb.ListSplitsRequest(parent=bench.project))).splits
    (run,) = await runs(bench)
    assert {made.state, run.state} == {curation_pb.CURATION_STATE_CANCELLED}
