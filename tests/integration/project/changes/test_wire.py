"""Changing many images, undoing and histories over the wire, and who may."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import (
    history_service_pb2,
    history_service_pb2_grpc,
    image_pb2,
    image_service_pb2,
    metadata_service_pb2,
    metadata_service_pb2_grpc,
    operation_service_pb2,
    project_service_pb2,
    search_service_pb2,
    search_service_pb2_grpc,
    tag_service_pb2,
)
from loupe_kit import ids
from loupe_kit.caller import Caller
from tests.integration.project.conftest import Project, reason_of

EVERY = image_pb2.ImageSelector(query="")


class World:
    """A project of Ada that Bob views, and stubs."""

    def __init__(self, project: Project, name: str) -> None:
        self.project = project
        self.name = name
        self.metadata = metadata_service_pb2_grpc.MetadataServiceStub(project.server.channel)
        self.history = history_service_pb2_grpc.HistoryServiceStub(project.server.channel)

    async def share(self, role: project_service_pb2.ProjectRole.ValueType) -> None:
        """Let Bob in."""
        member = project_service_pb2.ProjectMember(principal=f"users/{self.project.bob.id}", role=role)
        changed = project_service_pb2.Project(name=self.name, members=[member])
        await self.project.projects.UpdateProject(
            project_service_pb2.UpdateProjectRequest(project=changed, update_mask=FieldMask(paths=["members"])),
            metadata=self.project.by(self.project.ada),
        )

    async def tag(self, *texts: str, caller: Caller | None = None, **more: Any) -> Any:
        """Put tags on all images."""
        request = tag_service_pb2.ModifyImageTagsRequest(parent=self.name, selector=EVERY, add=texts, **more)
        by = self.project.by(caller or self.project.ada)
        return await self.project.finished((await self.project.tags.ModifyImageTags(request, metadata=by)).name, caller)

    async def undo(self, name: str, caller: Caller | None = None, **more: Any) -> Any:
        """Undo an operation; the finished one."""
        request = operation_service_pb2.UndoOperationRequest(name=name, **more)
        by = self.project.by(caller or self.project.ada)
        return await self.project.finished(
            (await self.project.operations.UndoOperation(request, metadata=by)).name, caller
        )

    async def lines(self, image: str, caller: Caller | None = None, **more: Any) -> Any:
        """A page of the history of an image."""
        request = history_service_pb2.ListImageHistoryRequest(parent=image, **more)
        return await self.history.ListImageHistory(request, metadata=self.project.by(caller or self.project.ada))


@pytest.fixture
async def world(project: Project) -> World:
    return World(project, (await project.make_project()).name)


def unpacked(operation: Any, into: Any) -> Any:
    assert not operation.HasField("error"), operation.error
    assert operation.response.Unpack(into)
    return into


async def test_undo__over_the_wire(world: World) -> None:
    image = await world.project.add_image(world.name, tags=("old",))
    done = await world.tag("new")
    request_id = ids.new_id()

    undone = await world.undo(done.name, request_id=request_id)
    again = await world.undo(done.name, request_id=request_id)

    answer = unpacked(undone, operation_service_pb2.UndoOperationResponse())
    assert (answer.image_count, answer.reverted_count, answer.kept_count) == (1, 1, 0)
    assert again.name == undone.name
    lines = (await world.lines(image)).lines
    kind = history_service_pb2.HistoryLine
    assert [(one.fact, one.subject, one.kind) for one in lines] == [
        (kind.FACT_TAG, "new", "UNDO_OPERATION"),
        (kind.FACT_TAG, "new", "MODIFY_IMAGE_TAGS"),
    ]
    assert (lines[0].old_value.string_value, lines[0].HasField("new_value")) == ("new", False)
    assert (lines[1].operation, lines[1].creator) == (done.name, f"users/{world.project.ada.id}")


async def test_search__follows_bulk_changes_at_once(world: World) -> None:
    searches = search_service_pb2_grpc.SearchServiceStub(world.project.server.channel)
    by = world.project.by(world.project.ada)
    for _ in range(3):
        await world.project.add_image(world.name, metadata={"line": "L1"})

    async def count(query: str) -> int:
        request = search_service_pb2.SearchImagesRequest(parent=world.name, query=query)
        return int((await searches.SearchImages(request, metadata=by)).total_size)

    assert (await count("tag:new"), await count("line:L2")) == (0, 0)
    tagged = await world.tag("new")
    request = metadata_service_pb2.ModifyImageMetadataRequest(parent=world.name, selector=EVERY)
    request.set.update({"line": "L2"})
    changed = (await world.metadata.ModifyImageMetadata(request, metadata=by)).name
    await world.project.finished(changed)
    assert (await count("tag:new"), await count("line:L2"), await count('tag:"line:L2"')) == (3, 3, 3)
    await world.undo(tagged.name)
    await world.undo(changed)
    assert (await count("tag:new"), await count("line:L2"), await count('tag:"line:L1"')) == (0, 0, 3)


async def test_undo__of_somebody_else(world: World) -> None:
    await world.project.add_image(world.name)
    bob = world.project.bob
    done = await world.tag("new")
    expected = [
        (project_service_pb2.PROJECT_ROLE_VIEWER, "EDIT_RIGHT_REQUIRED"),
        (project_service_pb2.PROJECT_ROLE_EDITOR, "OPERATION_NOT_FOUND"),
    ]
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.undo(done.name, bob)
    assert reason_of(refusal.value) == "PROJECT_NOT_FOUND"
    for role, reason in expected:
        await world.share(role)
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await world.undo(done.name, bob)
        assert reason_of(refusal.value) == reason

    by_bob = await world.tag("bob's", caller=bob)
    # The owner may take back what an editor did.
    undone = unpacked(await world.undo(by_bob.name), operation_service_pb2.UndoOperationResponse())
    assert undone.reverted_count == 1


async def test_history__is_there_for_who_sees_the_image(world: World) -> None:
    image = await world.project.add_image(world.name)
    hidden = await world.project.add_image(world.name)
    by, bob = world.project.by(world.project.ada), world.project.bob
    await world.share(project_service_pb2.PROJECT_ROLE_VIEWER)
    narrow = image_service_pb2.ModifyImageAccessRequest(
        parent=world.name,
        selector=image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=[hidden.rpartition("/")[2]])),
        mode=image_service_pb2.ImageAccess.MODE_RESTRICTED,
    )
    operation = await world.project.images.ModifyImageAccess(narrow, metadata=by)
    await world.project.finished(operation.name)
    await world.tag("new")

    assert [one.subject for one in (await world.lines(image, bob)).lines] == ["new"]
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.lines(hidden, bob)
    assert reason_of(refusal.value) == "IMAGE_NOT_FOUND"
    kind = history_service_pb2.HistoryLine
    assert [one.fact for one in (await world.lines(hidden)).lines] == [kind.FACT_TAG, kind.FACT_ACCESS]
    await world.share(project_service_pb2.PROJECT_ROLE_EDITOR)
    assert [one.fact for one in (await world.lines(hidden, bob)).lines] == [kind.FACT_TAG]
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.undo(operation.name)
    assert reason_of(refusal.value) == "OPERATION_NOT_UNDOABLE"


async def test_history__pages(world: World) -> None:
    image = await world.project.add_image(world.name)
    for text in ("a", "b", "c"):
        await world.tag(text)

    first = await world.lines(image, page_size=2)
    rest = await world.lines(image, page_size=2, page_token=first.next_page_token)

    assert [one.subject for one in (*first.lines, *rest.lines)] == ["c", "b", "a"]
    assert rest.next_page_token == ""


async def test_merge__over_the_wire(world: World) -> None:
    await world.project.add_image(world.name, tags=("scratch", "kratzer"))
    by = world.project.by(world.project.ada)
    listed = await world.project.tags.ListTags(tag_service_pb2.ListTagsRequest(parent=world.name), metadata=by)
    names = {one.display_name: one.name for one in listed.tags}

    request = tag_service_pb2.MergeTagsRequest(name=names["scratch"], sources=[names["kratzer"]])
    done = await world.project.tags.MergeTags(request, metadata=by)
    answer = unpacked(await world.project.finished(done.name), tag_service_pb2.MergeTagsResponse())
    assert (answer.image_count, answer.added_count) == (1, 0)

    elsewhere = (await world.project.make_project()).name
    automatic = next(name for text, name in names.items() if text.startswith("source:"))
    for sources, reason in (
        ([automatic], "TAG_IS_AUTOMATIC"),
        ([names["kratzer"]], "TAG_NOT_FOUND"),
        ([f"{elsewhere}/tags/{ids.new_id()}"], "TAG_NOT_FOUND"),
        ([names["scratch"]], "INVALID_ARGUMENT"),
        ([], "INVALID_ARGUMENT"),
    ):
        request = tag_service_pb2.MergeTagsRequest(name=names["scratch"], sources=sources)
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await world.project.tags.MergeTags(request, metadata=by)
        assert reason_of(refusal.value) == reason


async def test_metadata__over_the_wire(world: World) -> None:
    image = await world.project.add_image(world.name, metadata={"line": "L1", "t": 20.0, "when": "2026-11-22"})
    await world.project.add_image(world.name, metadata={"T": "warm"})
    by = world.project.by(world.project.ada)

    request = metadata_service_pb2.ModifyImageMetadataRequest(parent=world.name, selector=EVERY, remove=["when"])
    request.set.update({"line": "L2", "ok": True})
    asked = await world.metadata.ModifyImageMetadata(request, metadata=by)
    answer = metadata_service_pb2.ModifyImageMetadataResponse()
    changed = unpacked(await world.project.finished(asked.name), answer)
    table = metadata_service_pb2.ImportMetadataRequest(
        parent=world.name, content=b"file_name,lot\nnowhere.png,1\n", file_name="late.csv"
    )
    sent = await world.metadata.ImportMetadata(iter([table]), metadata=by)
    report = unpacked(await world.project.finished(sent.name), metadata_service_pb2.ImportMetadataResponse())
    listed = metadata_service_pb2.ListMetadataKeysRequest(parent=world.name, page_size=2)
    first = await world.metadata.ListMetadataKeys(listed, metadata=by)
    listed.page_token = first.next_page_token
    rest = await world.metadata.ListMetadataKeys(listed, metadata=by)

    assert (changed.image_count, changed.changed_count) == (2, 2)
    assert (report.applied, report.refused_count) == (False, 1)
    assert "nowhere.png" in report.faults[0].status.message
    kind = metadata_service_pb2.MetadataKey
    found = {one.key.lower(): (sorted(one.types), one.image_count) for one in (*first.keys, *rest.keys)}
    assert found == {
        "line": ([kind.TYPE_TEXT], 2),
        "ok": ([kind.TYPE_TRUTH], 2),
        "t": ([kind.TYPE_TEXT, kind.TYPE_NUMBER], 2),
    }
    read = await world.project.images.GetImage(image_service_pb2.GetImageRequest(name=image), metadata=by)
    assert dict(read.metadata.items()) == {"line": "L2", "t": 20.0, "ok": True}


@pytest.mark.parametrize("value", [None, ["a"], {"a": 1.0}, float("nan"), "x" * 2001])
async def test_metadata__of_no_type(world: World, value: Any) -> None:
    request = metadata_service_pb2.ModifyImageMetadataRequest(parent=world.name, selector=EVERY)
    request.set.update({"key": value})

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await world.metadata.ModifyImageMetadata(request, metadata=world.project.by(world.project.ada))

    assert reason_of(refusal.value) == "INVALID_ARGUMENT"
    assert "key" in (refusal.value.details() or "")
