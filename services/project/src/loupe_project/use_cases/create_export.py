"""Asking for an export."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain import audit
from loupe_project.domain.errors import AnalysisNotFound, NothingToExport
from loupe_project.domain.export import Export, NewExport
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.selection import Selection
from loupe_project.ports.store import Store
from loupe_project.use_cases import access, splits
from loupe_project.use_cases.select_images import select_images, settled

MAX_MAPS = 100


async def create_export(
    store: Store, scope: Scope, project_id: str, new: NewExport, now: datetime, keep_for: timedelta
) -> Operation:
    """Write the export and the operation that makes it.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        InvalidArgument: If nothing is asked for, or too many maps.
        ImageNotFound: If one of the ids is not an image of the project.
        NothingToExport: If no image matches.
        SplitNotFound: If the split does not exist for the caller.
        SplitNotReady: If it is not finished.
        AnalysisNotFound: If one of the maps does not exist for the caller.
    """
    project = await access.viewer(store, scope, project_id, Right.EXPORT)
    if not new.contents:
        raise InvalidArgument(
            "Say what goes into the export: images, a table, COCO, YOLO, features or maps.",
            fields=[FieldViolation("export.contents", "must name at least one")],
        )
    selection = await settled(store, scope, project, new.selection)
    if new.split_id:
        split = await splits.get_finished_split(store, scope, project_id, new.split_id)
        image_count = sum(split.counts.values())
    else:
        image_count = await _count_images(store, scope, project, selection)
    await _check_maps(store, scope, project_id, new.analysis_ids or ())
    export_id, operation_id = ids.new_id(), ids.new_id()
    export = Export(
        id=export_id,
        project_id=project_id,
        selection=selection,
        contents=tuple(dict.fromkeys(new.contents)),
        analysis_ids=new.analysis_ids,
        creator=scope.principal,
        operation_id=operation_id,
        create_time=now,
        expire_time=now + keep_for,
        split_id=new.split_id,
    )
    operation = Operation.asked(
        operation_id,
        OperationKind.CREATE_EXPORT,
        project_id=project_id,
        target=export.name,
        request=export_id.encode(),
        scope=scope,
        now=now,
    )
    await store.exports.add(export)
    await store.operations.add(operation)
    what = {"contents": " ".join(export.contents), "query": selection.query if selection.ids is None else ""}
    what |= {"split": new.split_id} if new.split_id else {}
    await store.audit.add(
        audit.event(scope, audit.Action.CREATE_EXPORT, export.name, now, images=str(image_count), **what)
    )
    return operation


async def _count_images(store: Store, scope: Scope, project: Project, selection: Selection) -> int:
    image_ids = await select_images(store, scope, project, selection)
    if not image_ids:
        raise NothingToExport(
            f"No image matches {selection.query!r}; check the query with a search first.", query=selection.query[:200]
        )
    return len(image_ids)


async def _check_maps(store: Store, scope: Scope, project_id: str, analysis_ids: Sequence[str]) -> None:
    if len(analysis_ids) > MAX_MAPS:
        raise InvalidArgument(
            f"{len(analysis_ids)} maps are asked for, {MAX_MAPS} go into one export.",
            fields=[FieldViolation("export.analyses", f"must be at most {MAX_MAPS}")],
        )
    for analysis_id in analysis_ids:
        if await store.analyses.get(scope, project_id, analysis_id) is None:
            raise AnalysisNotFound(
                f"There is no analysis {analysis_id} for you in this project; leave it out.", analysis=analysis_id
            )
