"""TeachService through a real server, with a fake reduction service behind it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from loupe.project.v1 import image_pb2, project_service_pb2, search_service_pb2
from loupe.project.v1 import teach_service_pb2 as pb
from loupe_kit import ids
from loupe_kit.caller import Caller
from loupe_kit.status import from_rpc_error
from loupe_kit.testing import make_user
from loupe_project.domain.image import NewLabel
from tests.integration.project.results.harness import Bench, narrow


async def call(bench: Bench, method: str, request: Any, who: Any = None) -> Any:
    return await getattr(bench.stub("Teach"), method)(request, metadata=who or bench.who)


async def refused(bench: Bench, method: str, request: Any, who: Any = None) -> Any:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(bench, method, request, who)
    return from_rpc_error(caught.value)


async def label(bench: Bench, *names: str) -> None:
    """Give the images classes, in turns."""
    given = {one: [NewLabel(names[n % len(names)])] for n, one in enumerate(bench.image_ids)}
    async with bench.parts.stores() as store:
        await store.labels.put(bench.project.split("/")[1], given, "users/ada", datetime.now(UTC))
        await store.commit()


def new(bench: Bench, name: str = "cells", **more: Any) -> pb.CreateHeadRequest:
    return pb.CreateHeadRequest(parent=bench.project, head=pb.Head(head_name=name, **more))


async def taught(bench: Bench, method: str, request: Any) -> pb.Head:
    done, _ = await bench.wait((await call(bench, method, request)).name)
    made = pb.Head()
    assert done.response.Unpack(made), done
    return made


async def found(bench: Bench, query: str) -> int:
    request = search_service_pb2.SearchImagesRequest(parent=bench.project, query=query)
    answer = await bench.stub("Search").SearchImages(request, metadata=bench.who)
    return len(answer.images)


async def test_create_head__answers_for_all_images(bench: Bench) -> None:
    await label(bench, "OK", "ok", "Dent")

    head = await taught(bench, "CreateHead", new(bench))

    assert (head.head_name, head.version, head.model) == ("cells", 1, "head-cells")
    assert (head.state, head.in_use, head.is_verdict) == (pb.Head.STATE_SUCCEEDED, True, False)
    assert [(one.display_name, one.label_count) for one in head.figures.classes] == [("Dent", 6), ("OK", 14)]
    assert (head.figures.accuracy, head.figures.label_count, head.figures.skipped_count) == (0.875, 20, 1)
    assert list(head.figures.confusion) == [6, 0, 0, 14]
    # Every seventh image has no features.
    assert await found(bench, "model:head-cells@1") == 18
    assert await found(bench, "model:head-cells@2") == 0
    assert await found(bench, "label:OK") == 0
    assert await call(bench, "GetHead", pb.GetHeadRequest(name=head.name)) == head


async def test_create_head__next_version_takes_over_and_can_be_rolled_back(bench: Bench) -> None:
    await label(bench, "OK", "dent")
    first = await taught(bench, "CreateHead", new(bench))
    first = await taught(bench, "UseHead", pb.UseHeadRequest(name=first.name, as_verdict=True))
    assert await found(bench, "label:dent conf>0.7") == 20 - 2 or await found(bench, "label:OK conf>0.7") == 18

    second = await taught(bench, "CreateHead", new(bench))

    assert (second.version, second.in_use, second.is_verdict) == (2, True, True)
    listed = (await call(bench, "ListHeads", pb.ListHeadsRequest(parent=bench.project, page_size=1))).heads
    assert [one.version for one in listed] == [2]
    back = await taught(bench, "UseHead", pb.UseHeadRequest(name=first.name, as_verdict=False))
    assert (back.in_use, back.is_verdict) == (True, False)
    again = await call(bench, "GetHead", pb.GetHeadRequest(name=second.name))
    assert (again.in_use, again.is_verdict) == (False, False)
    assert await found(bench, "label:dent conf:0.75") == 20


async def test_new_images__are_answered_for(bench: Bench) -> None:
    await label(bench, "OK", "dent", "OK")
    head = await taught(bench, "CreateHead", new(bench))
    await taught(bench, "UseHead", pb.UseHeadRequest(name=head.name, as_verdict=True))

    await bench.add_images(5)

    async with asyncio.timeout(30):
        while await found(bench, "model:head-cells@1 label:OK") < 18 + 5:  # noqa: ASYNC110 - nothing tells the end
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (("OK",), "all of class 'OK'"),
        (("OK", "OK", "OK", "OK", "OK", "dent"), "2 of 'dent'"),
        (("OK", "dent", "hole", "bubble", "scratch"), "1 of 'bubble', 1 of 'dent'"),
    ],
)
async def test_create_head__says_which_labels_are_missing(bench: Bench, names: tuple[str, ...], missing: str) -> None:
    await label(bench, *names)

    error = await refused(bench, "CreateHead", new(bench))

    assert error.reason == "TOO_FEW_LABELS"
    assert missing in error.message


async def test_create_head__classes_may_be_left_out(bench: Bench) -> None:
    await label(bench, "OK", "dent", "OK", "dent", "OK", "dent", "hole")

    head = await taught(
        bench, "CreateHead", new(bench, selector=image_pb2.ImageSelector(query="has:truth -truth:hole"))
    )

    assert [one.display_name for one in head.figures.classes] == ["OK", "dent"]


@pytest.mark.parametrize(
    ("name", "more", "reason"),
    [
        ("", {}, "INVALID_ARGUMENT"),
        ("Solder", {}, "INVALID_ARGUMENT"),
        ("a" * 41, {}, "INVALID_ARGUMENT"),
        ("cells", {"seed": -1}, "INVALID_ARGUMENT"),
        ("cells", {"feature_source": "nonsense"}, "INVALID_ARGUMENT"),
        ("cells", {"feature_source": "models/nanodet-coco"}, "FEATURES_MISSING"),
    ],
)
async def test_create_head__bad_wish(bench: Bench, name: str, more: dict[str, Any], reason: str) -> None:
    await label(bench, "OK", "dent")

    error = await refused(bench, "CreateHead", new(bench, name, **more))

    assert reason in (error.reason, error.code.name)


async def test_heads__rights(bench: Bench, viewer: Caller) -> None:
    await label(bench, "OK", "dent")
    head = await taught(bench, "CreateHead", new(bench))
    seen = bench.server.metadata(viewer)
    assert (await call(bench, "GetHead", pb.GetHeadRequest(name=head.name), seen)).figures == head.figures

    for method, request in (
        ("CreateHead", new(bench, "mine")),
        ("UseHead", pb.UseHeadRequest(name=head.name)),
        ("DeleteHead", pb.DeleteHeadRequest(name=head.name)),
    ):
        assert (await refused(bench, method, request, seen)).reason == "EDIT_RIGHT_REQUIRED"
    stranger = bench.server.metadata(make_user())
    hidden = await refused(bench, "GetHead", pb.GetHeadRequest(name=head.name), stranger)
    listed = await refused(bench, "ListHeads", pb.ListHeadsRequest(parent=bench.project), stranger)
    assert {hidden.reason, listed.reason} == {"PROJECT_NOT_FOUND"}

    # Counts tell of hidden images.
    await narrow(bench, bench.image_ids[0])
    discreet = await call(bench, "GetHead", pb.GetHeadRequest(name=head.name), seen)
    assert (discreet.figures.label_count, list(discreet.figures.confusion)) == (0, [])
    assert discreet.figures.accuracy == head.figures.accuracy


async def test_delete_head__its_answers_go_with_it(bench: Bench) -> None:
    await label(bench, "OK", "dent")
    head = await taught(bench, "CreateHead", new(bench))
    key = f"{bench.project}/heads/{head.name.rpartition('/')[2]}.npz"
    assert await bench.parts.objects.exists(key)

    await call(bench, "DeleteHead", pb.DeleteHeadRequest(name=head.name))

    assert await found(bench, "model:head-cells") == 0
    assert not await bench.parts.objects.exists(key)
    assert (await refused(bench, "GetHead", pb.GetHeadRequest(name=head.name))).reason == "HEAD_NOT_FOUND"
    assert (await refused(bench, "UseHead", pb.UseHeadRequest(name=head.name))).reason == "HEAD_NOT_FOUND"


async def test_create_head__once_for_a_repeated_request(bench: Bench) -> None:
    await label(bench, "OK", "dent")
    request = new(bench)
    request.request_id = ids.new_id()

    first = await call(bench, "CreateHead", request)
    second = await call(bench, "CreateHead", request)

    assert first.name == second.name
    await bench.wait(first.name)


async def test_create_head__one_version_at_a_time(bench: Bench) -> None:
    await label(bench, "OK", "dent")
    head = await taught(bench, "CreateHead", new(bench))
    async with bench.parts.stores() as store:
        newest = await store.heads.newest(bench.project.split("/")[1], "cells")
        assert newest is not None
        await store.heads.add(replace(newest, id=ids.new_id(), version=2, state=type(newest.state).RUNNING))
        await store.commit()

    assert head.version == 1
    assert (await refused(bench, "CreateHead", new(bench))).reason == "HEAD_IS_BEING_TAUGHT"


async def test_update_project__another_model_gives_the_verdicts(bench: Bench) -> None:
    await label(bench, "OK", "dent", "OK")
    head = await taught(bench, "CreateHead", new(bench))
    await taught(bench, "UseHead", pb.UseHeadRequest(name=head.name, as_verdict=True))
    changed = project_service_pb2.Project(name=bench.project, model="models/nanodet-coco")
    request = project_service_pb2.UpdateProjectRequest(project=changed)
    request.update_mask.paths.append("model")

    await bench.stub("Project").UpdateProject(request, metadata=bench.who)

    again = await call(bench, "GetHead", pb.GetHeadRequest(name=head.name))
    assert (again.in_use, again.is_verdict) == (True, False)
    assert await found(bench, "label:OK") == 0
