"""From the domain to the contract: headers, and results in blocks of bounded size.

Results count rows among the images that have a vector; here rows become ids again.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from loupe.reduction.v1 import curation_service_pb2 as curation_pb
from loupe.reduction.v1 import feature_source_pb2 as source_pb
from loupe.reduction.v1 import projection_pb2 as projection_pb
from loupe.reduction.v1 import reduction_service_pb2 as reduction_pb
from loupe.reduction.v1 import teach_service_pb2 as teach_pb
from loupe_reduction.domain.features import ImageIds
from loupe_reduction.domain.jobs import (
    DuplicateGroups,
    OutlierScores,
    Placement,
    Projection,
    Quality,
    Selection,
    Strategy,
    TaughtHead,
)
from loupe_reduction.domain.progress import EarlyPicture, Progress
from loupe_reduction.domain.recipe import PacmapParameters, PcaParameters, Recipe, TsneParameters
from loupe_reduction.use_cases.apply_head import Answers
from loupe_reduction.use_cases.run_job import Outcome

PACKED_BLOCK = 65_536
"""Images in a message that holds packed arrays."""

PIECE_BYTES = 1 << 20
"""Of a head or a reducer, in one message."""

MESSAGE_BLOCK = 1_000
"""Images in a message that holds one message for each."""


def progress_message(progress: Progress) -> source_pb.Progress:
    """Writes how far the work is."""
    return source_pb.Progress(
        phase=source_pb.Phase.Value(f"PHASE_{progress.phase.name}"),
        fraction=progress.fraction,
        queue_position=progress.queue_position,
    )


def recipe_message(made: Recipe) -> projection_pb.Recipe:
    """Writes a recipe that was carried out, every parameter filled in."""
    message = projection_pb.Recipe(
        method=projection_pb.Method.Value(f"METHOD_{made.method.name}"), dimensions=made.dimensions, seed=made.seed
    )
    message.landmarks = made.landmarks
    parameters = made.parameters
    if isinstance(parameters, PcaParameters):
        message.pca.unit_variance = parameters.unit_variance
    elif isinstance(parameters, TsneParameters):
        message.tsne.perplexity = parameters.perplexity
        message.tsne.iterations = parameters.iterations
        message.tsne.early_exaggeration = parameters.early_exaggeration
        message.tsne.metric = projection_pb.Metric.Value(f"METRIC_{parameters.metric.name}")
    elif isinstance(parameters, PacmapParameters):
        message.pacmap.neighbours = parameters.neighbours or 0
        message.pacmap.iterations = parameters.iterations
        message.pacmap.metric = projection_pb.Metric.Value(f"METRIC_{parameters.metric.name}")
    else:
        message.umap.neighbours = parameters.neighbours
        message.umap.epochs = parameters.epochs or 0
        message.umap.negative_samples = parameters.negative_samples
        message.umap.metric = projection_pb.Metric.Value(f"METRIC_{parameters.metric.name}")
    return message


def quality_message(quality: Quality) -> projection_pb.Quality:
    """Writes how faithful a map is."""
    return projection_pb.Quality(
        trustworthiness=quality.trustworthiness,
        neighbour_preservation=quality.neighbour_preservation,
        neighbours=quality.neighbours,
        sample_size=quality.sample_size,
        explained_variance_ratio=quality.explained_variance_ratio,
    )


def projection_header(outcome: Outcome, projection: Projection) -> reduction_pb.ProjectionHeader:
    """Writes what is said once about a fitted map."""
    return reduction_pb.ProjectionHeader(
        count=len(projection.coordinates),
        skipped_count=len(outcome.skipped),
        feature_dimension=outcome.dimension,
        recipe=recipe_message(projection.recipe),
        quality=quality_message(projection.quality),
        seconds=outcome.seconds,
    )


def skipped_blocks(outcome: Outcome) -> Iterator[source_pb.SkippedImages]:
    """Writes which images were left out."""
    for start in range(0, len(outcome.skipped), PACKED_BLOCK):
        rows = outcome.skipped[start : start + PACKED_BLOCK]
        yield source_pb.SkippedImages(image_ids=outcome.images.pack(rows))


def early_block(images: ImageIds, picture: EarlyPicture) -> projection_pb.CoordinatesBlock:
    """Writes an early picture of a map of some images."""
    return projection_pb.CoordinatesBlock(
        image_ids=images.pack(picture.rows), coordinates=picture.coordinates.astype("<f4").tobytes()
    )


def placement_header(outcome: Outcome, placement: Placement) -> reduction_pb.PlacementHeader:
    """Writes what is said once about a placement."""
    count, dimensions = placement.coordinates.shape
    return reduction_pb.PlacementHeader(
        count=count, skipped_count=len(outcome.skipped), dimensions=dimensions, seconds=outcome.seconds
    )


def coordinate_blocks(outcome: Outcome, found: Projection | Placement) -> Iterator[projection_pb.CoordinatesBlock]:
    """Writes the points of a map or a placement, in the order of the request."""
    for start in range(0, len(outcome.rows), PACKED_BLOCK):
        part = slice(start, start + PACKED_BLOCK)
        yield projection_pb.CoordinatesBlock(
            image_ids=outcome.images.pack(outcome.rows[part]),
            coordinates=found.coordinates[part].astype("<f4").tobytes(),
        )


def outlier_header(outcome: Outcome, found: OutlierScores) -> curation_pb.OutlierHeader:
    """Writes what is said once about a scoring."""
    return curation_pb.OutlierHeader(
        count=len(found.scores),
        skipped_count=len(outcome.skipped),
        neighbours=found.neighbours,
        median_distance=found.median_distance,
        seconds=outcome.seconds,
    )


def outlier_blocks(outcome: Outcome, found: OutlierScores) -> Iterator[curation_pb.OutlierBlock]:
    """Writes the scores, in the order of the request."""
    median = found.median_distance
    for start in range(0, len(found.scores), MESSAGE_BLOCK):
        rows = np.arange(start, min(start + MESSAGE_BLOCK, len(found.scores)))
        yield curation_pb.OutlierBlock(scores=[_outlier(outcome, found, int(row), median) for row in rows])


def _outlier(outcome: Outcome, found: OutlierScores, row: int, median: float) -> curation_pb.OutlierScore:
    distance = float(found.distances[row])
    compared = f", {distance / median:.1f} times the median" if median > 0 else ""
    images = "image" if found.neighbours == 1 else f"{found.neighbours} nearest images"
    return curation_pb.OutlierScore(
        image_id=_id(outcome, row),
        score=float(found.scores[row]),
        mean_distance=distance,
        nearest_image_id=_id(outcome, int(found.nearest[row])),
        reason=f"Mean distance to its {images} is {distance:.3f}{compared}.",
    )


def duplicate_header(outcome: Outcome, found: DuplicateGroups) -> curation_pb.DuplicateHeader:
    """Writes what is said once about a search for duplicates."""
    return curation_pb.DuplicateHeader(
        count=len(outcome.rows),
        skipped_count=len(outcome.skipped),
        group_count=len(found.keepers),
        duplicate_count=sum(len(members) for members in found.members),
        threshold=found.threshold,
        seconds=outcome.seconds,
    )


def duplicate_groups(outcome: Outcome, found: DuplicateGroups) -> Iterator[curation_pb.DuplicateGroup]:
    """Writes the groups, largest first; a large one in several messages."""
    for group, (keeper, members, distances) in enumerate(
        zip(found.keepers, found.members, found.distances, strict=True)
    ):
        reason = f"Within cosine distance {float(distances.max()):.4f} of the keeper; different images of this set "
        reason += f"are usually farther apart than {found.threshold:.4f}."
        for start in range(0, len(members), PACKED_BLOCK):
            part = slice(start, start + PACKED_BLOCK)
            yield curation_pb.DuplicateGroup(
                group=group,
                keeper_image_id=_id(outcome, int(keeper)),
                image_ids=_pack(outcome, members[part]),
                distances=distances[part].astype("<f4").tobytes(),
                reason=reason,
            )


def selection_header(outcome: Outcome, found: Selection, strategy: Strategy) -> curation_pb.SelectionHeader:
    """Writes what is said once about a selection."""
    return curation_pb.SelectionHeader(
        count=len(found.picks),
        candidate_count=len(outcome.rows),
        skipped_count=len(outcome.skipped),
        strategy=curation_pb.Strategy.Value(f"STRATEGY_{strategy.name}"),
        coverage=found.coverage,
        labelled_count=found.labelled,
        seconds=outcome.seconds,
    )


def pick_blocks(outcome: Outcome, found: Selection, strategy: Strategy) -> Iterator[curation_pb.PickBlock]:
    """Writes the picks, best first."""
    for start in range(0, len(found.picks), MESSAGE_BLOCK):
        places = range(start, min(start + MESSAGE_BLOCK, len(found.picks)))
        yield curation_pb.PickBlock(picks=[_pick(outcome, found, place, strategy) for place in places])


def _pick(outcome: Outcome, found: Selection, place: int, strategy: Strategy) -> curation_pb.Pick:
    represented, gain = int(found.represented[place]), int(found.gains[place])
    margin = 0.0 if found.margins is None else float(found.margins[place])
    if found.margins is not None:
        reason = f"Two classes are {margin:.0%} apart for the model of the labels; stands for {_images(represented)}."
    elif strategy is Strategy.KMEANS:
        reason = f"Is at the centre of {_images(represented)} that look alike."
    else:
        reason = f"Stands for {_images(gain)} that no earlier pick is as close to."
    return curation_pb.Pick(
        image_id=_id(outcome, int(found.picks[place])),
        rank=place + 1,
        represented_count=represented,
        reason=reason,
        margin=margin,
    )


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"


def _id(outcome: Outcome, row: int) -> bytes:
    return _pack(outcome, np.asarray([row]))


def _pack(outcome: Outcome, rows: NDArray[np.int64]) -> bytes:
    return outcome.images.pack(outcome.rows[rows])


def head_header(outcome: Outcome, taught: TaughtHead) -> teach_pb.HeadHeader:
    """Writes what is said once about a taught head."""
    figures = taught.figures
    return teach_pb.HeadHeader(
        count=len(outcome.rows),
        skipped_count=len(outcome.skipped),
        feature_dimension=outcome.dimension,
        kind=teach_pb.HeadKind.Value(f"HEAD_KIND_{figures.kind.name}"),
        folds=figures.folds,
        accuracy=figures.accuracy,
        balanced_accuracy=figures.balanced_accuracy,
        macro_f1=figures.macro_f1,
        log_loss=figures.log_loss,
        calibration_error=figures.calibration_error,
        confusion=figures.confusion.ravel().tolist(),
        head_size_bytes=len(taught.head),
        seconds=outcome.seconds,
    )


def pieces(content: bytes) -> Iterator[bytes]:
    """Cuts a head or a reducer into pieces that fit into messages."""
    for start in range(0, len(content), PIECE_BYTES):
        yield content[start : start + PIECE_BYTES]


def answer_block(answers: Answers) -> teach_pb.ApplyHeadResponse:
    """Writes what a head says of some images."""
    return teach_pb.ApplyHeadResponse(
        image_ids=answers.image_ids,
        class_count=answers.probabilities.shape[1],
        probabilities=answers.probabilities.astype("<f4").tobytes(),
    )
