"""Drift as messages."""

from collections.abc import Sequence

from loupe.project.v1 import drift_service_pb2 as pb
from loupe_project.domain.drift import Group, Verdict
from loupe_project.domain.drift_queries import DAY, of_group, standing_out
from loupe_project.domain.drift_words import sentence, sentence_ko
from loupe_project.domain.traits import Trait, TraitFound
from loupe_project.use_cases.measure_drift import Drift

VERDICTS = {one: pb.DriftGroup.Verdict.Value(f"VERDICT_{one.value}") for one in Verdict}
_KINDS = {one: pb.DriftTrait.Kind.Value(f"KIND_{one.name}") for one in Trait}


def to_message(drift: Drift) -> pb.MeasureDriftResponse:
    """What was found."""
    return pb.MeasureDriftResponse(
        curation_run=drift.run.name,
        reference_count=drift.reference.count,
        drift_groups=[_group(drift, one) for one in drift.groups],
    )


def _group(drift: Drift, group: Group) -> pb.DriftGroup:
    where = group.value if drift.group_by == DAY else f"{drift.group_by} {group.value or '—'}"
    unlike = f"outlier>={drift.reference.unlike_score:.6f}"
    message = group_to_message(group, where)
    base = of_group(drift.group_by, group.value)
    message.query = standing_out(base, unlike, group.conspicuous_traits, with_unlike=group.is_unlike)
    return message


def group_to_message(group: Group, where: str) -> pb.DriftGroup:
    """A group, without the query for its images.

    Args:
        group: The group.
        where: How people call it, as in "line L3".
    """
    return pb.DriftGroup(
        value=group.value,
        verdict=VERDICTS[group.verdict],
        image_count=group.count,
        unlike_share=group.unlike_share,
        unsure_share=group.unsure_share,
        wrong_share=group.wrong_share,
        labelled_count=group.labelled,
        chance=group.chance,
        sentence=sentence(group, where),
        sentence_ko=sentence_ko(group, where),
        traits=_traits(group.traits),
    )


def _traits(traits: Sequence[TraitFound]) -> list[pb.DriftTrait]:
    return [
        pb.DriftTrait(
            kind=_KINDS[one.trait],
            median=one.median,
            usual_low=one.low,
            usual_high=one.high,
            below_share=one.below_share,
            above_share=one.above_share,
            is_conspicuous=one.is_conspicuous,
        )
        for one in traits
    ]
