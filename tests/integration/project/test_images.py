"""Images over the wire: analysis, changes, bytes, long work."""

from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc.status_pb2 import Status

from loupe.inference.v1 import prediction_pb2
from loupe.project.v1 import image_pb2, image_service_pb2, project_service_pb2, result_service_pb2
from loupe_kit import ids
from loupe_kit.caller import Caller
from tests.integration.project.conftest import INFERENCE, MODEL, Project, reason_of

CHUNK = 1 << 20


def make_result(image: str, attempt: int = 1, label: str = "Scratch") -> result_service_pb2.ImageResult:
    _, project_id, _, image_id = image.split("/")
    scores = [prediction_pb2.ClassScore(label=label, index=3, confidence=0.75)]
    prediction = prediction_pb2.Prediction(
        model=MODEL, version="1", class_scores=prediction_pb2.ClassScores(scores=scores)
    )
    return result_service_pb2.ImageResult(
        project_id=project_id,
        image_id=image_id,
        model=MODEL,
        version="1",
        attempt=attempt,
        prediction=prediction,
        feature_dimension=1280,
    )


async def report(project: Project, *results: result_service_pb2.ImageResult) -> tuple[int, int]:
    answer = await project.results.ReportResults(
        result_service_pb2.ReportResultsRequest(results=results), metadata=project.by(INFERENCE)
    )
    return answer.stored_count, answer.stale_count


async def get(project: Project, name: str, caller: Caller | None = None) -> image_pb2.Image:
    found: image_pb2.Image = await project.images.GetImage(
        image_service_pb2.GetImageRequest(name=name), metadata=project.by(caller or project.ada)
    )
    return found


async def test_analysis__from_the_job_to_the_answer(project: Project) -> None:
    made = await project.make_project()
    image = await project.add_image(made.name, metadata={"line": "L3"})

    (task,) = await project.claim_tasks(1)
    assert (task.model, task.version, task.attempt, task.size_bytes) == (MODEL, "1", 1, 5)
    assert await report(project, make_result(image)) == (1, 0)
    assert await report(project, make_result(image)) == (0, 1)

    found = await get(project, image)
    assert found.state == image_pb2.Image.STATE_ANALYSED
    assert found.predictions[0].class_scores.scores[0].label == "Scratch"
    assert list(found.feature_sets) == [MODEL]
    assert [(one.display_name, one.origin) for one in found.tags] == [
        (name, image_pb2.TAG_ORIGIN_AUTO)
        for name in ("label:Scratch", "line:L3", f"model:{MODEL}", found.tags[3].display_name, "source:grpc")
    ] + [("task:classification", image_pb2.TAG_ORIGIN_AUTO)]
    counts = await _counts(project, made.name)
    assert (counts.total, counts.analysed) == (1, 1)


async def test_analysis__failure_says_why(project: Project) -> None:
    made = await project.make_project()
    image = await project.add_image(made.name)
    result = make_result(image)
    result.failure.CopyFrom(Status(code=3, message="not an image"))

    await report(project, result)

    found = await get(project, image)
    assert (found.state, found.failure.message) == (image_pb2.Image.STATE_FAILED, "not an image")


async def test_report_results__closed_to_people(project: Project) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.results.ReportResults(result_service_pb2.ReportResultsRequest(), metadata=project.by(project.ada))

    assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_get_image__of_another_project_or_person(project: Project) -> None:
    made, other = await project.make_project(), await project.make_project()
    image = await project.add_image(made.name)

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await get(project, f"{other.name}/images/{image.rpartition('/')[2]}")
    assert reason_of(refusal.value) == "IMAGE_NOT_FOUND"
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await get(project, image, project.bob)
    assert reason_of(refusal.value) == "PROJECT_NOT_FOUND"


