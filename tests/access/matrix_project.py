"""Rows of the project service, but those of `matrix_results`."""

from __future__ import annotations

from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import evaluation_service_pb2 as evaluation
from loupe.project.v1 import history_service_pb2 as history
from loupe.project.v1 import image_pb2
from loupe.project.v1 import image_service_pb2 as image
from loupe.project.v1 import label_service_pb2 as label
from loupe.project.v1 import metadata_service_pb2 as metadata
from loupe.project.v1 import operation_service_pb2 as operation
from loupe.project.v1 import project_service_pb2 as project
from loupe.project.v1 import result_service_pb2 as result
from loupe.project.v1 import review_service_pb2 as review
from loupe.project.v1 import saved_search_service_pb2 as saved_search
from loupe.project.v1 import search_service_pb2 as search
from loupe.project.v1 import tag_service_pb2 as tag
from loupe.project.v1 import trash_service_pb2 as trash
from loupe.project.v1 import upload_batch_service_pb2 as upload
from tests.access.identities import Identity
from tests.access.row import Row
from tests.access.world import Visit, unique, upload_of

_NOTHING = image_pb2.ImageSelector(query="tag:that-no-image-has")


def _project_with_viewer(visit: Visit, **changes: object) -> project.UpdateProjectRequest:
    changed = project.Project(name=visit.world.project, **changes)  # type: ignore[arg-type]
    return project.UpdateProjectRequest(project=changed, update_mask=FieldMask(paths=list(changes)))


def _create_project(_visit: Visit) -> project.CreateProjectRequest:
    new = project.Project(display_name=unique("Mine"), model="models/efficientnet-lite0")
    return project.CreateProjectRequest(project=new)


async def _delete_project(visit: Visit) -> project.DeleteProjectRequest:
    return project.DeleteProjectRequest(name=await visit.doomed_project())


async def _transfer_project(visit: Visit) -> project.TransferProjectRequest:
    name = await visit.doomed_project()
    return project.TransferProjectRequest(name=name, owner=visit.world.users[Identity.EDITOR])


def _modify_image_access(visit: Visit) -> image.ModifyImageAccessRequest:
    inherited = image.ImageAccess.MODE_INHERITED
    return image.ModifyImageAccessRequest(parent=visit.world.project, selector=_NOTHING, mode=inherited)


def _update_image(visit: Visit) -> image.UpdateImageRequest:
    changed = image_pb2.Image(name=visit.world.image)
    changed.metadata.update({"shift": "night"})
    return image.UpdateImageRequest(image=changed, update_mask=FieldMask(paths=["metadata.shift"]))


async def _copy_images(visit: Visit) -> image.CopyImagesRequest:
    other = await visit.doomed_project()
    return image.CopyImagesRequest(parent=visit.world.project, selector=_NOTHING, destination=other)


def _no_deletion(visit: Visit) -> trash.TrashSelector:
    """What a deletion that never was has put into the trash: nothing."""
    return trash.TrashSelector(deletion=f"{visit.world.project}/operations/that-never-was")


def _create_label(visit: Visit) -> label.CreateLabelRequest:
    # With a box: a class of the image alone would be one that heads cannot be taught.
    box = image_pb2.BoundingBox(x=2, y=2, width=4, height=4)
    return label.CreateLabelRequest(parent=visit.world.image, label=image_pb2.Label(display_name="scratch", box=box))


async def _update_label(visit: Visit) -> label.UpdateLabelRequest:
    changed = image_pb2.Label(name=await visit.new_label(), display_name="dent")
    return label.UpdateLabelRequest(label=changed, update_mask=FieldMask(paths=["display_name"]))


def _import_labels(visit: Visit) -> label.ImportLabelsRequest:
    table = b"file_name,label\nno-such.png,OK\n"
    return label.ImportLabelsRequest(
        parent=visit.world.project, file_name="labels.csv", content=table, validate_only=True
    )


async def _delete_label(visit: Visit) -> label.DeleteLabelRequest:
    return label.DeleteLabelRequest(name=await visit.new_label())


