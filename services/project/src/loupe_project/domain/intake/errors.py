"""Faults of files that come in. Each names the file and the way out."""

from loupe_kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    LoupeError,
    NotFound,
    ResourceExhausted,
)


class UploadOrderInvalid(InvalidArgument):
    """The messages of UploadFiles come in the wrong order."""

    reason = "UPLOAD_ORDER_INVALID"


class UploadBatchNotFound(NotFound):
    """No such upload batch, or not for this caller."""

    reason = "UPLOAD_BATCH_NOT_FOUND"


class FileEmpty(InvalidArgument):
    """The file has no bytes."""

    reason = "FILE_EMPTY"


class FileTooLarge(ResourceExhausted):
    """The file is larger than allowed."""

    reason = "FILE_TOO_LARGE"


class FileNameInvalid(InvalidArgument):
    """The file's name cannot be kept."""

    reason = "FILE_NAME_INVALID"


class FileTypeUnknown(InvalidArgument):
    """The content is none of the kinds that Loupe takes."""

    reason = "FILE_TYPE_UNKNOWN"


class ChecksumMismatch(InvalidArgument):
    """The bytes are not those that were announced."""

    reason = "CHECKSUM_MISMATCH"


class ImageDamaged(InvalidArgument):
    """The image cannot be decoded to its end."""

    reason = "IMAGE_DAMAGED"


class ImageTooManyPixels(ResourceExhausted):
    """The image has more pixels than allowed."""

    reason = "IMAGE_TOO_MANY_PIXELS"


class ImageDuplicate(AlreadyExists):
    """The bytes were in the project before; told as a notice, not a refusal."""

    reason = "IMAGE_DUPLICATE"


class ImageFramesLeftOut(LoupeError):
    """The file holds several images, of which the first was taken; told as a notice."""

    code = InvalidArgument.code
    reason = "IMAGE_FRAMES_LEFT_OUT"


class ArchiveDamaged(InvalidArgument):
    """The archive, or an entry of it, cannot be read."""

    reason = "ARCHIVE_DAMAGED"


class ArchiveEntryRefused(FailedPrecondition):
    """An entry of an archive is of a sort that is never unpacked; `cause` says which."""

    reason = "ARCHIVE_ENTRY_REFUSED"


class ArchiveTooLarge(ResourceExhausted):
    """The archive unpacks to more than allowed."""

    reason = "ARCHIVE_TOO_LARGE"


class TableInvalid(InvalidArgument):
    """A table, or a row of it, cannot be read."""

    reason = "TABLE_INVALID"


class TableFileUnknown(NotFound):
    """A row names a file that is not there."""

    reason = "TABLE_FILE_UNKNOWN"


class TableColumnNew(LoupeError):
    """A column is not well known; told as a notice, its values are kept."""

    code = InvalidArgument.code
    reason = "TABLE_COLUMN_NEW"


class TableValueInvalid(InvalidArgument):
    """A value of a row has the wrong type or range."""

    reason = "TABLE_VALUE_INVALID"


class TableRowRepeated(InvalidArgument):
    """Two rows of a table speak of the same image."""

    reason = "TABLE_ROW_REPEATED"


class FeatureFileInvalid(InvalidArgument):
    """A feature file cannot be read."""

    reason = "FEATURE_FILE_INVALID"


class FeatureDimensionMismatch(InvalidArgument):
    """A vector has another length than its feature set."""

    reason = "FEATURE_DIMENSION_MISMATCH"


class FeatureNotFinite(InvalidArgument):
    """A vector holds NaN or infinity."""

    reason = "FEATURE_NOT_FINITE"
