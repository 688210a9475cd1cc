"""The review queue over the wire."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import (
    evaluation_service_pb2,
    image_pb2,
    image_service_pb2,
    label_service_pb2,
    project_service_pb2,
)
from loupe.project.v1 import review_service_pb2 as pb
from loupe_kit import ids
from loupe_kit.caller import Caller
from loupe_kit.testing import make_user
from loupe_project.domain.job import FoundBox
from loupe_project.domain.scope import Scope
from tests.integration.project.conftest import Project, reason_of
from tests.integration.project.quality.answers import find, say

AGREE = pb.ReviewImageRequest.ACTION_AGREE
RELABEL = pb.ReviewImageRequest.ACTION_RELABEL
SKIP = pb.ReviewImageRequest.ACTION_SKIP


async def make_colleague(project: Project, name: str) -> Caller:
    """Somebody who may edit the project."""
    colleague = project.employ(make_user(display_name="Colleague", department_id=ids.new_id()))
    member = project_service_pb2.ProjectMember(
        principal=f"users/{colleague.id}", role=project_service_pb2.PROJECT_ROLE_EDITOR
    )
    await project.projects.UpdateProject(
        project_service_pb2.UpdateProjectRequest(
            project=project_service_pb2.Project(name=name, members=[member]), update_mask=FieldMask(paths=["members"])
        ),
        metadata=project.by(project.ada),
    )
    return colleague


async def take(project: Project, parent: str, caller: Caller | None = None, **fields: Any) -> list[str]:
    request = pb.TakeReviewItemsRequest(parent=parent, **fields)
    taken = await project.reviews.TakeReviewItems(request, metadata=project.by(caller or project.ada))
    return [one.image.name for one in taken.items]


async def review(
    project: Project,
    image: str,
    action: pb.ReviewImageRequest.Action.ValueType,
    caller: Caller | None = None,
    **fields: Any,
) -> pb.ReviewImageResponse:
    request = pb.ReviewImageRequest(name=image, action=action, **fields)
    done: pb.ReviewImageResponse = await project.reviews.ReviewImage(
        request, metadata=project.by(caller or project.ada)
    )
    return done


async def progress(project: Project, parent: str, caller: Caller | None = None, **fields: Any) -> pb.ReviewProgress:
    found: pb.ReviewProgress = await project.reviews.GetReviewProgress(
        pb.GetReviewProgressRequest(parent=parent, **fields), metadata=project.by(caller or project.ada)
    )
    return found


async def test_agree__the_prediction_becomes_the_label(project: Project) -> None:
    made = await project.make_project()
    image = await project.add_image(made.name)
    await say(project, image, "scratch")
    taken = await project.reviews.TakeReviewItems(
        pb.TakeReviewItemsRequest(parent=made.name), metadata=project.by(project.ada)
    )
    (item,) = taken.items

    done = await review(project, image, AGREE, prediction_etag=item.prediction_etag)

    assert [(one.display_name, one.HasField("box")) for one in done.labels] == [("scratch", False)]
    assert done.reviewer == f"users/{project.ada.id}"
    assert done.HasField("review_time")
    assert await take(project, made.name) == []
    found = await project.images.GetImage(
        image_service_pb2.GetImageRequest(name=image), metadata=project.by(project.ada)
    )
    assert found.labels == done.labels


async def test_agree__boxes_of_a_detector_within_the_image_and_sure_enough(project: Project) -> None:
    made = await project.make_project()
    image, empty = await project.add_image(made.name), await project.add_image(made.name)
    await find(project, image, FoundBox("dent", 0.9, 290, 10, 20, 20), FoundBox("dent", 0.2, 5, 5, 5, 5))
    await find(project, empty)

    boxes = (await review(project, image, AGREE, min_confidence=0.5)).labels
    nothing = (await review(project, empty, AGREE)).labels

    assert [(one.display_name, one.box.x, one.box.width) for one in boxes] == [("dent", 290, 10)]
    assert [one.display_name for one in nothing] == ["OK"]


async def test_agree__refused_when_the_prediction_is_another_one_or_missing(project: Project) -> None:
    made = await project.make_project()
    image = await project.add_image(made.name)

    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await review(project, image, AGREE)
    await say(project, image, "scratch")
    with pytest.raises(grpc.aio.AioRpcError) as changed:
        await review(project, image, AGREE, prediction_etag="another")

    assert reason_of(missing.value) == "PREDICTION_MISSING"
    assert reason_of(changed.value) == "PREDICTION_CHANGED"


async def test_relabel__takes_the_place_of_all_labels_and_is_undone_by_saying_it_again(project: Project) -> None:
    made = await project.make_project()
    image = await project.add_image(made.name)
    await say(project, image, "scratch")
    box = image_pb2.BoundingBox(x=1, y=1, width=5, height=5)

    await review(project, image, RELABEL, labels=[image_pb2.Label(display_name="OK")])
    again = await review(project, image, RELABEL, labels=[image_pb2.Label(display_name="dent", box=box)])

    assert [(one.display_name, one.HasField("box")) for one in again.labels] == [("dent", True)]
    found = await project.evaluation.GetImageMatches(
        evaluation_service_pb2.GetImageMatchesRequest(name=image), metadata=project.by(project.ada)
    )
    assert found.verdict == evaluation_service_pb2.ImageMatches.VERDICT_TRUE_NG
    assert [one.label_class for one in found.missed] == ["dent"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"action": RELABEL},
        {"action": AGREE, "labels": [image_pb2.Label(display_name="OK")]},
        {"action": RELABEL, "labels": [image_pb2.Label(display_name="OK"), image_pb2.Label(display_name="NG")]},
        {"action": RELABEL, "labels": [image_pb2.Label(display_name=" ")]},
        {"action": AGREE, "min_confidence": 1.5},
    ],
)
async def test_review__what_makes_no_sense_is_refused(project: Project, fields: dict[str, Any]) -> None:
    made = await project.make_project()
    image = await project.add_image(made.name)

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.reviews.ReviewImage(pb.ReviewImageRequest(name=image, **fields), metadata=project.by(project.ada))

    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_take__two_at_once_never_get_the_same_image(project: Project) -> None:
    made = await project.make_project()
    images = {await project.add_image(made.name) for _ in range(12)}
    reviewers = [project.ada, *[await make_colleague(project, made.name)]]

    taken = await asyncio.gather(*(take(project, made.name, reviewers[number % 2], page_size=3) for number in range(2)))
    both = [set(one) for one in taken]

    assert all(len(one) == 3 for one in both)
    assert not both[0] & both[1]
    assert both[0] | both[1] <= images
    # Who asks again gets what he has, in the same order, before anything else.
    again = await take(project, made.name, reviewers[0], page_size=5)
    assert again[:3] == taken[0]
    assert not set(again) & both[1]


async def test_review__somebody_else_has_the_image(project: Project) -> None:
    made = await project.make_project()
    image = await project.add_image(made.name)
    bob = await make_colleague(project, made.name)
    await take(project, made.name)

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await review(project, image, RELABEL, bob, labels=[image_pb2.Label(display_name="OK")])
    assert (await progress(project, made.name, bob)).taken_count == 1
    await review(project, image, SKIP)
    done = await review(project, image, RELABEL, bob, labels=[image_pb2.Label(display_name="OK")])

    assert reason_of(refusal.value) == "IMAGE_IN_REVIEW"
    assert done.reviewer == f"users/{bob.id}"


async def test_skip__comes_last_for_the_one_who_skipped(project: Project) -> None:
    made = await project.make_project()
    unsure, sure = await project.add_image(made.name), await project.add_image(made.name)
    await say(project, unsure, "scratch", 0.3)
    await say(project, sure, "scratch", 0.9)
    bob = await make_colleague(project, made.name)
    assert await take(project, made.name, page_size=1) == [unsure]

    done = await review(project, unsure, SKIP)

    assert done.reviewer == ""
    assert await take(project, made.name) == [sure, unsure]
    await review(project, unsure, SKIP)
    assert await take(project, made.name, bob) == [unsure]


async def test_progress__reviewed_left_and_mine(project: Project) -> None:
    made = await project.make_project()
    images = [await project.add_image(made.name) for _ in range(4)]
    bob = await make_colleague(project, made.name)
    await review(project, images[0], RELABEL, labels=[image_pb2.Label(display_name="OK")])
    await review(project, images[1], RELABEL, bob, labels=[image_pb2.Label(display_name="OK")])

    found = await progress(project, made.name)

    counts = (found.image_count, found.reviewed_count, found.left_count, found.mine_count)
    assert counts == (4, 2, 2, 1)
    reviewed = await _found(project, made.name, "is:reviewed")
    assert reviewed == set(images[:2])


async def test_take__labels_that_nobody_confirmed_come_on_request_and_disagreements_first(project: Project) -> None:
    made = await project.make_project()
    right, wrong = await project.add_image(made.name), await project.add_image(made.name)
    for image, label, confidence in ((right, "OK", 0.2), (wrong, "NG", 0.9)):
        await say(project, image, "OK", confidence)
        await project.labels.CreateLabel(_class(image, label), metadata=project.by(project.ada))

    assert await take(project, made.name) == []
    taken = await take(project, made.name, include_labelled=True, order=pb.REVIEW_ORDER_DISAGREEMENT)
    assert taken == [wrong, right]


async def test_delete_label__the_last_one_makes_the_image_come_again(project: Project) -> None:
    made = await project.make_project()
    image = await project.add_image(made.name)
    done = await review(project, image, RELABEL, labels=[image_pb2.Label(display_name="OK")])
    assert await take(project, made.name) == []

    await project.labels.DeleteLabel(
        label_service_pb2.DeleteLabelRequest(name=done.labels[0].name), metadata=project.by(project.ada)
    )

    assert await take(project, made.name) == [image]


def _class(image: str, name: str) -> Any:
    return label_service_pb2.CreateLabelRequest(parent=image, label=image_pb2.Label(display_name=name))


async def _found(project: Project, parent: str, query: str) -> set[str]:
    async with project.parts.stores(read_only=True) as store:
        found = await store.projects.get(Scope.of_loupe(), parent.rpartition("/")[2])
        assert found is not None
        return {f"{parent}/images/{one}" for one in await store.search.ids(Scope.of_loupe(), found, query)}
