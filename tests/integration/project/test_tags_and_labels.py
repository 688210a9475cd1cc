"""Tags and labels over the wire."""

import math
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import image_pb2, image_service_pb2, label_service_pb2, tag_service_pb2
from tests.integration.project.conftest import Project, reason_of


async def test_tag__life(project: Project) -> None:
    made = await project.make_project()
    by = project.by(project.ada)

    tag = await project.tags.CreateTag(
        tag_service_pb2.CreateTagRequest(
            parent=made.name, tag=tag_service_pb2.Tag(display_name=" Scratch ", color="#FF8800")
        ),
        metadata=by,
    )
    renamed = await project.tags.UpdateTag(
        tag_service_pb2.UpdateTagRequest(
            tag=tag_service_pb2.Tag(name=tag.name, display_name="dent"), update_mask=FieldMask(paths=["display_name"])
        ),
        metadata=by,
    )
    found = await project.tags.GetTag(tag_service_pb2.GetTagRequest(name=tag.name), metadata=by)
    await project.tags.DeleteTag(tag_service_pb2.DeleteTagRequest(name=tag.name), metadata=by)

    assert (tag.display_name, tag.color, tag.creator) == ("Scratch", "#ff8800", f"users/{project.ada.id}")
    assert found == renamed
    assert (renamed.display_name, renamed.color) == ("dent", "#ff8800")
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.tags.GetTag(tag_service_pb2.GetTagRequest(name=tag.name), metadata=by)
    assert reason_of(refusal.value) == "TAG_NOT_FOUND"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"display_name": "TRAIN"}, "TAG_NAME_TAKEN"),
        ({"display_name": "Month:2026-11"}, "TAG_IS_AUTOMATIC"),
        ({"display_name": " "}, "INVALID_ARGUMENT"),
        ({"display_name": "x" * 101}, "INVALID_ARGUMENT"),
        ({"display_name": "x", "color": "red"}, "INVALID_ARGUMENT"),
    ],
)
async def test_create_tag__refused(project: Project, fields: dict[str, Any], reason: str) -> None:
    made = await project.make_project()
    await project.add_image(made.name, tags=("train",))

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.tags.CreateTag(
            tag_service_pb2.CreateTagRequest(parent=made.name, tag=tag_service_pb2.Tag(**fields)),
            metadata=project.by(project.ada),
        )

    assert reason_of(refusal.value) == reason