async def test_update_image__metadata_by_key_and_as_a_whole(project: Project) -> None:
    made = await project.make_project()
    name = await project.add_image(made.name, metadata={"line": "L1", "a": 1.0, "gone": "x"})
    image = image_pb2.Image(name=name)
    image.metadata.update({"line": "L2", "a": 2, "ok": True})

    by_key = await _update(project, image, "metadata.line", "metadata.gone")
    as_a_whole = await _update(project, image, "metadata")

    assert dict(by_key.metadata) == {"line": "L2", "a": 1.0}
    assert "line:L2" in [one.display_name for one in by_key.tags]
    assert dict(as_a_whole.metadata) == {"line": "L2", "a": 2.0, "ok": True}


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, "x" * 2001])
async def test_update_image__bad_metadata(project: Project, value: Any) -> None:
    made = await project.make_project()
    image = image_pb2.Image(name=await project.add_image(made.name))
    image.metadata.update({"key": value})

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await _update(project, image, "metadata")

    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_download__bytes_and_thumbnail(project: Project) -> None:
    made = await project.make_project()
    data = bytes(range(256)) * 8192
    image = await project.add_image(made.name, data)

    whole = project.images.DownloadImage(
        image_service_pb2.DownloadImageRequest(name=image), metadata=project.by(project.ada)
    )
    small = project.images.DownloadThumbnail(
        image_service_pb2.DownloadThumbnailRequest(name=image), metadata=project.by(project.ada)
    )

    pieces = [piece async for piece in whole]
    assert b"".join(piece.data for piece in pieces) == data
    assert {piece.content_type for piece in pieces} == {"image/png"}
    told = dict(await whole.initial_metadata())
    assert told["file-size"] == str(len(data))
    assert str(told["content-disposition"]).startswith("inline; filename*=UTF-8''")
    assert max(len(piece.data) for piece in pieces) <= CHUNK
    assert [(piece.content_type, piece.data) async for piece in small] == [("image/jpeg", b"small")]


async def test_download__of_somebody_else(project: Project) -> None:
    image = await project.add_image((await project.make_project()).name)

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        async for _ in project.images.DownloadImage(
            image_service_pb2.DownloadImageRequest(name=image), metadata=project.by(project.bob)
        ):
            pass

    assert refusal.value.code() is grpc.StatusCode.NOT_FOUND


async def test_delete_images__are_gone_at_once_and_their_bytes_stay(project: Project) -> None:
    made = await project.make_project()
    images = [await project.add_image(made.name) for _ in range(3)]
    image_ids = [one.rpartition("/")[2] for one in images]

    operation = await project.images.DeleteImages(
        image_service_pb2.DeleteImagesRequest(parent=made.name, selector=_selector(*image_ids[:2])),
        metadata=project.by(project.ada),
    )
    done = await project.finished(operation.name)

    response = image_service_pb2.DeleteImagesResponse()
    assert done.response.Unpack(response)
    assert response.deleted_count == 2
    assert (await _counts(project, made.name)).total == 1
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await get(project, images[0])
    assert reason_of(refusal.value) == "IMAGE_NOT_FOUND"
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        async for _ in project.images.DownloadThumbnail(
            image_service_pb2.DownloadThumbnailRequest(name=images[0]), metadata=project.by(project.ada)
        ):
            pass
    assert reason_of(refusal.value) == "IMAGE_NOT_FOUND"
    assert len([key async for key in project.parts.objects.list("projects/")]) == 6
    assert project.inference.deleted == []


async def test_delete_images__unknown_id(project: Project) -> None:
    made = await project.make_project()

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.images.DeleteImages(
            image_service_pb2.DeleteImagesRequest(parent=made.name, selector=_selector(ids.new_id())),
            metadata=project.by(project.ada),
        )

    assert reason_of(refusal.value) == "IMAGE_NOT_FOUND"