def _create_tag(visit: Visit) -> tag.CreateTagRequest:
    return tag.CreateTagRequest(parent=visit.world.project, tag=tag.Tag(display_name=unique("tag")))


def _update_tag(visit: Visit) -> tag.UpdateTagRequest:
    changed = tag.Tag(name=visit.world.tag, display_name=unique("tag"))
    return tag.UpdateTagRequest(tag=changed, update_mask=FieldMask(paths=["display_name"]))


async def _delete_tag(visit: Visit) -> tag.DeleteTagRequest:
    return tag.DeleteTagRequest(name=await visit.new_tag())


async def _delete_tags(visit: Visit) -> tag.DeleteTagsRequest:
    return tag.DeleteTagsRequest(parent=visit.world.project, names=[await visit.new_tag()])


async def _merge_tags(visit: Visit) -> tag.MergeTagsRequest:
    return tag.MergeTagsRequest(name=await visit.new_tag(), sources=[await visit.new_tag()])


def _modify_metadata(visit: Visit) -> metadata.ModifyImageMetadataRequest:
    return metadata.ModifyImageMetadataRequest(parent=visit.world.project, selector=_NOTHING, remove=["shift"])


def _import_metadata(visit: Visit) -> metadata.ImportMetadataRequest:
    table = {"content": b"file_name,shift\n", "file_name": "late.csv"}
    return metadata.ImportMetadataRequest(parent=visit.world.project, **table)  # type: ignore[arg-type]


def _create_saved_search(visit: Visit) -> saved_search.CreateSavedSearchRequest:
    wanted = saved_search.SavedSearch(display_name=unique("search"), query="is:analysed")
    return saved_search.CreateSavedSearchRequest(parent=visit.world.project, saved_search=wanted)


def _update_saved_search(visit: Visit) -> saved_search.UpdateSavedSearchRequest:
    changed = saved_search.SavedSearch(name=visit.world.saved_search, query="label:dent")
    return saved_search.UpdateSavedSearchRequest(saved_search=changed, update_mask=FieldMask(paths=["query"]))


async def _delete_saved_search(visit: Visit) -> saved_search.DeleteSavedSearchRequest:
    return saved_search.DeleteSavedSearchRequest(name=await visit.new_saved_search())