async def test_automatic_tag__is_recoloured_only(project: Project) -> None:
    made = await project.make_project()
    await project.add_image(made.name)
    by = project.by(project.ada)
    listed = await project.tags.ListTags(
        tag_service_pb2.ListTagsRequest(parent=made.name, filter="SOURCE"), metadata=by
    )
    (tag,) = listed.tags

    colour = tag_service_pb2.Tag(name=tag.name, color="#000000")
    recoloured = await project.tags.UpdateTag(
        tag_service_pb2.UpdateTagRequest(tag=colour, update_mask=FieldMask(paths=["color"])), metadata=by
    )
    assert (recoloured.color, recoloured.image_count) == ("#000000", 1)
    rename = tag_service_pb2.UpdateTagRequest(
        tag=tag_service_pb2.Tag(name=tag.name, display_name="x"), update_mask=FieldMask(paths=["display_name"])
    )
    for call in (
        project.tags.UpdateTag(rename, metadata=by),
        project.tags.DeleteTag(tag_service_pb2.DeleteTagRequest(name=tag.name), metadata=by),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await call
        assert reason_of(refusal.value) == "TAG_IS_AUTOMATIC"


async def test_list_tags__pages(project: Project) -> None:
    made = await project.make_project()
    await project.add_image(made.name, tags=("a", "b", "c"))
    names: list[str] = []
    token = ""
    while True:
        page = await project.tags.ListTags(
            tag_service_pb2.ListTagsRequest(parent=made.name, page_size=2, page_token=token),
            metadata=project.by(project.ada),
        )
        names += [one.display_name for one in page.tags]
        token = page.next_page_token
        if not token:
            break

    assert names[:3] == ["a", "b", "c"]
    assert len(names) == len(set(names)) == 5


async def test_modify_image_tags__small_selection_is_done_at_once(project: Project) -> None:
    made = await project.make_project()
    images = [await project.add_image(made.name, tags=("old",)) for _ in range(3)]

    operation = await project.tags.ModifyImageTags(
        tag_service_pb2.ModifyImageTagsRequest(
            parent=made.name, selector=image_pb2.ImageSelector(query=""), add=["new", "old"], remove=["old", "never"]
        ),
        metadata=project.by(project.ada),
    )

    response = tag_service_pb2.ModifyImageTagsResponse()
    assert operation.done
    assert operation.response.Unpack(response)
    assert (response.image_count, response.added_count, response.removed_count) == (3, 3, 3)
    found = await project.images.GetImage(
        image_service_pb2.GetImageRequest(name=images[0]), metadata=project.by(project.ada)
    )
    assert [one.display_name for one in found.tags if one.origin == image_pb2.TAG_ORIGIN_USER] == ["new"]


@pytest.mark.parametrize(
    ("add", "remove", "reason"),
    [
        ([], [], "INVALID_ARGUMENT"),
        (["line:L1"], [], "TAG_IS_AUTOMATIC"),
        ([], ["month:2026-11"], "TAG_IS_AUTOMATIC"),
        (["x"] * 101, [], "INVALID_ARGUMENT"),
    ],
)
async def test_modify_image_tags__refused(project: Project, add: list[str], remove: list[str], reason: str) -> None:
    made = await project.make_project()

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.tags.ModifyImageTags(
            tag_service_pb2.ModifyImageTagsRequest(
                parent=made.name, selector=image_pb2.ImageSelector(query=""), add=add, remove=remove
            ),
            metadata=project.by(project.ada),
        )

    assert reason_of(refusal.value) == reason


async def test_label__life(project: Project) -> None:
    made = await project.make_project()
    image = await project.add_image(made.name)
    box = image_pb2.BoundingBox(x=0, y=150, width=300, height=50)

    await _label(project, image, image_pb2.Label(display_name="OK"))
    kept = await _label(project, image, image_pb2.Label(display_name="NG"))
    boxed = await _label(project, image, image_pb2.Label(display_name="crack", box=box))
    listed = await project.labels.ListLabels(
        label_service_pb2.ListLabelsRequest(parent=image), metadata=project.by(project.ada)
    )
    await project.labels.DeleteLabel(
        label_service_pb2.DeleteLabelRequest(name=boxed.name), metadata=project.by(project.ada)
    )

    assert list(listed.labels) == [kept, boxed]
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.labels.DeleteLabel(
            label_service_pb2.DeleteLabelRequest(name=boxed.name), metadata=project.by(project.ada)
        )
    assert reason_of(refusal.value) == "LABEL_NOT_FOUND"


@pytest.mark.parametrize(
    "box",
    [(-1, 0, 5, 5), (0, 0, 301, 5), (0, 190, 5, 20), (0, 0, 0, 5), (math.nan, 0, 5, 5), (0, 0, math.inf, 5)],
)
async def test_create_label__box_leaves_the_image(project: Project, box: tuple[float, ...]) -> None:
    image = await project.add_image((await project.make_project()).name)
    x, y, width, height = box

    label = image_pb2.Label(display_name="x", box=image_pb2.BoundingBox(x=x, y=y, width=width, height=height))

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await _label(project, image, label)

    assert reason_of(refusal.value) == "BOX_OUTSIDE_IMAGE"


async def _label(project: Project, image: str, label: image_pb2.Label) -> image_pb2.Label:
    given: image_pb2.Label = await project.labels.CreateLabel(
        label_service_pb2.CreateLabelRequest(parent=image, label=label), metadata=project.by(project.ada)
    )
    return given
