"""Jobs as the queue carries them, and responses of long work on images."""

from datetime import datetime

from loupe.inference.v1 import task_pb2
from loupe.project.v1 import image_service_pb2, tag_service_pb2
from loupe_project.convert.values import timestamp
from loupe_project.domain.job import Job


def task_of(job: Job) -> bytes:
    """A job as payload of the queue."""
    return task_pb2.AnalysisTask(
        image_id=job.image_id,
        project_id=job.project_id,
        object_key=job.object_key,
        model=job.model,
        version=job.version,
        attempt=job.attempt,
        size_bytes=job.size_bytes,
    ).SerializeToString()


def deleted(count: int) -> image_service_pb2.DeleteImagesResponse:
    """Response of DeleteImages."""
    return image_service_pb2.DeleteImagesResponse(deleted_count=count)


def access_modified(images: int, added: int, removed: int) -> image_service_pb2.ModifyImageAccessResponse:
    """Response of ModifyImageAccess."""
    return image_service_pb2.ModifyImageAccessResponse(image_count=images, added_count=added, removed_count=removed)


def analysed(count: int, failed: int, finish: datetime) -> image_service_pb2.AnalyseImagesResponse:
    """Response of AnalyseImages."""
    return image_service_pb2.AnalyseImagesResponse(
        analysed_count=count, failed_count=failed, finish_time=timestamp(finish)
    )


def modified(images: int, added: int, removed: int) -> tag_service_pb2.ModifyImageTagsResponse:
    """Response of ModifyImageTags."""
    return tag_service_pb2.ModifyImageTagsResponse(image_count=images, added_count=added, removed_count=removed)
