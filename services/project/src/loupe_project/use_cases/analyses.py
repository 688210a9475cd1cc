"""Maps as history: looking, listing, renaming, sharing, deleting."""

from dataclasses import replace

from loupe_kit.clock import Clock
from loupe_kit.objects import ObjectStore
from loupe_project.domain import audit
from loupe_project.domain.analysis import Analysis, AnalysisState, AnalysisVisibility
from loupe_project.domain.errors import AnalysisNotFound, AnalysisNotReady
from loupe_project.domain.operation import Operation
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.selection import Selection
from loupe_project.ports.operations import OperationWaker
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.create_analysis import checked_name
from loupe_project.use_cases.newest_first import read_page
from loupe_project.use_cases.place_images import check_placeable, placement_of
from loupe_project.use_cases.select_images import settled


async def get_analysis(store: Store, scope: Scope, project_id: str, analysis_id: str) -> Analysis:
    """One analysis.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        AnalysisNotFound: If the analysis does not.
    """
    await access.viewer(store, scope, project_id)
    return await _existing(store, scope, project_id, analysis_id)


async def get_finished(store: Store, scope: Scope, project_id: str, analysis_id: str) -> Analysis:
    """One analysis that has its coordinates.

    Raises:
        AnalysisNotReady: If it is not finished, or did not succeed.
    """
    analysis = await get_analysis(store, scope, project_id, analysis_id)
    check_finished(analysis)
    return analysis


def check_finished(analysis: Analysis) -> None:
    """Refuse a map that has no coordinates.

    Raises:
        AnalysisNotReady: If it is not finished, or did not succeed.
    """
    if analysis.state is not AnalysisState.SUCCEEDED:
        raise AnalysisNotReady(
            f"This map is {analysis.state.value}; only finished ones have points; watch its operation.",
            state=analysis.state.value,
        )


async def list_analyses(
    store: Store, scope: Scope, project_id: str, page_size: int, page_token: str
) -> tuple[list[Analysis], str]:
    """A page of analyses, newest first, and the token of the next one.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        PageTokenInvalid: If the token is not one of this list.
    """
    await access.viewer(store, scope, project_id)
    return await read_page(store.analyses.list_newest_first, scope, project_id, "analyses", page_size, page_token)


async def update_analysis(
    store: Store,
    scope: Scope,
    project_id: str,
    analysis_id: str,
    *,
    display_name: str | None,
    visibility: AnalysisVisibility | None,
    kept_current: bool | None,
    clock: Clock,
) -> Analysis:
    """Rename, share or unshare, keep current or no longer; None leaves it as it is.

    What is kept current from now on gets, by an operation of the caller, the images that came since it was made.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        AnalysisNotFound: If the analysis does not.
        CreatorRequired: If it is somebody else's and the project too.
        InvalidArgument: If the name is longer than 100 characters.
        AnalysisNotReady: If it shall be kept current and could not be made.
        ReducerMissing: If it shall be kept current and was made before images could be placed.
    """
    project = await access.viewer(store, scope, project_id, Right.ANALYSE)
    analysis = await _existing(store, scope, project_id, analysis_id)
    access.maker(scope, project, analysis.creator, analysis.name, "map")
    if kept_current is not None and kept_current != (analysis.keeper is not None):
        analysis = replace(analysis, keeper=scope if kept_current else None)
        if kept_current and analysis.state is not AnalysisState.RUNNING:
            check_placeable(analysis)
            await store.operations.add(placement_of(analysis, None, scope, clock.now()))
    if display_name is not None:
        analysis = replace(analysis, display_name=checked_name(display_name) or analysis.display_name)
    if visibility is not None and visibility is not analysis.visibility:
        analysis = replace(analysis, visibility=visibility)
        told = audit.event(scope, audit.Action.SHARE_ANALYSIS, analysis.name, clock.now(), visibility=visibility)
        await store.audit.add(told)
    analysis = replace(analysis, update_time=clock.now())
    await store.analyses.save(analysis)
    return analysis


async def create_placement(
    store: Store, scope: Scope, project_id: str, analysis_id: str, selection: Selection | None, clock: Clock
) -> Operation:
    """Write the operation that places images on a map.

    Args:
        store: Open transaction.
        scope: Of the caller.
        project_id: Project of the map.
        analysis_id: The map.
        selection: Which images; None: those that the map's own selection finds then.
        clock: Dates it.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        AnalysisNotFound: If the analysis does not.
        CreatorRequired: If it is somebody else's and the project too.
        AnalysisNotReady: If it is not finished.
        ReducerMissing: If it was made before images could be placed.
        SavedSearchNotFound: If the saved search does not exist for the caller.
    """
    project = await access.viewer(store, scope, project_id, Right.ANALYSE)
    analysis = await _existing(store, scope, project_id, analysis_id)
    access.maker(scope, project, analysis.creator, analysis.name, "map")
    check_placeable(analysis)
    chosen = None if selection is None else await settled(store, scope, project, selection)
    operation = placement_of(analysis, chosen, scope, clock.now())
    await store.operations.add(operation)
    return operation


async def delete_analysis(store: Store, scope: Scope, project_id: str, analysis_id: str, clock: Clock) -> Analysis:
    """Delete an analysis; one that is being made is asked to stop. What it was is given back for `clean_up`.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        AnalysisNotFound: If the analysis does not.
        CreatorRequired: If it is somebody else's and the project too.
    """
    project = await access.viewer(store, scope, project_id, Right.ANALYSE)
    analysis = await _existing(store, scope, project_id, analysis_id)
    access.maker(scope, project, analysis.creator, analysis.name, "map")
    await store.analyses.delete(analysis_id)
    await store.audit.add(audit.event(scope, audit.Action.DELETE_ANALYSIS, analysis.name, clock.now()))
    if analysis.state is AnalysisState.RUNNING:
        await store.operations.request_cancel(project_id, analysis.operation_id, clock.now())
    return analysis


async def clean_up(analysis: Analysis, objects: ObjectStore, waker: OperationWaker) -> None:
    """After the commit: the coordinates go, and whoever makes them learns that he shall stop."""
    waker.wake(analysis.operation_id)
    for key in filter(None, (analysis.object_key, analysis.reducer_key)):
        await objects.delete(key)


async def _existing(store: Store, scope: Scope, project_id: str, analysis_id: str) -> Analysis:
    analysis = await store.analyses.get(scope, project_id, analysis_id)
    if analysis is None:
        raise AnalysisNotFound(
            f"There is no analysis {analysis_id} for you in this project; ListAnalyses names those there are.",
            analysis=analysis_id,
        )
    return analysis
