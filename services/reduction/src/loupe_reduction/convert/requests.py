"""From the contract to the domain, field by field."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from loupe.reduction.v1 import curation_service_pb2 as curation_pb
from loupe.reduction.v1 import feature_source_pb2 as source_pb
from loupe.reduction.v1 import neighbour_service_pb2 as neighbour_pb
from loupe.reduction.v1 import projection_pb2 as projection_pb
from loupe.reduction.v1 import reduction_service_pb2 as reduction_pb
from loupe.reduction.v1 import teach_service_pb2 as teach_pb
from loupe_kit import ids
from loupe_reduction.domain.features import BYTES_PER_ID, UPLOADED_MODEL, FeatureSource, ImageIds
from loupe_reduction.domain.jobs import DuplicateJob, FitJob, OutlierJob, PlaceJob, SelectJob, Strategy, TeachJob
from loupe_reduction.domain.recipe import (
    PARAMETERS_OF,
    Method,
    Metric,
    PacmapParameters,
    Parameters,
    PcaParameters,
    Recipe,
    TsneParameters,
    UmapParameters,
    spec_invalid,
)
from loupe_reduction.use_cases.find_neighbour_objects import ObjectWish
from loupe_reduction.use_cases.find_neighbours import Wish
from loupe_reduction.use_cases.findable import Named
from loupe_reduction.use_cases.run_job import Order, early_points

METHODS = {
    projection_pb.METHOD_PCA: Method.PCA,
    projection_pb.METHOD_TSNE: Method.TSNE,
    projection_pb.METHOD_UMAP: Method.UMAP,
    projection_pb.METHOD_PACMAP: Method.PACMAP,
}
METRICS = {
    projection_pb.METRIC_UNSPECIFIED: Metric.EUCLIDEAN,
    projection_pb.METRIC_EUCLIDEAN: Metric.EUCLIDEAN,
    projection_pb.METRIC_COSINE: Metric.COSINE,
}
STRATEGIES = {
    curation_pb.STRATEGY_UNSPECIFIED: Strategy.FACILITY_LOCATION,
    curation_pb.STRATEGY_FACILITY_LOCATION: Strategy.FACILITY_LOCATION,
    curation_pb.STRATEGY_KMEANS: Strategy.KMEANS,
    curation_pb.STRATEGY_UNCERTAINTY: Strategy.UNCERTAINTY,
}
PARAMETER_BRANCHES = {"pca": Method.PCA, "tsne": Method.TSNE, "umap": Method.UMAP, "pacmap": Method.PACMAP}

MAX_EARLY_POINTS = 20_000
"""Of an early picture: with its ids that is half a megabyte every two seconds."""


def fit_order(spec: reduction_pb.FitSpec, count: int) -> Order:
    """Reads what to fit.

    Args:
        spec: the spec.
        count: number of images of the call.

    Raises:
        SpecInvalid: a field is missing or unknown.
    """
    source = feature_source(spec.source, "source")
    requester = _requester(spec.project_id, spec.requester, "project_id")
    early = early_points(count, min(spec.early_points, MAX_EARLY_POINTS), spec.recipe.seed)
    return Order(source, requester, FitJob(recipe(spec.recipe), early))


def place_order(spec: reduction_pb.PlaceSpec, reducer: bytes) -> Order:
    """Reads what to place; raises SpecInvalid like `fit_order`."""
    source = feature_source(spec.source, "source")
    return Order(source, _requester(spec.project_id, spec.requester, "project_id"), PlaceJob(reducer))


def outlier_order(spec: curation_pb.OutlierSpec, reference: NDArray[np.int64] | None = None) -> Order:
    """Reads how to score outliers; raises SpecInvalid like `fit_order`.

    Args:
        spec: the spec.
        reference: array (N,), int64: 1 for images that say what is usual, else 0; None: all do.
    """
    neighbours = spec.neighbours if spec.HasField("neighbours") else OutlierJob().neighbours
    job = OutlierJob(neighbours, spec.input.seed, None if reference is None else reference.astype(np.bool_))
    return Order(*_input(spec.input), job)


def duplicate_order(spec: curation_pb.DuplicateSpec) -> Order:
    """Reads how to search duplicates; raises SpecInvalid like `fit_order`."""
    usual = DuplicateJob()
    job = DuplicateJob(
        percentile=spec.percentile if spec.HasField("percentile") else usual.percentile,
        max_distance=spec.max_distance if spec.HasField("max_distance") else usual.max_distance,
        seed=spec.input.seed,
    )
    return Order(*_input(spec.input), job)


def select_order(
    spec: curation_pb.SelectSpec,
    groups: NDArray[np.int64] | None = None,
    classes: NDArray[np.int64] | None = None,
) -> Order:
    """Reads how to pick images; raises SpecInvalid like `fit_order`.

    Args:
        spec: the spec.
        groups: array (N,), int64, see `SelectJob`.
        classes: array (N,), int64, see `SelectJob`.
    """
    strategy = STRATEGIES.get(spec.strategy)
    if strategy is None:
        raise spec_invalid("strategy", f"There is no strategy {spec.strategy}; leave it out for the default.")
    return Order(*_input(spec.input), SelectJob(spec.count, strategy, spec.input.seed, groups, classes))


def teach_order(
    spec: teach_pb.TeachSpec, classes: NDArray[np.int64] | None, confidences: NDArray[np.int64] | None
) -> Order:
    """Reads what to teach.

    Args:
        spec: the spec.
        classes: array (N,), int64, see `TeachJob`.
        confidences: array (N,), int64: percent; None: all labels are sure.

    Raises:
        SpecInvalid: a field is missing, or a class or a confidence is out of its range.
    """
    if classes is None or (classes >= spec.class_count).any():
        raise spec_invalid("classes", f"classes must hold a number below {spec.class_count} for each image.")
    if confidences is not None and not ((confidences >= 1) & (confidences <= 100)).all():
        raise spec_invalid("confidences", "confidences must hold 1 to 100 for each image.")
    job = TeachJob(
        classes,
        spec.class_count,
        None if confidences is None else confidences / 100.0,
        minimum_a_class=spec.minimum_a_class,
        seed=spec.seed,
    )
    requester = _requester(spec.project_id, spec.requester, "project_id")
    return Order(feature_source(spec.source, "source"), requester, job)


def neighbour_wish(spec: neighbour_pb.NeighbourSpec) -> Wish:
    """Reads whose neighbours to search; raises SpecInvalid like `fit_order`."""
    source = feature_source(spec.source, "source")
    _requester(spec.project_id, "", "project_id")
    if source.model == UPLOADED_MODEL:
        raise spec_invalid("source", "Uploaded features may be replaced, so neighbours are of models only.")
    of_image = spec.WhichOneof("of") == "image_id"
    if of_image and len(spec.image_id) != BYTES_PER_ID:
        raise spec_invalid("image_id", f"image_id must have {BYTES_PER_ID} bytes.")
    if not of_image and (not spec.vector or len(spec.vector) % 4):
        raise spec_invalid("of", "Give the image, or a vector of float32, whose neighbours are searched.")
    vector = np.frombuffer(spec.vector, "<f4").astype(np.float32)
    if not of_image and not (np.isfinite(vector).all() and vector.any()):
        raise spec_invalid("vector", "vector must hold finite numbers that are not all zero.")
    return Wish(spec.project_id, source, spec.image_id if of_image else b"", vector, spec.count)


def object_wish(spec: neighbour_pb.ObjectSpec) -> ObjectWish:
    """Reads which object's neighbours to search; raises SpecInvalid like `fit_order`."""
    source = feature_source(spec.source, "source")
    _requester(spec.project_id, "", "project_id")
    if source.model == UPLOADED_MODEL:
        raise spec_invalid("source", "Only detectors give features of objects; name a model and its version.")
    if len(spec.image_id) != BYTES_PER_ID:
        raise spec_invalid("image_id", f"image_id must have {BYTES_PER_ID} bytes.")
    return ObjectWish(spec.project_id, source, spec.image_id, spec.object, spec.count)


