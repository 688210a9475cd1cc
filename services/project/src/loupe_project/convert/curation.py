"""Selections, runs and what they found, as messages."""

import json
from collections.abc import Sequence

from google.rpc.status_pb2 import Status

from loupe.project.v1 import curation_service_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.convert import image
from loupe_project.convert.analysis import selector_to_message
from loupe_project.convert.values import timestamp
from loupe_project.domain import names
from loupe_project.domain.analysis import source_name
from loupe_project.domain.curation import (
    CurationRun,
    CurationState,
    Duplicate,
    DuplicateGroup,
    NewRun,
    NewSelection,
    Outlier,
    Pick,
    RunKind,
    Selection,
    Strategy,
    outlier_reason,
)

STATES = {state: pb.CurationState.Value(f"CURATION_STATE_{state.value}") for state in CurationState}
_KINDS = {kind: pb.CurationRun.Kind.Value(f"KIND_{kind.value}") for kind in RunKind}
_KINDS_OF = {message: kind for kind, message in _KINDS.items()}
_STRATEGIES = {
    Strategy.AUTO: pb.Selection.STRATEGY_UNSPECIFIED,
    Strategy.CLUSTERS: pb.Selection.STRATEGY_CLUSTERS,
    Strategy.COVERAGE: pb.Selection.STRATEGY_COVERAGE,
    Strategy.UNCERTAINTY: pb.Selection.STRATEGY_UNCERTAINTY,
}
_STRATEGIES_OF = {message: strategy for strategy, message in _STRATEGIES.items()}


def new_selection_of(message: pb.Selection) -> NewSelection:
    """What somebody asks for.

    Raises:
        InvalidArgument: If the selector is missing, or the strategy is unknown.
    """
    strategy = _STRATEGIES_OF.get(message.strategy)
    if strategy is None:
        raise InvalidArgument(
            f"There is no strategy {message.strategy}; leave it out for the default.",
            fields=[FieldViolation("selection.strategy", "is unknown")],
        )
    return NewSelection(
        images=image.selection_of(message.selector, "selection.selector"),
        count=message.count,
        strategy=strategy,
        display_name=message.display_name,
        feature_source=message.feature_source,
        seed=message.seed,
        balance_by=message.balance_by.strip(),
    )


def new_run_of(message: pb.CurationRun) -> NewRun:
    """What somebody asks for.

    Raises:
        InvalidArgument: If the kind or the selector is missing.
    """
    kind = _KINDS_OF.get(message.kind)
    if kind is None:
        raise InvalidArgument(
            "Say what to search for: KIND_OUTLIERS or KIND_DUPLICATES.",
            fields=[FieldViolation("curation_run.kind", "must be given")],
        )
    reference = None
    if message.HasField("reference"):
        reference = image.selection_of(message.reference, "curation_run.reference")
    return NewRun(
        kind=kind,
        images=image.selection_of(message.selector, "curation_run.selector"),
        reference=reference,
        feature_source=message.feature_source,
        seed=message.seed,
    )


def selection_to_message(selection: Selection) -> pb.Selection:
    """A selection."""
    facts = selection.facts
    message = pb.Selection(
        name=selection.name,
        display_name=selection.display_name,
        selector=selector_to_message(selection.images),
        count=selection.count,
        strategy=_STRATEGIES[selection.strategy],
        feature_source=source_name(selection.source),
        feature_version=selection.source.version,
        seed=selection.seed,
        balance_by=selection.balance_by,
        state=STATES[selection.state],
        pick_count=selection.pick_count,
        candidate_count=facts.candidate_count,
        skipped_count=facts.skipped_count,
        labelled_count=facts.labelled_count,
        coverage=facts.coverage,
        candidates_sha256=facts.candidates_sha256,
        compute_seconds=facts.compute_seconds,
        creator=selection.creator,
        create_time=timestamp(selection.create_time),
        update_time=timestamp(selection.update_time),
        operation=names.operation(selection.project_id, selection.operation_id),
    )
    if selection.failure:
        message.failure.CopyFrom(Status.FromString(selection.failure))
    return message


def pick_to_message(project_id: str, pick: Pick) -> pb.Pick:
    """A pick."""
    return pb.Pick(
        image=names.image(project_id, pick.image_id),
        file_name=pick.file_name,
        rank=pick.rank,
        represented_count=pick.represented_count,
        margin=pick.margin,
        reason=pick.reason,
    )


def run_to_message(run: CurationRun) -> pb.CurationRun:
    """A run."""
    facts = run.facts
    message = pb.CurationRun(
        name=run.name,
        kind=_KINDS[run.kind],
        selector=selector_to_message(run.images),
        reference=None if run.reference is None else selector_to_message(run.reference),
        feature_source=source_name(run.source),
        feature_version=run.source.version,
        seed=run.seed,
        state=STATES[run.state],
        image_count=facts.image_count,
        skipped_count=facts.skipped_count,
        group_count=facts.group_count,
        duplicate_count=facts.duplicate_count,
        median_distance=facts.median_distance,
        neighbors=facts.neighbors,
        threshold=facts.threshold,
        compute_seconds=facts.compute_seconds,
        creator=run.creator,
        create_time=timestamp(run.create_time),
        update_time=timestamp(run.update_time),
        operation=names.operation(run.project_id, run.operation_id),
    )
    if run.failure:
        message.failure.CopyFrom(Status.FromString(run.failure))
    return message


def outlier_to_message(run: CurationRun, outlier: Outlier) -> pb.Outlier:
    """A score."""
    nearest = outlier.nearest_image_id
    return pb.Outlier(
        image=names.image(run.project_id, outlier.image_id),
        file_name=outlier.file_name,
        score=outlier.score,
        mean_distance=outlier.mean_distance,
        nearest_image=names.image(run.project_id, nearest) if nearest else "",
        reason=outlier_reason(outlier, run.facts),
    )


def group_to_message(project_id: str, group: DuplicateGroup) -> pb.DuplicateGroup:
    """A group of duplicates."""
    return pb.DuplicateGroup(
        keeper=names.image(project_id, group.keeper_id),
        keeper_file_name=group.keeper_file_name,
        members=[_member(project_id, one) for one in group.members],
        member_count=group.member_count,
    )


def manifest(selection: Selection, picks: Sequence[Pick], picks_sha256: str) -> bytes:
    """The manifest of a selection: indented JSON."""
    facts, images = selection.facts, selection.images
    content = {
        "format": "loupe-selection-1",
        "selection": selection.name,
        "display_name": selection.display_name,
        "create_time": selection.create_time.isoformat(),
        "creator": selection.creator,
        "query": images.query if images.ids is None else None,
        "ids": None if images.ids is None else list(images.ids),
        "count": selection.count,
        "strategy": selection.strategy.value,
        "feature_source": source_name(selection.source),
        "feature_version": selection.source.version,
        "seed": selection.seed,
        "balance_by": selection.balance_by or None,
        "candidates_sha256": facts.candidates_sha256,
        "picks_sha256": picks_sha256,
        "picks": [
            {
                "rank": one.rank,
                "image": names.image(selection.project_id, one.image_id),
                "file_name": one.file_name,
                "sha256": one.sha256,
                "reason": one.reason,
            }
            for one in picks
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def _member(project_id: str, one: Duplicate) -> pb.DuplicateGroup.Member:
    return pb.DuplicateGroup.Member(
        image=names.image(project_id, one.image_id),
        file_name=one.file_name,
        is_exact=one.is_exact,
        pixel_difference=one.difference,
    )
