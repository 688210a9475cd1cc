"""Jobs as the queue carries them, and responses of long work on images."""

from datetime import datetime

from loupe.inference.v1 import task_pb2
from loupe.project.v1 import image_service_pb2, operation_service_pb2, tag_service_pb2
from loupe_project.convert.values import timestamp
from loupe_project.domain.copying import CopyCounts
from loupe_project.domain.job import Job


def task_of(job: Job, content: bytes) -> bytes:
    """A job as payload of the queue.

    Args:
        job: Which image, by which model.
        content: The image file, if it travels along; else empty.
    """
    return task_pb2.AnalysisTask(
        image_id=job.image_id,
        project_id=job.project_id,
        object_key=job.object_key,
        model=job.model,
        version=job.version,
        attempt=job.attempt,
        size_bytes=job.size_bytes,
        content=content,
    ).SerializeToString()


def deleted(count: int) -> image_service_pb2.DeleteImagesResponse:
    """Response of DeleteImages."""
    return image_service_pb2.DeleteImagesResponse(deleted_count=count)


def copied(counts: CopyCounts) -> image_service_pb2.CopyImagesResponse:
    """Response of CopyImages."""
    return image_service_pb2.CopyImagesResponse(
        copied_count=counts.copied,
        duplicate_count=counts.duplicates,
        restored_count=counts.restored,
        pending_count=counts.pending,
    )


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


def merged(images: int, added: int) -> tag_service_pb2.MergeTagsResponse:
    """Response of MergeTags."""
    return tag_service_pb2.MergeTagsResponse(image_count=images, added_count=added)


def tags_deleted(tags: int, images: int) -> tag_service_pb2.DeleteTagsResponse:
    """Response of DeleteTags."""
    return tag_service_pb2.DeleteTagsResponse(tag_count=tags, image_count=images)


def undone(images: int, reverted: int, kept: int) -> operation_service_pb2.UndoOperationResponse:
    """Response of UndoOperation."""
    return operation_service_pb2.UndoOperationResponse(image_count=images, reverted_count=reverted, kept_count=kept)
