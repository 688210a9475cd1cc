"""Between messages and the domain."""

from datetime import UTC, datetime

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.status_pb2 import Status

from loupe.inference.v1 import prediction_pb2
from loupe.project.v1 import image_pb2, project_service_pb2, result_service_pb2
from loupe_kit import ids
from loupe_kit.errors import InvalidArgument
from loupe_project.convert import image, project, result
from loupe_project.convert.values import mask_paths, time_of, timestamp
from loupe_project.domain.image import (
    Box,
    FeatureSource,
    Image,
    ImageDetails,
    ImageState,
    ImageTag,
    Label,
    Origin,
    StoredPrediction,
)
from loupe_project.domain.project import Member, PrincipalKind, ProjectRole, Visibility
from loupe_project.domain.selection import Selection

NOW = datetime(2026, 11, 22, 9, 30, 15, 123456, tzinfo=UTC)
ID = ids.new_id()


def test_timestamp__round_trip() -> None:
    message = timestamp(NOW)

    assert message is not None
    assert time_of(message, "x") == NOW
    assert timestamp(None) is None


def test_time_of__outside_the_calendar() -> None:
    with pytest.raises(InvalidArgument):
        time_of(Timestamp(seconds=10**15), "image.capture_time")


def test_mask_paths__each_once() -> None:
    assert mask_paths(FieldMask(paths=["a", "b.c", "a"]), ("a", "b.*")) == ["a", "b.c"]


@pytest.mark.parametrize("paths", [[], ["x"], ["b"], ["a.x"]])
def test_mask_paths__refused(paths: list[str]) -> None:
    with pytest.raises(InvalidArgument):
        mask_paths(FieldMask(paths=paths), ("a", "b.*"))


def test_image__everything_is_in_the_message() -> None:
    output = prediction_pb2.Prediction(model="m", version="1").SerializeToString()
    row = Image(
        "i", "p", "a.png", "ab", "PNG", 3, 2, 9, "k", "t", ImageState.FAILED, Status(code=3).SerializeToString(),
        NOW, NOW, "users/ada", "b", "grpc",
    )  # fmt: skip
    details = ImageDetails(
        image=row,
        metadata={"line": "L3", "n": 1.5, "ok": True},
        tags=(ImageTag("t", "line:L3", Origin.AUTO, "", NOW),),
        labels=(Label("l", "i", "crack", Box(1, 2, 3, 4), "users/ada", NOW),),
        predictions=(StoredPrediction("m", "1", output, NOW),),
        feature_sources=(FeatureSource("m", "1"), FeatureSource("m", "2"), FeatureSource("uploaded", "mine")),
    )

    message = image.to_message(details)

    assert message.name == "projects/p/images/i"
    assert message.upload_batch == "projects/p/uploadBatches/b"
    assert dict(message.metadata) == {"line": "L3", "n": 1.5, "ok": True}
    assert message.failure.code == 3
    assert list(message.feature_sets) == ["m", "mine"]
    assert message.labels[0].box.width == 3
    assert message.tags[0].tag == "projects/p/tags/t"
    assert message.predictions[0].model == "m"


def test_metadata_of__null_is_left_out() -> None:
    values = Struct()
    values.update({"a": None, "b": "x"})

    assert image.metadata_of(values) == {"b": "x"}


def test_metadata_of__too_many_keys() -> None:
    values = Struct()
    values.update({str(n): n for n in range(201)})

    with pytest.raises(InvalidArgument, match="at most 200"):
        image.metadata_of(values)


def test_selection_of__ids_or_query() -> None:
    chosen = image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=[ID.upper()]))

    assert image.selection_of(chosen) == Selection(ids=(ID,))
    assert image.selection_of(image_pb2.ImageSelector(query="")) == Selection(query="")


@pytest.mark.parametrize(
    "selector",
    [
        image_pb2.ImageSelector(),
        image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids()),
        image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=["x"])),
        image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=[ID] * 100_001)),
    ],
)
def test_selection_of__refused(selector: image_pb2.ImageSelector) -> None:
    with pytest.raises(InvalidArgument):
        image.selection_of(selector)


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_label_of__bad_class(name: str) -> None:
    with pytest.raises(InvalidArgument):
        image.label_of(image_pb2.Label(display_name=name))


def test_members_of__users_and_departments() -> None:
    message = project_service_pb2.Project(
        members=[
            project_service_pb2.ProjectMember(principal=f"users/{ID}", role=project_service_pb2.PROJECT_ROLE_EDITOR),
            project_service_pb2.ProjectMember(
                principal=f"departments/{ID}", role=project_service_pb2.PROJECT_ROLE_VIEWER
            ),
        ]
    )

    assert project.members_of(message) == (
        Member(PrincipalKind.USER, ID, ProjectRole.EDITOR),
        Member(PrincipalKind.DEPARTMENT, ID, ProjectRole.VIEWER),
    )


def test_members_of__comes_twice() -> None:
    one = project_service_pb2.ProjectMember(principal=f"users/{ID}", role=project_service_pb2.PROJECT_ROLE_EDITOR)

    with pytest.raises(InvalidArgument, match="twice"):
        project.members_of(project_service_pb2.Project(members=[one, one]))


def test_visibility_of__not_given_is_private() -> None:
    assert project.visibility_of(project_service_pb2.Project()) is Visibility.PRIVATE


def test_visibility_of__unknown_value() -> None:
    message = project_service_pb2.Project.FromString(b"\x30\x63")

    with pytest.raises(InvalidArgument):
        project.visibility_of(message)


def test_result__boxes_and_the_surest_first() -> None:
    boxes = [
        prediction_pb2.Box(label="crack", confidence=0.5, x=1, y=2, width=3, height=4),
        prediction_pb2.Box(label="pore", confidence=0.25, width=1, height=1),
    ]
    prediction = prediction_pb2.Prediction(boxes=prediction_pb2.Boxes(boxes=boxes))

    found = result.of_message(result_service_pb2.ImageResult(prediction=prediction, attempt=2), "results[0]")

    assert (found.task, found.label, found.confidence, found.attempt) == ("detection", "crack", 0.5, 2)
    assert [one.label for one in found.boxes] == ["crack", "pore"]


def test_result__no_boxes() -> None:
    prediction = prediction_pb2.Prediction(boxes=prediction_pb2.Boxes())

    found = result.of_message(result_service_pb2.ImageResult(prediction=prediction), "results[0]")

    assert (found.task, found.label, found.output) == ("detection", None, prediction.SerializeToString())


def test_result__says_nothing() -> None:
    with pytest.raises(InvalidArgument, match=r"results\[3\]"):
        result.of_message(result_service_pb2.ImageResult(), "results[3]")
