"""Copying and moving images over the wire: rights in both projects, shared bytes, breaks in the middle."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import grpc
import pytest

from loupe.project.v1 import (
    image_pb2,
    image_service_pb2,
    operation_service_pb2,
    project_service_pb2,
    trash_service_pb2,
)
from loupe_kit.caller import Caller
from loupe_kit.errors import Unavailable
from loupe_project.convert import work
from loupe_project.domain.copying import CopyWish
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Scope
from loupe_project.ports.operations import OperationRepository
from loupe_project.use_cases import copy_images, image_jobs
from loupe_project.use_cases.copy_images import CopyImages
from loupe_project.use_cases.signal import Bell
from tests.integration.project.conftest import MODEL, Project, eventually, reason_of
from tests.integration.project.test_images import get, make_result, report

EVERYTHING = image_pb2.ImageSelector(query="")


def by_ids(*images: str) -> image_pb2.ImageSelector:
    return image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=[one.rpartition("/")[2] for one in images]))


async def copy(
    project: Project, source: str, target: str, selector: image_pb2.ImageSelector = EVERYTHING, **fields: Any
) -> image_service_pb2.CopyImagesResponse:
    request = image_service_pb2.CopyImagesRequest(parent=source, selector=selector, destination=target, **fields)
    operation = await project.images.CopyImages(request, metadata=project.by(project.ada))
    response = image_service_pb2.CopyImagesResponse()
    done = await project.finished(operation.name)
    assert done.response.Unpack(response), done
    return response


async def refusal(
    project: Project, source: str, target: str, caller: Caller, selector: Any = EVERYTHING, **fields: Any
) -> str:
    request = image_service_pb2.CopyImagesRequest(parent=source, selector=selector, destination=target, **fields)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await project.images.CopyImages(request, metadata=project.by(caller))
    return reason_of(refused.value)


async def total(project: Project, name: str) -> int:
    request = project_service_pb2.GetProjectRequest(name=name)
    found: project_service_pb2.Project = await project.projects.GetProject(request, metadata=project.by(project.ada))
    return found.image_counts.total


async def only_image(project: Project, name: str) -> str:
    """Name of the one image of a project."""
    project_id = name.rpartition("/")[2]
    async with project.parts.stores(read_only=True) as store:
        found = await store.projects.get(Scope.of_loupe(), project_id)
        assert found is not None
        (image_id,) = await store.search.ids(Scope.of_loupe(), found, "")
    return f"{name}/images/{image_id}"


async def bytes_of(project: Project, image: str) -> bytes:
    stream = project.images.DownloadImage(
        image_service_pb2.DownloadImageRequest(name=image), metadata=project.by(project.ada)
    )
    return b"".join([piece.data async for piece in stream])


async def test_copy__answers_and_features_of_the_same_model_come_along(project: Project) -> None:
    source, target = await project.make_project(), await project.make_project()
    image = await project.add_image(source.name, b"pixels")
    await project.claim_tasks(1)
    await report(project, make_result(image))

    response = await copy(project, source.name, target.name)

    assert (response.copied_count, response.duplicate_count, response.pending_count) == (1, 0, 0)
    made = await only_image(project, target.name)
    found = await get(project, made)
    assert found.predictions[0].class_scores.scores[0].label == "Scratch"
    assert list(found.feature_sets) == [MODEL]
    assert project.inference.copied == [
        (MODEL, "1", [image.rpartition("/")[2]], [made.rpartition("/")[2]], target.name.rpartition("/")[2])
    ]


async def test_copy__what_has_no_answer_is_analysed(project: Project) -> None:
    source, target = await project.make_project(), await project.make_project()
    await project.add_image(source.name)
    await project.claim_tasks(1)

    response = await copy(project, source.name, target.name)

    assert response.pending_count == 1
    made = await only_image(project, target.name)
    (task,) = await project.claim_tasks(1)
    assert await project.parts.objects.read(task.object_key) == b"bytes"
    assert await report(project, make_result(made)) == (1, 0)
    assert (await get(project, made)).state == image_pb2.Image.STATE_ANALYSED


async def test_copy__twice_is_once(project: Project) -> None:
    source, target = await project.make_project(), await project.make_project()
    for _ in range(3):
        await project.add_image(source.name)

    first = await copy(project, source.name, target.name)
    again = await copy(project, source.name, target.name)

    assert (first.copied_count, first.duplicate_count) == (3, 0)
    assert (again.copied_count, again.duplicate_count) == (0, 3)
    assert await total(project, target.name) == 3


async def test_copy__bytes_stay_until_both_are_gone(project: Project) -> None:
    source, target = await project.make_project(), await project.make_project()
    image = await project.add_image(source.name, b"pixels")
    await copy(project, source.name, target.name)
    made = await only_image(project, target.name)

    async def purge(name: str, one: str) -> None:
        deletion = await project.images.DeleteImages(
            image_service_pb2.DeleteImagesRequest(parent=name, selector=by_ids(one)),
            metadata=project.by(project.ada),
        )
        await project.finished(deletion.name)
        operation = await project.trash.PurgeImages(
            trash_service_pb2.PurgeImagesRequest(
                parent=name, selector=trash_service_pb2.TrashSelector(deletion=deletion.name)
            ),
            metadata=project.by(project.ada),
        )
        await project.finished(operation.name)

    async def are_leftovers_gone() -> bool:
        async with project.parts.stores(read_only=True) as store:
            return not await store.removals.oldest(1)

    await purge(source.name, image)
    await eventually(are_leftovers_gone)
    assert await bytes_of(project, made) == b"pixels"

    await purge(target.name, made)
    await eventually(are_leftovers_gone)
    assert [key async for key in project.parts.objects.list("projects/")] == []


async def test_copy__outlives_the_project_it_came_from(project: Project) -> None:
    source, target = await project.make_project(), await project.make_project()
    await project.add_image(source.name, b"pixels")
    await copy(project, source.name, target.name)

    await project.projects.DeleteProject(
        project_service_pb2.DeleteProjectRequest(name=source.name), metadata=project.by(project.ada)
    )

    async def are_leftovers_gone() -> bool:
        async with project.parts.stores(read_only=True) as store:
            return not await store.removals.oldest(1)

    await eventually(are_leftovers_gone)
    assert await bytes_of(project, await only_image(project, target.name)) == b"pixels"


async def test_move__into_the_trash_here_and_back_by_undo(project: Project) -> None:
    source, target = await project.make_project(), await project.make_project()
    images = [await project.add_image(source.name) for _ in range(2)]

    request = image_service_pb2.CopyImagesRequest(
        parent=source.name, selector=by_ids(images[0]), destination=target.name, move=True
    )
    moved = await project.images.CopyImages(request, metadata=project.by(project.ada))
    await project.finished(moved.name)
    assert (await total(project, source.name), await total(project, target.name)) == (1, 1)

    undone = await project.operations.UndoOperation(
        operation_service_pb2.UndoOperationRequest(name=moved.name), metadata=project.by(project.ada)
    )
    await project.finished(undone.name)
    assert (await total(project, source.name), await total(project, target.name)) == (2, 1)


async def test_copy__comes_out_of_the_trash_there(project: Project) -> None:
    source, target = await project.make_project(), await project.make_project()
    await project.add_image(source.name)
    await copy(project, source.name, target.name)
    made = await only_image(project, target.name)
    deletion = await project.images.DeleteImages(
        image_service_pb2.DeleteImagesRequest(parent=target.name, selector=EVERYTHING),
        metadata=project.by(project.ada),
    )
    await project.finished(deletion.name)

    response = await copy(project, source.name, target.name)

    assert (response.copied_count, response.duplicate_count, response.restored_count) == (0, 1, 1)
    assert await only_image(project, target.name) == made


async def test_copy__rights_in_both_projects(project: Project) -> None:
    opened = project_service_pb2.Project.VISIBILITY_ORGANISATION
    mine, shown = await project.make_project(), await project.make_project(visibility=opened)
    bobs = await project.make_project(project.bob)
    image = await project.add_image(mine.name)

    assert await refusal(project, mine.name, bobs.name, project.bob) == "PROJECT_NOT_FOUND"
    assert await refusal(project, shown.name, bobs.name, project.ada) == "PROJECT_NOT_FOUND"
    assert await refusal(project, bobs.name, shown.name, project.bob) == "EDIT_RIGHT_REQUIRED"
    assert await refusal(project, shown.name, bobs.name, project.bob, move=True) == "EDIT_RIGHT_REQUIRED"
    assert await refusal(project, shown.name, bobs.name, project.bob, by_ids(image)) == "IMAGE_NOT_FOUND"
    assert await refusal(project, bobs.name, bobs.name, project.bob) == "INVALID_ARGUMENT"


class BreakingCopier:
    """Copies features until it breaks."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.copies: dict[str, str] = {}

    async def copy(self, project_id: str, source: FeatureSource, copies: Mapping[str, str]) -> bool:
        if not self.calls:
            raise Unavailable("inference does not answer")
        self.calls -= 1
        self.copies |= copies
        return True


