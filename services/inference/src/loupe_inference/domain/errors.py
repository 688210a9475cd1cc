"""Faults of the inference service; `loupe.inference.v1.ErrorReason` is the same list."""

from loupe_kit.errors import (
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    Unavailable,
)


class ModelNotFound(NotFound):
    """The catalogue has no such model."""

    reason = "MODEL_NOT_FOUND"


class ModelVersionNotFound(NotFound):
    """The model has no such version."""

    reason = "MODEL_VERSION_NOT_FOUND"


class ModelNotReady(Unavailable):
    """The model is being loaded, or cannot be loaded."""

    reason = "MODEL_NOT_READY"


class ImageUndecodable(InvalidArgument):
    """The bytes are no image of a supported format, or a broken one."""

    reason = "IMAGE_UNDECODABLE"


class ImageTooLarge(InvalidArgument):
    """The image has more bytes or pixels than the limit."""

    reason = "IMAGE_TOO_LARGE"


class ImageObjectMissing(NotFound):
    """The object store has no file under the key of the task."""

    reason = "IMAGE_OBJECT_MISSING"


class WorkerCrashed(Internal):
    """The process that computes died with one image alone in its hands."""

    reason = "WORKER_CRASHED"


class AnalysisTimedOut(DeadlineExceeded):
    """The process that computes did not answer for one image alone in time."""

    reason = "ANALYSIS_TIMED_OUT"


class StreamMessageUnexpected(InvalidArgument):
    """A message of a client stream is not the one that comes at its place."""

    reason = "STREAM_MESSAGE_UNEXPECTED"


class FeatureIdsInvalid(InvalidArgument):
    """The packed image ids are not whole, none, or too many."""

    reason = "FEATURE_IDS_INVALID"


class FeatureBlockInvalid(InvalidArgument):
    """Ids, dimension and values of a block contradict each other."""

    reason = "FEATURE_BLOCK_INVALID"


class FeatureDimensionMismatch(InvalidArgument):
    """The vector has another length than the others of its set."""

    reason = "FEATURE_DIMENSION_MISMATCH"


class FeatureNotFinite(InvalidArgument):
    """The vector holds NaN or infinity."""

    reason = "FEATURE_NOT_FINITE"


class FeatureSetNameInvalid(InvalidArgument):
    """The name of a feature set breaks its rule."""

    reason = "FEATURE_SET_NAME_INVALID"


class ModelNameTaken(AlreadyExists):
    """The model comes with Loupe, or its versions answer another task."""

    reason = "MODEL_NAME_TAKEN"


class ModelBuiltin(FailedPrecondition):
    """The model comes with Loupe and cannot be changed."""

    reason = "MODEL_BUILTIN"


class ModelVersionInUse(FailedPrecondition):
    """The version is the active one of several, or projects or waiting images use it."""

    reason = "MODEL_VERSION_IN_USE"


class ModelConfigInvalid(InvalidArgument):
    """What is said about a model breaks a rule."""

    reason = "MODEL_CONFIG_INVALID"


class ModelFileTooLarge(InvalidArgument):
    """The file has more bytes than the limit."""

    reason = "MODEL_FILE_TOO_LARGE"


class ModelFileInvalid(InvalidArgument):
    """The file is not what its format says, is refused, or does not fit labels and input size."""

    reason = "MODEL_FILE_INVALID"


class ModelCheckFailed(InvalidArgument):
    """The network fails on sample images."""

    reason = "MODEL_CHECK_FAILED"
