"""Drift as messages."""

from loupe.project.v1 import drift_service_pb2 as pb
from loupe_project.domain.drift import Group, Verdict, sentence, sentence_ko
from loupe_project.use_cases.measure_drift import DAY, Drift

_VERDICTS = {one: pb.DriftGroup.Verdict.Value(f"VERDICT_{one.value}") for one in Verdict}


def to_message(drift: Drift) -> pb.MeasureDriftResponse:
    """What was found."""
    return pb.MeasureDriftResponse(
        curation_run=drift.run.name,
        reference_count=drift.reference.count,
        drift_groups=[_group(drift, one) for one in drift.groups],
    )


def _group(drift: Drift, group: Group) -> pb.DriftGroup:
    where = group.value if drift.group_by == DAY else f"{drift.group_by} {group.value or '—'}"
    return pb.DriftGroup(
        value=group.value,
        verdict=_VERDICTS[group.verdict],
        image_count=group.count,
        unlike_share=group.unlike_share,
        unsure_share=group.unsure_share,
        wrong_share=group.wrong_share,
        labelled_count=group.labelled,
        chance=group.chance,
        sentence=sentence(group, where),
        sentence_ko=sentence_ko(group, where),
        query=_query(drift, group),
    )


def _query(drift: Drift, group: Group) -> str:
    unlike = f"outlier>={drift.reference.unlike_score:.6f}"
    if drift.group_by == DAY:
        return f"(at:{group.value} OR (-has:at uploaded:{group.value})) {unlike}"
    if not group.value:
        return f"-has:{drift.group_by} {unlike}"
    escaped = group.value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{drift.group_by}:"{escaped}" {unlike}'
