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
from loupe_project.domain.selection import Selection

_METHODS = {
    Method.PCA: pb.Analysis.METHOD_PCA,
    Method.TSNE: pb.Analysis.METHOD_TSNE,
    Method.UMAP: pb.Analysis.METHOD_UMAP,
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
        point_count=quality.point_count,
        skipped_count=quality.skipped_count,
        compute_seconds=quality.compute_seconds,
        trustworthiness=quality.trustworthiness or 0.0,
        neighbor_preservation=quality.neighbor_preservation or 0.0,
        creator=analysis.creator,
        create_time=timestamp(analysis.create_time),
        update_time=timestamp(analysis.update_time),
        operation=f"projects/{analysis.project_id}/operations/{analysis.operation_id}",
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
            "Say how the map is made: METHOD_PCA, METHOD_TSNE or METHOD_UMAP.",
            fields=[FieldViolation("analysis.method", "must be given")],
        )
    recipe = Recipe(
        method=method,
        dimensions=message.dimensions or 2,
        seed=message.seed,
        neighbors=message.neighbors or DEFAULT_NEIGHBORS,
        perplexity=message.perplexity or DEFAULT_PERPLEXITY,
    )
    return NewAnalysis(
        selection=image.selection_of(message.selector, "analysis.selector"),
        recipe=recipe,
        display_name=message.display_name,
        feature_source=message.feature_source,
        visibility=visibility_of(message),
    )


def visibility_of(message: pb.Analysis) -> AnalysisVisibility:
    """Who may see it; private unless said otherwise."""
    is_shared = message.visibility == pb.Analysis.VISIBILITY_SHARED
    return AnalysisVisibility.SHARED if is_shared else AnalysisVisibility.PRIVATE


def values_to_message(values: PointValues) -> pb.PointValues:
    """Values that colour points."""
    return pb.PointValues(field=values.field, values=values.values, codes=values.codes, numbers=values.numbers)