def named_images(spec: neighbour_pb.NeighbourSpec | neighbour_pb.ObjectSpec, images: ImageIds) -> Named:
    """Reads which images may be found; raises SpecInvalid where the digest is not that of the ids."""
    if spec.images_sha256 and len(spec.images_sha256) != hashlib.sha256().digest_size:
        raise spec_invalid("images_sha256", "images_sha256 must have 32 bytes.")
    if spec.images_sha256 and len(images) and images.digest() != spec.images_sha256:
        raise spec_invalid("images_sha256", "images_sha256 is not the digest of the ids that follow.")
    return Named(images, spec.images_sha256)


def feature_source(message: source_pb.FeatureSource, field: str) -> FeatureSource:
    """Reads where vectors come from.

    Raises:
        SpecInvalid: no source is named, or only half of one.
    """
    if message.WhichOneof("source") == "named_features" and message.named_features.feature_set:
        return FeatureSource(UPLOADED_MODEL, message.named_features.feature_set)
    model = message.model_features
    if message.WhichOneof("source") == "model_features" and model.model and model.version:
        return FeatureSource(model.model, model.version)
    raise spec_invalid(field, f"{field} is missing: give model and version, or the name of an uploaded feature set.")


def recipe(message: projection_pb.Recipe) -> Recipe:
    """Reads a recipe; ranges are the domain's matter.

    Raises:
        SpecInvalid: the method is missing or the parameters are of another one.
    """
    method = METHODS.get(message.method)
    if method is None:
        raise spec_invalid("recipe.method", "recipe.method is missing or unknown: give PCA, TSNE, UMAP or PACMAP.")
    branch = message.WhichOneof("parameters")
    if branch is not None and PARAMETER_BRANCHES[branch] is not method:
        raise spec_invalid("recipe.parameters", f"recipe.{branch} does not belong to {method.value}; leave it out.")
    return Recipe(method, message.dimensions, _parameters(message, branch, method), message.seed)