async def test_analyse_images__done_when_every_image_has_its_answer(project: Project) -> None:
    made = await project.make_project()
    one, two = await project.add_image(made.name), await project.add_image(made.name)
    await project.claim_tasks(2)
    await report(project, make_result(one), make_result(two))

    operation = await project.images.AnalyseImages(
        image_service_pb2.AnalyseImagesRequest(parent=made.name, selector=image_pb2.ImageSelector(query="")),
        metadata=project.by(project.ada),
    )
    tasks = await project.claim_tasks(2)
    assert {task.attempt for task in tasks} == {2}
    failure = make_result(two, attempt=2)
    failure.failure.CopyFrom(Status(code=3))
    assert await report(project, make_result(one), make_result(one, attempt=2, label="New"), failure) == (2, 1)
    done = await project.finished(operation.name)

    response = image_service_pb2.AnalyseImagesResponse()
    assert done.response.Unpack(response)
    assert (response.analysed_count, response.failed_count) == (1, 1)
    tags = [tag.display_name for tag in (await get(project, one)).tags]
    assert "label:New" in tags
    assert "label:Scratch" not in tags


@pytest.mark.parametrize(("asked", "version"), [("models/yolo", "3"), ("models/yolo/versions/2", "2")])
async def test_analyse_images__by_another_model(project: Project, asked: str, version: str) -> None:
    made = await project.make_project()
    one = await project.add_image(made.name)
    await project.claim_tasks(1)
    await report(project, make_result(one))

    operation = await project.images.AnalyseImages(
        image_service_pb2.AnalyseImagesRequest(
            parent=made.name, selector=image_pb2.ImageSelector(query=""), model=asked
        ),
        metadata=project.by(project.ada),
    )
    (task,) = await project.claim_tasks(1, model="yolo")
    assert task.version == version
    answer = make_result(one, attempt=task.attempt, label="Hole")
    answer.model = answer.prediction.model = "yolo"
    answer.version = answer.prediction.version = version
    await report(project, answer)
    done = await project.finished(operation.name)

    response = image_service_pb2.AnalyseImagesResponse()
    assert done.response.Unpack(response)
    assert (response.analysed_count, response.failed_count) == (1, 0)
    image = await get(project, one)
    assert [(said.model, said.version) for said in image.predictions] == [(MODEL, "1"), ("yolo", version)]
    assert "label:Hole" not in [tag.display_name for tag in image.tags]


@pytest.mark.parametrize("asked", ["models/dogs", "models/yolo/versions/9"])
async def test_analyse_images__unknown_model(project: Project, asked: str) -> None:
    made = await project.make_project()

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.images.AnalyseImages(
            image_service_pb2.AnalyseImagesRequest(
                parent=made.name, selector=image_pb2.ImageSelector(query=""), model=asked
            ),
            metadata=project.by(project.ada),
        )

    assert reason_of(refusal.value) == "MODEL_UNKNOWN"


async def test_analyse_images__viewer_may_not(project: Project) -> None:
    made = await project.make_project(visibility=project_service_pb2.Project.VISIBILITY_ORGANISATION)

    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.images.AnalyseImages(
            image_service_pb2.AnalyseImagesRequest(parent=made.name, selector=image_pb2.ImageSelector(query="")),
            metadata=project.by(project.bob),
        )

    assert reason_of(refusal.value) == "EDIT_RIGHT_REQUIRED"


def _selector(*image_ids: str) -> image_pb2.ImageSelector:
    return image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=image_ids))


async def _counts(project: Project, name: str) -> project_service_pb2.ImageCounts:
    found: project_service_pb2.Project = await project.projects.GetProject(
        project_service_pb2.GetProjectRequest(name=name), metadata=project.by(project.ada)
    )
    return found.image_counts


async def _update(project: Project, image: image_pb2.Image, *paths: str) -> image_pb2.Image:
    request = image_service_pb2.UpdateImageRequest(image=image, update_mask=FieldMask(paths=paths))
    changed: image_pb2.Image = await project.images.UpdateImage(request, metadata=project.by(project.ada))
    return changed
