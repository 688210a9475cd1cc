"""Evaluation and review under rights: what a caller may not see does not exist for him, also in numbers."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import evaluation_service_pb2 as evaluation
from loupe.project.v1 import image_pb2, image_service_pb2, label_service_pb2, project_service_pb2
from loupe.project.v1 import review_service_pb2 as review
from loupe_project.domain.image import NewLabel
from tests.integration.project.conftest import Project, reason_of
from tests.integration.project.quality.answers import say

Call = Callable[[Project, str, str, Any], Any]

READS: dict[str, Call] = {
    "EvaluateModel": lambda p, parent, _, by: p.evaluation.EvaluateModel(
        evaluation.EvaluateModelRequest(parent=parent), metadata=by
    ),
    "GetImageMatches": lambda p, _, image, by: p.evaluation.GetImageMatches(
        evaluation.GetImageMatchesRequest(name=image), metadata=by
    ),
    "GetReviewProgress": lambda p, parent, _, by: p.reviews.GetReviewProgress(
        review.GetReviewProgressRequest(parent=parent), metadata=by
    ),
}
WRITES: dict[str, Call] = {
    "TakeReviewItems": lambda p, parent, _, by: p.reviews.TakeReviewItems(
        review.TakeReviewItemsRequest(parent=parent), metadata=by
    ),
    "ReviewImage": lambda p, _, image, by: p.reviews.ReviewImage(
        review.ReviewImageRequest(name=image, action=review.ReviewImageRequest.ACTION_SKIP), metadata=by
    ),
    "ModifyImageLabels": lambda p, parent, _, by: p.labels.ModifyImageLabels(
        label_service_pb2.ModifyImageLabelsRequest(
            parent=parent, selector=image_pb2.ImageSelector(query=""), display_name="OK"
        ),
        metadata=by,
    ),
    "ImportLabels": lambda p, parent, _, by: p.labels.ImportLabels(
        iter([label_service_pb2.ImportLabelsRequest(parent=parent, file_name="l.csv", content=b"file_name,label\n")]),
        metadata=by,
    ),
}


async def make_world(project: Project) -> tuple[str, str]:
    """A project with one labelled and analysed image."""
    made = await project.make_project()
    image = await project.add_image(made.name, labels=(NewLabel("OK"),))
    await say(project, image, "NG")
    return made.name, image


async def share(project: Project, parent: str) -> None:
    """Bob may look."""
    member = project_service_pb2.ProjectMember(
        principal=f"users/{project.bob.id}", role=project_service_pb2.PROJECT_ROLE_VIEWER
    )
    await project.projects.UpdateProject(
        project_service_pb2.UpdateProjectRequest(
            project=project_service_pb2.Project(name=parent, members=[member]),
            update_mask=FieldMask(paths=["members"]),
        ),
        metadata=project.by(project.ada),
    )


@pytest.mark.parametrize("rpc", [*READS, *WRITES])
async def test_stranger__the_project_does_not_exist(project: Project, rpc: str) -> None:
    parent, image = await make_world(project)

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await (READS | WRITES)[rpc](project, parent, image, project.by(project.bob))

    assert reason_of(refusal.value) == "PROJECT_NOT_FOUND"


@pytest.mark.parametrize("rpc", WRITES)
async def test_viewer__may_not_label(project: Project, rpc: str) -> None:
    parent, image = await make_world(project)
    await share(project, parent)

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await WRITES[rpc](project, parent, image, project.by(project.bob))

    assert reason_of(refusal.value) == "EDIT_RIGHT_REQUIRED"


async def test_viewer__counts_what_he_sees_alone(project: Project) -> None:
    parent, image = await make_world(project)
    hidden = await project.add_image(parent, labels=(NewLabel("OK"),))
    await say(project, hidden, "NG")
    await share(project, parent)
    request = image_service_pb2.ModifyImageAccessRequest(
        parent=parent,
        selector=image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=[hidden.rpartition("/")[2]])),
        mode=image_service_pb2.ImageAccess.MODE_RESTRICTED,
    )
    asked = await project.images.ModifyImageAccess(request, metadata=project.by(project.ada))
    await project.finished(asked.name)

    for caller, count in ((project.ada, 2), (project.bob, 1)):
        by = project.by(caller)
        found = await READS["EvaluateModel"](project, parent, image, by)
        left = await READS["GetReviewProgress"](project, parent, image, by)
        assert (found.image_count, found.verdicts.overkill.count, left.image_count) == (count, count, count)
        assert sum(cell.count for cell in found.classes.cells) == count
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await READS["GetImageMatches"](project, parent, hidden, project.by(project.bob))
    assert reason_of(refusal.value) == "IMAGE_NOT_FOUND"
