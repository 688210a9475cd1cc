"""Whether production still looks like the reference."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.curation import MIN_IMAGES, CurationRun, CurationState, RunKind
from loupe_project.domain.drift import Group, Judged, Reference, judge
from loupe_project.domain.drift_queries import DAY
from loupe_project.domain.errors import CurationRunNotReady
from loupe_project.domain.project import Project
from loupe_project.domain.query import fields, tree
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.traits import usual
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.select_images import select_images

MAX_GROUPS = 1_000
_RUNS = 100
"""Runs among which the newest one with a reference is looked for."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What was found."""

    run: CurationRun
    reference: Reference
    group_by: str
    groups: tuple[Group, ...]


async def measure_drift(store: Store, scope: Scope, project_id: str, group_by: str) -> Drift:
    """Compare the images of the newest run that had a reference with it.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Which.
        group_by: `day` or a field; empty: by day.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        InvalidArgument: If images cannot be grouped by that.
        CurationRunNotReady: If there is no such run, or too few of its reference exist for the caller.
    """
    project = await access.viewer(store, scope, project_id, Right.READ)
    wanted = group_by or DAY
    field = None if wanted == DAY else group_field(wanted)
    run = await _newest_run(store, scope, project_id)
    of_reference = await select_images(store, scope, project, run.reference) if run.reference else []
    reference = await _reference(store, scope, project, run, of_reference)
    inside = set(of_reference)
    judged = await store.drift.judged(scope, run, ZoneInfo(project.time_zone))
    outside = [one for one in judged if one.image_id not in inside]
    groups = [judge(value, some, reference) for value, some in (await _grouped(store, scope, project, field, outside))]
    if field is None:
        groups.sort(key=lambda one: one.value, reverse=True)
    else:
        groups.sort(key=lambda one: (one.chance, -one.unlike_share, one.value))
    return Drift(run, reference, wanted if field is None else field.name, tuple(groups[:MAX_GROUPS]))


async def _newest_run(store: Store, scope: Scope, project_id: str) -> CurationRun:
    for run in await store.curation.list_runs(scope, project_id, before="", limit=_RUNS):
        if run.kind is RunKind.OUTLIERS and run.state is CurationState.SUCCEEDED:
            if run.reference is not None:
                return run
            break
    raise CurationRunNotReady(
        "Drift is measured against a reference, and the newest scores of outliers have none; score outliers again, "
        "with a reference such as tag:golden.",
        state="MISSING",
    )


async def _reference(
    store: Store, scope: Scope, project: Project, run: CurationRun, image_ids: Sequence[str]
) -> Reference:
    count = await store.analyses.count_features(project.id, run.source, image_ids)
    if count < MIN_IMAGES:
        raise CurationRunNotReady(
            f"{count} images of the reference are there for you and have features, {MIN_IMAGES} are needed; score "
            "outliers again with a larger reference, or ask the project's owner for the right to see it.",
            state="MISSING",
        )
    return reference_of(count, await store.drift.facts(scope, project.id, image_ids, ZoneInfo(project.time_zone)))


def reference_of(count: int, images: Sequence[Judged]) -> Reference:
    """What groups are compared with.

    Args:
        count: Images with features.
        images: Its images.
    """
    told = [one.is_right for one in images]
    return Reference(
        count=count,
        confidences=tuple(sorted(one.confidence for one in images if one.confidence is not None)),
        right=told.count(True),
        wrong=told.count(False),
        traits=usual([one.traits for one in images]),
    )


async def _grouped(
    store: Store, scope: Scope, project: Project, field: tree.Field | None, judged: Sequence[Judged]
) -> list[tuple[str, list[Judged]]]:
    groups: dict[str, list[Judged]] = defaultdict(list)
    values = {}
    if field is not None:
        values = await store.analyses.point_values(scope, project.id, field, [one.image_id for one in judged])
    for one in judged:
        value = one.day if field is None else values.get(one.image_id)
        groups[group_value(value)].append(one)
    return sorted(groups.items())


def group_value(value: str | float | None) -> str:
    """The group that images with this value of a field belong to; empty for those without one."""
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:g}"


def group_field(name: str) -> tree.Field:
    """The field that images are grouped by.

    Raises:
        InvalidArgument: If it has not one value an image.
    """
    field = fields.find(name)
    if field is None or not (field.kind is tree.Kind.METADATA or field.name == "batch"):
        raise InvalidArgument(
            f"Images cannot be grouped by {name[:100]!r}; take day, line or another inspection metadata, batch or "
            "meta.<key>.",
            fields=[FieldViolation("group_by", "must be day, a metadata field or batch")],
        )
    return field
