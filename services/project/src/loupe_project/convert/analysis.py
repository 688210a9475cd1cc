"""Analyses as messages."""

from google.rpc.status_pb2 import Status

from loupe.project.v1 import analysis_service_pb2 as pb
from loupe.project.v1 import image_pb2
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.convert import image
from loupe_project.convert.values import timestamp
from loupe_project.domain.analysis import (
    DEFAULT_NEIGHBORS,
    DEFAULT_PERPLEXITY,
    Analysis,
    AnalysisState,
    AnalysisVisibility,
    Method,
    NewAnalysis,
    PointValues,
    Recipe,
    source_name,
)
from loupe_project.domain.image_set import ImageSet
from loupe_project.domain.selection import Selection
from loupe_project.use_cases.place_images import Placed

_METHODS = {
    Method.PCA: pb.Analysis.METHOD_PCA,
    Method.TSNE: pb.Analysis.METHOD_TSNE,
    Method.UMAP: pb.Analysis.METHOD_UMAP,
    Method.PACMAP: pb.Analysis.METHOD_PACMAP,
}
_METHODS_OF = {message: method for method, message in _METHODS.items()}
_STATES = {
    AnalysisState.RUNNING: pb.Analysis.STATE_RUNNING,
    AnalysisState.SUCCEEDED: pb.Analysis.STATE_SUCCEEDED,
    AnalysisState.FAILED: pb.Analysis.STATE_FAILED,
    AnalysisState.CANCELLED: pb.Analysis.STATE_CANCELLED,
}
_VISIBILITIES = {
    AnalysisVisibility.PRIVATE: pb.Analysis.VISIBILITY_PRIVATE,
    AnalysisVisibility.SHARED: pb.Analysis.VISIBILITY_SHARED,
}


def to_message(analysis: Analysis) -> pb.Analysis:
    """An analysis."""
    recipe, quality = analysis.recipe, analysis.quality
    message = pb.Analysis(
        name=analysis.name,
        display_name=analysis.display_name,
        method=_METHODS[recipe.method],
        dimensions=recipe.dimensions,
        feature_source=source_name(analysis.source),
        seed=recipe.seed,
        neighbors=recipe.neighbors,
        perplexity=recipe.perplexity,
        visibility=_VISIBILITIES[analysis.visibility],
        selector=selector_to_message(analysis.selection),
        state=_STATES[analysis.state],
        point_count=quality.point_count + analysis.placed_count,
        skipped_count=quality.skipped_count,
        compute_seconds=quality.compute_seconds,
        trustworthiness=quality.trustworthiness or 0.0,
        neighbor_preservation=quality.neighbor_preservation or 0.0,
        landmark_count=quality.landmark_count,
        creator=analysis.creator,
        create_time=timestamp(analysis.create_time),
        update_time=timestamp(analysis.update_time),
        operation=f"projects/{analysis.project_id}/operations/{analysis.operation_id}",
        kept_current=analysis.keeper is not None,
        placed_count=analysis.placed_count,
        placeable=bool(analysis.reducer_key),
    )
    if analysis.failure:
        message.failure.CopyFrom(Status.FromString(analysis.failure))
    return message


def selector_to_message(selection: Selection) -> image_pb2.ImageSelector:
    """A selection as it was asked for."""
    if selection.ids is None:
        # A saved search was settled on its query when the analysis was asked for.
        return image_pb2.ImageSelector(query=selection.query)
    return image_pb2.ImageSelector(images=image_pb2.ImageSelector.Ids(ids=selection.ids))


def new_of(message: pb.Analysis) -> NewAnalysis:
    """What somebody asks for.

    Raises:
        InvalidArgument: If the method or the selector is missing.
    """
    method = _METHODS_OF.get(message.method)
    if method is None:
        raise InvalidArgument(
            "Say how the map is made: METHOD_PCA, METHOD_TSNE, METHOD_UMAP or METHOD_PACMAP.",
            fields=[FieldViolation("analysis.method", "must be given")],
        )
    recipe = Recipe(
        method=method,
        dimensions=message.dimensions or 2,
        seed=message.seed,
        neighbors=message.neighbors or (0 if method is Method.PACMAP else DEFAULT_NEIGHBORS),
        perplexity=message.perplexity or DEFAULT_PERPLEXITY,
    )
    return NewAnalysis(
        selection=image.selection_of(message.selector, "analysis.selector"),
        recipe=recipe,
        display_name=message.display_name,
        feature_source=message.feature_source,
        visibility=visibility_of(message),
        kept_current=message.kept_current,
    )


def visibility_of(message: pb.Analysis) -> AnalysisVisibility:
    """Who may see it; private unless said otherwise."""
    is_shared = message.visibility == pb.Analysis.VISIBILITY_SHARED
    return AnalysisVisibility.SHARED if is_shared else AnalysisVisibility.PRIVATE


def values_to_message(values: PointValues) -> pb.PointValues:
    """Values that colour points."""
    return pb.PointValues(field=values.field, values=values.values, codes=values.codes, numbers=values.numbers)


def image_set_to_message(image_set: ImageSet) -> pb.ImageSet:
    """A set of images."""
    return pb.ImageSet(
        query=image_set.query, image_count=image_set.image_count, expire_time=timestamp(image_set.expire_time)
    )


def placement_selection(request: pb.PlaceImagesRequest) -> Selection | None:
    """Which images shall be placed; None: those of the map's own selector.

    Raises:
        InvalidArgument: If the selector cannot be read.
    """
    return image.selection_of(request.selector, "selector") if request.HasField("selector") else None


def placed_to_message(analysis: Analysis, placed: Placed) -> pb.PlaceImagesResponse:
    """What came of placing images."""
    return pb.PlaceImagesResponse(
        analysis=to_message(analysis),
        placed_count=placed.added,
        present_count=placed.present,
        skipped_count=placed.skipped,
    )