PROJECT_ROWS = (
    Row("ProjectService.GetProject", "view", lambda v: project.GetProjectRequest(name=v.world.project)),
    Row("ProjectService.ListProjects", "known", lambda v: project.ListProjectsRequest()),
    Row("ProjectService.CreateProject", "create-project", _create_project, "edit"),
    Row(
        "ProjectService.UpdateProject",
        "edit",
        lambda v: _project_with_viewer(v, description=unique("Cells")),
        "edit",
        "description",
    ),
    Row(
        "ProjectService.UpdateProject",
        "own",
        lambda v: _project_with_viewer(v, visibility=project.Project.VISIBILITY_PRIVATE),
        "edit",
        "visibility",
    ),
    Row("ProjectService.DeleteProject", "own", _delete_project, "edit"),
    Row("ProjectService.TransferProject", "own", _transfer_project, "edit"),
    Row("ProjectService.ListOrphanedProjects", "administer", lambda v: project.ListOrphanedProjectsRequest()),
    Row("ImageService.GetImage", "view", lambda v: image.GetImageRequest(name=v.world.image)),
    Row("ImageService.UpdateImage", "edit", _update_image, "edit"),
    Row(
        "ImageService.DeleteImages",
        "edit",
        lambda v: image.DeleteImagesRequest(parent=v.world.project, selector=_NOTHING),
        "edit",
    ),
    Row("ImageService.CopyImages", "edit", _copy_images, "edit"),
    Row(
        "TrashService.ListDeletedImages",
        "edit",
        lambda v: trash.ListDeletedImagesRequest(parent=v.world.project),
        "edit",
    ),
    Row(
        "TrashService.RestoreImages",
        "edit",
        lambda v: trash.RestoreImagesRequest(parent=v.world.project, selector=_no_deletion(v)),
        "edit",
    ),
    Row(
        "TrashService.PurgeImages",
        "edit",
        lambda v: trash.PurgeImagesRequest(parent=v.world.project, selector=_no_deletion(v)),
        "edit",
    ),
    Row(
        "ImageService.AnalyseImages",
        "edit",
        lambda v: image.AnalyseImagesRequest(parent=v.world.project, selector=_NOTHING),
        "analyse",
    ),
    Row(
        "ImageService.GetImageAccess",
        "own",
        lambda v: image.GetImageAccessRequest(name=f"{v.world.image}/access"),
        "edit",
    ),
    Row("ImageService.ModifyImageAccess", "own", _modify_image_access, "edit"),
    Row("ImageService.DownloadImage", "view", lambda v: image.DownloadImageRequest(name=v.world.image)),
    Row("ImageService.DownloadThumbnail", "view", lambda v: image.DownloadThumbnailRequest(name=v.world.image)),
    Row("ImageService.GetImagePixels", "view", lambda v: image.GetImagePixelsRequest(name=f"{v.world.image}/pixels")),
    Row("ImageService.DownloadImageTile", "view", lambda v: image.DownloadImageTileRequest(name=v.world.image)),
    Row("LabelService.ListLabels", "view", lambda v: label.ListLabelsRequest(parent=v.world.image)),
    Row("LabelService.CreateLabel", "edit", _create_label, "edit"),
    Row("LabelService.UpdateLabel", "edit", _update_label, "edit"),
    Row("LabelService.DeleteLabel", "edit", _delete_label, "edit"),
    Row(
        "LabelService.ModifyImageLabels",
        "edit",
        lambda v: label.ModifyImageLabelsRequest(parent=v.world.project, selector=_NOTHING, display_name="OK"),
        "edit",
    ),
    Row("LabelService.ImportLabels", "edit", _import_labels, "edit"),
    Row(
        "EvaluationService.EvaluateModel",
        "view",
        lambda v: evaluation.EvaluateModelRequest(parent=v.world.project, group_by=["line", "day"]),
    ),
    Row(
        "EvaluationService.KeepCellImages",
        "view",
        lambda v: evaluation.KeepCellImagesRequest(parent=v.world.project, truth="dent"),
    ),
    Row("EvaluationService.GetImageMatches", "view", lambda v: evaluation.GetImageMatchesRequest(name=v.world.image)),
    Row(
        "ReviewService.TakeReviewItems",
        "edit",
        lambda v: review.TakeReviewItemsRequest(parent=v.world.project, query="tag:that-no-image-has"),
        "edit",
    ),
    Row(
        "ReviewService.ReviewImage",
        "edit",
        lambda v: review.ReviewImageRequest(name=v.world.image, action=review.ReviewImageRequest.ACTION_SKIP),
        "edit",
    ),
    Row(
        "ReviewService.GetReviewProgress",
        "view",
        lambda v: review.GetReviewProgressRequest(parent=v.world.project),
    ),
    Row("TagService.GetTag", "view", lambda v: tag.GetTagRequest(name=v.world.tag)),
    Row("TagService.ListTags", "view", lambda v: tag.ListTagsRequest(parent=v.world.project)),
    Row("TagService.CreateTag", "edit", _create_tag, "edit"),
    Row("TagService.UpdateTag", "edit", _update_tag, "edit"),
    Row("TagService.DeleteTag", "edit", _delete_tag, "edit"),
    Row("TagService.DeleteTags", "edit", _delete_tags, "edit"),
    Row(
        "TagService.ModifyImageTags",
        "edit",
        lambda v: tag.ModifyImageTagsRequest(parent=v.world.project, selector=_NOTHING, add=["seen"]),
        "edit",
    ),
    Row("TagService.MergeTags", "edit", _merge_tags, "edit"),
    Row(
        "MetadataService.ListMetadataKeys",
        "view",
        lambda v: metadata.ListMetadataKeysRequest(parent=v.world.project),
    ),
    Row("MetadataService.ModifyImageMetadata", "edit", _modify_metadata, "edit"),
    Row("MetadataService.ImportMetadata", "edit", _import_metadata, "edit"),
    Row("HistoryService.ListImageHistory", "view", lambda v: history.ListImageHistoryRequest(parent=v.world.image)),
    Row("SearchService.SearchImages", "view", lambda v: search.SearchImagesRequest(parent=v.world.project)),
    Row("SearchService.GetFacets", "view", lambda v: search.GetFacetsRequest(parent=v.world.project, fields=["label"])),
    Row(
        "SearchService.GetHistograms",
        "view",
        lambda v: search.GetHistogramsRequest(parent=v.world.project, fields=["conf"]),
    ),
    Row(
        "SearchService.GetSearchNeighbors",
        "view",
        lambda v: search.GetSearchNeighborsRequest(parent=v.world.project, image=v.world.image),
    ),
    Row("SearchService.CompleteQuery", "view", lambda v: search.CompleteQueryRequest(parent=v.world.project)),
    Row("SearchService.ParseQuery", "view", lambda v: search.ParseQueryRequest(parent=v.world.project)),
    Row("SearchService.FormatQuery", "view", lambda v: search.FormatQueryRequest(parent=v.world.project)),
    Row(
        "SavedSearchService.GetSavedSearch",
        "view",
        lambda v: saved_search.GetSavedSearchRequest(name=v.world.saved_search),
    ),
    Row(
        "SavedSearchService.ListSavedSearches",
        "view",
        lambda v: saved_search.ListSavedSearchesRequest(parent=v.world.project, with_numbers=True),
    ),
    Row("SavedSearchService.CreateSavedSearch", "view", _create_saved_search, "edit"),
    Row("SavedSearchService.UpdateSavedSearch", "creator", _update_saved_search, "edit"),
    Row("SavedSearchService.DeleteSavedSearch", "creator", _delete_saved_search, "edit"),
    Row(
        "SavedSearchService.OpenSavedSearch",
        "view",
        lambda v: saved_search.OpenSavedSearchRequest(name=v.world.saved_search),
    ),
    Row(
        "SavedSearchService.ListSavedSearchCounts",
        "view",
        lambda v: saved_search.ListSavedSearchCountsRequest(parent=v.world.saved_search),
    ),
    Row("UploadBatchService.UploadFiles", "edit", lambda v: upload_of(v.world.project, 1), "upload"),
    Row(
        "UploadBatchService.GetUploadBatch",
        "view",
        lambda v: upload.GetUploadBatchRequest(name=v.world.upload_batch),
    ),
    Row(
        "UploadBatchService.ListUploadBatches",
        "view",
        lambda v: upload.ListUploadBatchesRequest(parent=v.world.project),
    ),
    Row(
        "UploadBatchService.WatchUploadBatch",
        "view",
        lambda v: upload.WatchUploadBatchRequest(name=v.world.upload_batch),
    ),
    Row(
        "UploadBatchService.ListUploadNotices",
        "view",
        lambda v: upload.ListUploadNoticesRequest(parent=v.world.upload_batch),
    ),
    Row("OperationService.GetOperation", "mine", lambda v: operation.GetOperationRequest(name=v.world.operation)),
    Row("OperationService.ListOperations", "view", lambda v: operation.ListOperationsRequest(parent=v.world.project)),
    Row("OperationService.CancelOperation", "mine", lambda v: operation.CancelOperationRequest(name=v.world.operation)),
    Row(
        "OperationService.UndoOperation",
        "undo",
        lambda v: operation.UndoOperationRequest(name=v.world.operation),
        "edit",
    ),
    Row("OperationService.WatchOperation", "mine", lambda v: operation.WatchOperationRequest(name=v.world.operation)),
    Row("ResultService.CountModelUse", "internal", lambda v: result.CountModelUseRequest()),
    Row("ResultService.ReportResults", "internal", lambda v: result.ReportResultsRequest()),
)
