"""Selections and searches as people find them: looking, listing, deleting, tagging."""

import hashlib
from datetime import datetime

from loupe_kit import paging
from loupe_project.domain.curation import (
    CurationRun,
    CurationState,
    DuplicateGroup,
    Outlier,
    Pick,
    RunKind,
    Selection,
)
from loupe_project.domain.errors import (
    CurationRunNotFound,
    CurationRunNotReady,
    SelectionNotFound,
    SelectionNotReady,
)
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.selection import Selection as Images
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.ask_image_work import ask_image_work
from loupe_project.use_cases.modify_image_tags import checked_wish
from loupe_project.use_cases.newest_first import read_page

MAX_GROUPS = 200
"""Groups of duplicates on one page; each lists its members."""


async def get_selection(
    store: Store, scope: Scope, project_id: str, selection_id: str, right: Right = Right.READ
) -> Selection:
    """One selection.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        SelectionNotFound: If the selection does not.
    """
    await access.viewer(store, scope, project_id, right)
    found = await store.curation.get_selection(scope, project_id, selection_id)
    if found is None:
        raise SelectionNotFound(
            f"There is no selection {selection_id} for you in this project; ListSelections names those there are.",
            selection=selection_id,
        )
    return found


async def get_finished_selection(store: Store, scope: Scope, project_id: str, selection_id: str) -> Selection:
    """One selection that has its picks.

    Raises:
        SelectionNotReady: If it is not finished, or did not succeed.
    """
    found = await get_selection(store, scope, project_id, selection_id)
    if found.state is not CurationState.SUCCEEDED:
        raise SelectionNotReady(
            f"This selection is {found.state.value}; only finished ones have picks; watch its operation.",
            state=found.state.value,
        )
    return found


async def list_selections(
    store: Store, scope: Scope, project_id: str, page_size: int, page_token: str
) -> tuple[list[Selection], str]:
    """A page of selections, newest first, and the token of the next one.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        PageTokenInvalid: If the token is not one of this list.
    """
    await access.viewer(store, scope, project_id)
    return await read_page(store.curation.list_selections, scope, project_id, "selections", page_size, page_token)


async def delete_selection(store: Store, scope: Scope, project_id: str, selection_id: str, now: datetime) -> Selection:
    """Delete a selection; one that is being made is asked to stop. Gives back what it was.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        SelectionNotFound: If the selection does not.
        CreatorRequired: If it is somebody else's and the project too.
    """
    project = await access.viewer(store, scope, project_id, Right.ANALYSE)
    selection = await get_selection(store, scope, project_id, selection_id, Right.ANALYSE)
    access.maker(scope, project, selection.creator, selection.name, "selection")
    await store.curation.delete_selection(selection_id)
    if selection.state is CurationState.RUNNING:
        await store.operations.request_cancel(project_id, selection.operation_id, now)
    return selection


async def list_picks(
    store: Store, scope: Scope, project_id: str, selection_id: str, page_size: int, page_token: str
) -> tuple[list[Pick], str]:
    """A page of picks, best first, and the token of the next one.

    Raises:
        SelectionNotFound: If the selection does not exist for the caller.
        SelectionNotReady: If it is not finished.
        PageTokenInvalid: If the token is not one of this list.
    """
    selection = await get_finished_selection(store, scope, project_id, selection_id)
    limit = paging.clamp_page_size(page_size)
    key = paging.filter_hash("picks", selection_id)
    after = next((int(part) for part in paging.decode_token(page_token, key)), 0)
    found = await store.curation.picks(scope, selection, after=after, limit=limit + 1)
    token = paging.encode_token((found[limit - 1].rank,), key) if len(found) > limit else ""
    return found[:limit], token


async def tag_selection(
    store: Store, scope: Scope, project_id: str, selection_id: str, tag: str, now: datetime
) -> Operation:
    """Write the operation that puts a tag on all picks.

    Raises:
        SelectionNotFound: If the selection does not exist for the caller.
        EditRightRequired: If he may only look.
        SelectionNotReady: If it is not finished, or all its images are gone.
        InvalidArgument: If the tag's text breaks its rule.
        TagIsAutomatic: If it is one of Loupe's own.
    """
    wish = checked_wish([tag], [])
    await access.editor(store, scope, project_id, Right.EDIT)
    selection = await get_finished_selection(store, scope, project_id, selection_id)
    picks = await store.curation.pick_ids(scope, selection)
    if not picks:
        raise SelectionNotReady("No image of this selection is left to tag; make a new one.", state="EMPTY")
    images = Images(ids=tuple(picks))
    kind = OperationKind.MODIFY_IMAGE_TAGS
    return await ask_image_work(store, scope, project_id, kind, images, now, wish.to_bytes())