class KeptProgress:
    """Keeps the checkpoint as the runner does, without a lease."""

    def __init__(self) -> None:
        self.checkpoint = b""

    async def report(self, **news: Any) -> None:
        return None

    async def save_checkpoint(self, checkpoint: bytes) -> None:
        self.checkpoint = checkpoint

    async def checkpoint_with(self, operations: OperationRepository, checkpoint: bytes) -> None:
        self.checkpoint = checkpoint


async def test_copy__goes_on_after_a_break(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy_images, "_PIECE", 2)
    source, target = await project.make_project(), await project.make_project()
    images = [await project.add_image(source.name) for _ in range(5)]
    await project.claim_tasks(5)
    await report(project, *map(make_result, images))
    operation = _operation(project, source.name, target.name, [one.rpartition("/")[2] for one in images])
    progress, first, second = KeptProgress(), BreakingCopier(2), BreakingCopier(9)

    with pytest.raises(Unavailable):
        await _handler(project, first).run(operation, progress, asyncio.Event())
    assert await total(project, target.name) == 4
    response = await _handler(project, second).run(
        replace(operation, checkpoint=progress.checkpoint), progress, asyncio.Event()
    )

    assert isinstance(response, image_service_pb2.CopyImagesResponse)
    assert (response.copied_count, response.duplicate_count) == (5, 0)
    assert await total(project, target.name) == 5
    assert len(first.copies | second.copies) == 5
    # The copies have the ids that the features were copied to.
    target_id = target.name.rpartition("/")[2]
    async with project.parts.stores(read_only=True) as store:
        made = set((first.copies | second.copies).values())
        assert await store.images.existing(Scope.of_loupe(), target_id, sorted(made)) == made


def _operation(project: Project, source: str, target: str, image_ids: list[str]) -> Operation:
    scope = Scope(user_id=project.ada.id, principal=f"users/{project.ada.id}")
    wish = CopyWish(target.rpartition("/")[2], moves=False).to_bytes()
    now = project.parts.clock.now()
    return image_jobs.new_operation(scope, source.rpartition("/")[2], OperationKind.COPY_IMAGES, image_ids, now, wish)


def _handler(project: Project, copier: BreakingCopier) -> CopyImages:
    parts = project.parts
    return CopyImages(parts.stores, copier, parts.features, Bell(), work.copied, parts.clock)
