"""Faults of the project service, one class for each reason of its catalogue.

Each feature appends its own; a test compares them with `loupe.project.v1.ErrorReason` both ways.
"""

from loupe_kit.errors import (
    Aborted,
    AlreadyExists,
    Cancelled,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)


class ProjectNotFound(NotFound):
    """No such project, or the caller may not see it."""

    reason = "PROJECT_NOT_FOUND"


class EditRightRequired(PermissionDenied):
    """The caller may view but not change."""

    reason = "EDIT_RIGHT_REQUIRED"


class OwnerRequired(PermissionDenied):
    """Only the owner may do this."""

    reason = "OWNER_REQUIRED"


class ModelUnknown(InvalidArgument):
    """The model is not in the catalogue."""

    reason = "MODEL_UNKNOWN"


class EtagMismatch(Aborted):
    """Somebody changed the resource meanwhile."""

    reason = "ETAG_MISMATCH"


class PrincipalUnknown(InvalidArgument):
    """No such user or department, or the account is disabled."""

    reason = "PRINCIPAL_UNKNOWN"


class AdministratorRequired(PermissionDenied):
    """Only administrators may do this."""

    reason = "ADMINISTRATOR_REQUIRED"


class TooManyReaders(FailedPrecondition):
    """An image would get more readers than there may be."""

    reason = "TOO_MANY_READERS"


class ImageNotFound(NotFound):
    """No such image, or the caller may not see it."""

    reason = "IMAGE_NOT_FOUND"


class TagNotFound(NotFound):
    """No such tag."""

    reason = "TAG_NOT_FOUND"


class TagNameTaken(AlreadyExists):
    """The project has a tag of that name."""

    reason = "TAG_NAME_TAKEN"


class TagIsAutomatic(FailedPrecondition):
    """Automatic tags are not put on, taken off, renamed or deleted by hand."""

    reason = "TAG_IS_AUTOMATIC"


class LabelNotFound(NotFound):
    """No such label."""

    reason = "LABEL_NOT_FOUND"


class BoxOutsideImage(InvalidArgument):
    """A box leaves its image."""

    reason = "BOX_OUTSIDE_IMAGE"


class OperationNotFound(NotFound):
    """No such operation, or the caller may not see its project."""

    reason = "OPERATION_NOT_FOUND"


class OperationCancelled(Cancelled):
    """Somebody asked the operation to stop."""

    reason = "OPERATION_CANCELLED"


class OperationNotUndoable(FailedPrecondition):
    """The operation runs still, changed no images, or its history is forgotten."""

    reason = "OPERATION_NOT_UNDOABLE"


class AnalysisNotFound(NotFound):
    """No such analysis, or the caller may not see it."""

    reason = "ANALYSIS_NOT_FOUND"


class TooFewImages(FailedPrecondition):
    """A map needs at least ten images."""

    reason = "TOO_FEW_IMAGES"


class FeaturesMissing(FailedPrecondition):
    """Fewer than ten of the images have features of the source."""

    reason = "FEATURES_MISSING"


class CreatorRequired(PermissionDenied):
    """Only the creator or the project's owner may do this."""

    reason = "CREATOR_REQUIRED"


class AnalysisNotReady(FailedPrecondition):
    """The map is not ready to look at."""

    reason = "ANALYSIS_NOT_READY"


class ReducerMissing(FailedPrecondition):
    """The map was made before images could be placed on maps."""

    reason = "REDUCER_MISSING"


class ExportNotFound(NotFound):
    """No such export, or it is somebody else's."""

    reason = "EXPORT_NOT_FOUND"


class ExportNotReady(FailedPrecondition):
    """The file is not ready for download."""

    reason = "EXPORT_NOT_READY"


class NothingToExport(FailedPrecondition):
    """No image matches."""

    reason = "NOTHING_TO_EXPORT"


class SelectionNotFound(NotFound):
    """No such selection, or the caller may not see it."""

    reason = "SELECTION_NOT_FOUND"


class SelectionNotReady(FailedPrecondition):
    """The selection is not made yet, or could not be."""

    reason = "SELECTION_NOT_READY"


class CountOutOfRange(InvalidArgument):
    """More images are to be picked than can be."""

    reason = "COUNT_OUT_OF_RANGE"


class TooFewLabels(FailedPrecondition):
    """There are too few labels to learn from."""

    reason = "TOO_FEW_LABELS"


class CurationRunNotFound(NotFound):
    """No such curation run, or the caller may not see it."""

    reason = "CURATION_RUN_NOT_FOUND"


class CurationRunNotReady(FailedPrecondition):
    """The run is not finished, or is of the other kind."""

    reason = "CURATION_RUN_NOT_READY"


class ImageInReview(FailedPrecondition):
    """Somebody else is reviewing the image."""

    reason = "IMAGE_IN_REVIEW"


class PredictionChanged(Aborted):
    """The prediction is no longer the one that the reviewer saw."""

    reason = "PREDICTION_CHANGED"


class PredictionMissing(FailedPrecondition):
    """There is no prediction to agree with."""

    reason = "PREDICTION_MISSING"


class HeadNotFound(NotFound):
    """No such head, or the caller may not see it."""

    reason = "HEAD_NOT_FOUND"


class HeadNotReady(FailedPrecondition):
    """The head is not taught yet, or could not be."""

    reason = "HEAD_NOT_READY"


class HeadIsBeingTaught(FailedPrecondition):
    """A version of this head is being taught."""

    reason = "HEAD_IS_BEING_TAUGHT"


class SavedSearchNotFound(NotFound):
    """No such saved search, or the caller may not see it."""

    reason = "SAVED_SEARCH_NOT_FOUND"


class TooManySavedSearches(FailedPrecondition):
    """Somebody has as many saved searches in a project as there may be."""

    reason = "TOO_MANY_SAVED_SEARCHES"


class DriftWatchNotFound(NotFound):
    """The project is not watched for drift."""

    reason = "DRIFT_WATCH_NOT_FOUND"


class DriftWebhookMissing(FailedPrecondition):
    """The watch tells nobody: it has no webhook, and mails nobody."""

    reason = "DRIFT_WEBHOOK_MISSING"


class SplitNotFound(NotFound):
    """No such split, or the caller may not see it."""

    reason = "SPLIT_NOT_FOUND"


class SplitNotReady(FailedPrecondition):
    """The split is not made yet, or could not be."""

    reason = "SPLIT_NOT_READY"


class SplitImpossible(FailedPrecondition):
    """A part would get no image."""

    reason = "SPLIT_IMPOSSIBLE"


class StratumMissing(FailedPrecondition):
    """Images have no value of the field that a split is stratified by."""

    reason = "STRATUM_MISSING"


class DuplicatesUnknown(FailedPrecondition):
    """No search for duplicates has succeeded in the project."""

    reason = "DUPLICATES_UNKNOWN"