async def read_manifest(
    store: Store, scope: Scope, project_id: str, selection_id: str
) -> tuple[Selection, list[Pick], str]:
    """A selection, all its picks, and the SHA-256 over their checksums in order, in hex.

    Raises:
        SelectionNotFound: If the selection does not exist for the caller.
        SelectionNotReady: If it is not finished.
    """
    selection = await get_finished_selection(store, scope, project_id, selection_id)
    picks = await store.curation.picks(scope, selection, after=0, limit=selection.count)
    digest = hashlib.sha256("\n".join(one.sha256 for one in picks).encode()).hexdigest()
    return selection, picks, digest


async def get_run(store: Store, scope: Scope, project_id: str, run_id: str) -> CurationRun:
    """One run.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        CurationRunNotFound: If the run does not.
    """
    await access.viewer(store, scope, project_id)
    found = await store.curation.get_run(scope, project_id, run_id)
    if found is None:
        raise CurationRunNotFound(
            f"There is no curation run {run_id} for you in this project; ListCurationRuns names those there are.",
            curation_run=run_id,
        )
    return found


async def list_runs(
    store: Store, scope: Scope, project_id: str, page_size: int, page_token: str
) -> tuple[list[CurationRun], str]:
    """A page of runs, newest first, and the token of the next one.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        PageTokenInvalid: If the token is not one of this list.
    """
    await access.viewer(store, scope, project_id)
    return await read_page(store.curation.list_runs, scope, project_id, "curationRuns", page_size, page_token)


async def delete_run(store: Store, scope: Scope, project_id: str, run_id: str, now: datetime) -> CurationRun:
    """Delete a run with what it found; one that is running is asked to stop. Gives back what it was.

    Raises:
        CurationRunNotFound: If the run does not exist for the caller.
        EditRightRequired: If he may only look.
    """
    await access.editor(store, scope, project_id, Right.ANALYSE)
    run = await get_run(store, scope, project_id, run_id)
    await store.curation.delete_run(run_id)
    if run.state is CurationState.RUNNING:
        await store.operations.request_cancel(project_id, run.operation_id, now)
    return run


async def list_outliers(
    store: Store, scope: Scope, project_id: str, run_id: str, page_size: int, page_token: str
) -> tuple[CurationRun, list[Outlier], str]:
    """The run, a page of its scores, oddest first, and the token of the next one.

    Raises:
        CurationRunNotFound: If the run does not exist for the caller.
        CurationRunNotReady: If it is not finished, or searched for something else.
        PageTokenInvalid: If the token is not one of this list.
    """
    run = await _finished_run(store, scope, project_id, run_id, RunKind.OUTLIERS)
    limit = paging.clamp_page_size(page_size)
    key = paging.filter_hash("outliers", run_id)
    place = paging.decode_token(page_token, key)
    after = (float(place[0]), str(place[1])) if place else None
    found = await store.curation.outliers(scope, run, after=after, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    token = paging.encode_token((repr(last.score), last.image_id), key) if last else ""
    return run, found[:limit], token


async def list_duplicate_groups(
    store: Store, scope: Scope, project_id: str, run_id: str, page_size: int, page_token: str
) -> tuple[list[DuplicateGroup], str]:
    """A page of groups, largest first, and the token of the next one; raises as `list_outliers`."""
    run = await _finished_run(store, scope, project_id, run_id, RunKind.DUPLICATES)
    limit = paging.clamp_page_size(page_size, maximum=MAX_GROUPS)
    key = paging.filter_hash("duplicateGroups", run_id)
    place = paging.decode_token(page_token, key)
    after = (int(place[0]), str(place[1])) if place else None
    found = await store.curation.duplicate_groups(scope, run, after=after, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], paging.encode_token((last.member_count, last.keeper_id), key) if last else ""


async def _finished_run(store: Store, scope: Scope, project_id: str, run_id: str, kind: RunKind) -> CurationRun:
    run = await get_run(store, scope, project_id, run_id)
    if run.state is not CurationState.SUCCEEDED or run.kind is not kind:
        raise CurationRunNotReady(
            f"This run searched for {run.kind.value} and is {run.state.value}; take one for {kind.value} that is "
            "SUCCEEDED.",
            state=run.state.value,
            kind=run.kind.value,
        )
    return run
