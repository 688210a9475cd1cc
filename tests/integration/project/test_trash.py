"""The trash over the wire: deleting, looking, restoring, purging, and when the time is over."""

from datetime import timedelta
from typing import Any

import grpc
import pytest

from loupe.project.v1 import image_pb2, image_service_pb2, project_service_pb2
from loupe.project.v1 import trash_service_pb2 as pb
from loupe_kit import ids
from loupe_kit.caller import Caller
from loupe_project.use_cases.empty_trash import TrashEmptier
from loupe_project.use_cases.signal import Bell
from tests.integration.project.conftest import Project, eventually, reason_of
from tests.integration.project.test_images import make_result, report


class Trash:
    """What a test does with the trash of a project of Ada's that had four images."""

    def __init__(self, project: Project, name: str, images: list[str]) -> None:
        self.project = project
        self.name = name
        self.images = images
        self.ids = [one.rpartition("/")[2] for one in images]

    def by(self, caller: Caller | None = None) -> Any:
        return self.project.by(caller or self.project.ada)

    async def delete(self, *image_ids: str) -> str:
        """Deletes images; gives the name of the deletion."""
        selector = image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=image_ids))
        operation = await self.project.images.DeleteImages(
            image_service_pb2.DeleteImagesRequest(parent=self.name, selector=selector), metadata=self.by()
        )
        await self.project.finished(operation.name)
        return str(operation.name)

    async def listed(self, **fields: Any) -> pb.ListDeletedImagesResponse:
        request = pb.ListDeletedImagesRequest(parent=self.name, **fields)
        found: pb.ListDeletedImagesResponse = await self.project.trash.ListDeletedImages(request, metadata=self.by())
        return found

    async def restore(self, **selector: Any) -> int:
        request = pb.RestoreImagesRequest(parent=self.name, selector=pb.TrashSelector(**selector))
        operation = await self.project.trash.RestoreImages(request, metadata=self.by())
        response = pb.RestoreImagesResponse()
        assert (await self.project.finished(operation.name)).response.Unpack(response)
        return response.restored_count

    async def purge(self, **selector: Any) -> int:
        request = pb.PurgeImagesRequest(parent=self.name, selector=pb.TrashSelector(**selector))
        operation = await self.project.trash.PurgeImages(request, metadata=self.by())
        response = pb.PurgeImagesResponse()
        assert (await self.project.finished(operation.name)).response.Unpack(response)
        return response.purged_count

    async def total(self) -> int:
        found: project_service_pb2.Project = await self.project.projects.GetProject(
            project_service_pb2.GetProjectRequest(name=self.name), metadata=self.by()
        )
        return found.image_counts.total

    async def objects(self) -> int:
        return len([key async for key in self.project.parts.objects.list("projects/")])


@pytest.fixture
async def trash(project: Project) -> Trash:
    made = await project.make_project()
    return Trash(project, made.name, [await project.add_image(made.name) for _ in range(4)])


async def test_list__who_deleted_what_and_until_when(trash: Trash) -> None:
    deletion = await trash.delete(*trash.ids[:2])
    other = await trash.delete(trash.ids[2])

    first = await trash.listed(page_size=2)
    rest = await trash.listed(page_size=2, page_token=first.next_page_token)

    assert (first.total_size, rest.next_page_token) == (3, "")
    listed = [*first.deleted_images, *rest.deleted_images]
    assert [one.name for one in listed] == [
        f"{trash.name}/deletedImages/{image_id}" for image_id in (trash.ids[2], trash.ids[1], trash.ids[0])
    ]
    one = listed[0]
    assert (one.deletion, one.deleter, one.file_name) == (other, f"users/{trash.project.ada.id}", "cell.png")
    assert one.purge_time.ToDatetime() - one.delete_time.ToDatetime() == timedelta(days=30)
    assert [each.deletion for each in (await trash.listed(deletion=deletion)).deleted_images] == [deletion] * 2


async def test_restore__by_deletion_and_by_ids(trash: Trash) -> None:
    deletion = await trash.delete(*trash.ids[:2])
    await trash.delete(*trash.ids[2:])
    assert await trash.total() == 0

    assert await trash.restore(deletion=deletion) == 2
    assert await trash.restore(images=image_pb2.ImageSelector.Ids(ids=[trash.ids[3]])) == 1

    assert await trash.total() == 3
    assert [one.name.rpartition("/")[2] for one in (await trash.listed()).deleted_images] == [trash.ids[2]]


async def test_purge__bytes_and_features_follow(trash: Trash) -> None:
    await trash.delete(*trash.ids[:3])
    assert await trash.restore(images=image_pb2.ImageSelector.Ids(ids=[trash.ids[2]])) == 1

    assert await trash.purge(all=True) == 2

    async def are_bytes_gone() -> bool:
        return await trash.objects() == 4

    await eventually(are_bytes_gone)
    assert sorted(one for _, some in trash.project.inference.deleted for one in some) == trash.ids[:2]
    assert (await trash.listed()).total_size == 0
    assert await trash.total() == 2


async def test_empty__when_the_time_is_over(trash: Trash) -> None:
    parts = trash.project.parts
    await trash.delete(trash.ids[0])

    assert await TrashEmptier(parts.stores, Bell(), parts.clock, timedelta(days=30)).empty() == 0
    assert await TrashEmptier(parts.stores, parts.removals, parts.clock, timedelta(0)).empty() == 1

    assert (await trash.listed()).total_size == 0


@pytest.mark.parametrize("selector", [pb.TrashSelector(), pb.TrashSelector(all=False)])
async def test_restore__of_nothing_named(trash: Trash, selector: pb.TrashSelector) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await trash.project.trash.RestoreImages(
            pb.RestoreImagesRequest(parent=trash.name, selector=selector), metadata=trash.by()
        )

    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_restore__what_is_not_in_the_trash(trash: Trash) -> None:
    selector = pb.TrashSelector(images=image_pb2.ImageSelector.Ids(ids=[trash.ids[0], ids.new_id()]))

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await trash.project.trash.RestoreImages(
            pb.RestoreImagesRequest(parent=trash.name, selector=selector), metadata=trash.by()
        )

    assert reason_of(refusal.value) == "IMAGE_NOT_FOUND"


async def test_trash__of_somebody_else(trash: Trash) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await trash.project.trash.ListDeletedImages(
            pb.ListDeletedImagesRequest(parent=trash.name), metadata=trash.by(trash.project.bob)
        )

    assert reason_of(refusal.value) == "PROJECT_NOT_FOUND"


async def test_trash__viewer_may_not_look(project: Project) -> None:
    made = await project.make_project(visibility=project_service_pb2.Project.VISIBILITY_ORGANISATION)

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.trash.ListDeletedImages(
            pb.ListDeletedImagesRequest(parent=made.name), metadata=project.by(project.bob)
        )

    assert reason_of(refusal.value) == "EDIT_RIGHT_REQUIRED"


async def test_results__of_an_image_that_is_gone_leave_no_features(trash: Trash) -> None:
    """The worker had it in its hands: its features came after those of the image were removed."""
    gone = trash.ids[0]
    await trash.delete(gone)
    await trash.purge(all=True)

    async def is_removed(times: int) -> bool:
        return sum(gone in some for _, some in trash.project.inference.deleted) >= times

    await eventually(lambda: is_removed(1))

    assert await report(trash.project, make_result(trash.images[0])) == (0, 1)

    trash.project.parts.removals.ring()
    await eventually(lambda: is_removed(2))