def _parameters(message: projection_pb.Recipe, branch: str | None, method: Method) -> Parameters:
    if branch == "pca":
        return PcaParameters(message.pca.unit_variance)
    if branch == "tsne":
        tsne, usual = message.tsne, TsneParameters()
        return TsneParameters(
            perplexity=tsne.perplexity if tsne.HasField("perplexity") else usual.perplexity,
            iterations=tsne.iterations if tsne.HasField("iterations") else usual.iterations,
            early_exaggeration=(
                tsne.early_exaggeration if tsne.HasField("early_exaggeration") else usual.early_exaggeration
            ),
            metric=_metric(tsne.metric, "recipe.tsne.metric"),
        )
    if branch == "umap":
        umap, standard = message.umap, UmapParameters()
        return UmapParameters(
            neighbours=umap.neighbours if umap.HasField("neighbours") else standard.neighbours,
            epochs=_given(umap.epochs) if umap.HasField("epochs") else None,
            negative_samples=umap.negative_samples if umap.HasField("negative_samples") else standard.negative_samples,
            metric=_metric(umap.metric, "recipe.umap.metric"),
        )
    if branch == "pacmap":
        pacmap, paper = message.pacmap, PacmapParameters()
        return PacmapParameters(
            neighbours=_given(pacmap.neighbours) if pacmap.HasField("neighbours") else None,
            iterations=pacmap.iterations if pacmap.HasField("iterations") else paper.iterations,
            metric=_metric(pacmap.metric, "recipe.pacmap.metric"),
        )
    return PARAMETERS_OF[method]()


def _given(number: int) -> int:
    # The domain reads None as "by the number of images"; a zero that was sent must not become that.
    return number or -1


def _metric(value: projection_pb.Metric.ValueType, field: str) -> Metric:
    metric = METRICS.get(value)
    if metric is None:
        raise spec_invalid(field, f"There is no metric {value}; leave it out for the default.")
    return metric


def _input(message: curation_pb.CurationInput) -> tuple[FeatureSource, str]:
    requester = _requester(message.project_id, message.requester, "input.project_id")
    return feature_source(message.source, "input.source"), requester


def _requester(project_id: str, requester: str, field: str) -> str:
    if not project_id:
        raise spec_invalid(field, f"{field} is missing: give the id of the project that owns the images.")
    return requester or f"projects/{ids.parse_id(project_id)}"
