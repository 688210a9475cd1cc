"""What can go wrong here; the catalogue is `loupe/reduction/v1/error_reason.proto`."""

from __future__ import annotations

from loupe_kit.errors import FailedPrecondition, InvalidArgument, ResourceExhausted, Unavailable


class SpecMissing(InvalidArgument):
    """The stream does not begin with a spec, or holds a second one."""

    reason = "SPEC_MISSING"


class SpecInvalid(InvalidArgument):
    """A field of the spec is missing or contradicts another."""

    reason = "SPEC_INVALID"


class ParameterOutOfRange(InvalidArgument):
    """A parameter of the method is out of its range."""

    reason = "PARAMETER_OUT_OF_RANGE"


class ImageIdsInvalid(InvalidArgument):
    """A block of ids is not a whole number of ids, or too long."""

    reason = "IMAGE_IDS_INVALID"


class DuplicateImage(InvalidArgument):
    """An image was sent twice."""

    reason = "DUPLICATE_IMAGE"


class TooManyPoints(InvalidArgument):
    """More images were sent than one call takes."""

    reason = "TOO_MANY_POINTS"


class CountOutOfRange(InvalidArgument):
    """More images are to be picked than there are."""

    reason = "COUNT_OUT_OF_RANGE"


class TooFewClasses(FailedPrecondition):
    """The images with a class hold fewer than two classes."""

    reason = "TOO_FEW_CLASSES"


class ClassTooSmall(FailedPrecondition):
    """A class has fewer images with a vector than teaching needs."""

    reason = "CLASS_TOO_SMALL"


class HeadInvalid(InvalidArgument):
    """The bytes are no head of this release."""

    reason = "HEAD_INVALID"


class ReducerInvalid(InvalidArgument):
    """The bytes are no reducer of this release."""

    reason = "REDUCER_INVALID"


class TooFewPoints(FailedPrecondition):
    """Fewer images have a vector than the call needs."""

    reason = "TOO_FEW_POINTS"


class DimensionMismatch(FailedPrecondition):
    """The vectors do not all have the same length."""

    reason = "DIMENSION_MISMATCH"


class NonFiniteFeatures(FailedPrecondition):
    """Some vectors hold NaN or infinity."""

    reason = "NON_FINITE_FEATURES"


class FeaturesMissing(FailedPrecondition):
    """None of the images has a vector."""

    reason = "FEATURES_MISSING"


class FeaturesAllEqual(FailedPrecondition):
    """All vectors are the same: there is nothing to tell the images apart."""

    reason = "FEATURES_ALL_EQUAL"


class FeaturesUnavailable(Unavailable):
    """The inference service does not answer, or not in the agreed form."""

    reason = "FEATURES_UNAVAILABLE"


class QueueFull(ResourceExhausted):
    """Too much work is waiting already."""

    reason = "QUEUE_FULL"


class WorkerCrashed(Unavailable):
    """The process that did the work ended before it was done."""

    reason = "WORKER_CRASHED"
