"""Asking for long work on images: deleting them, analysing them again, changing their tags."""

from datetime import datetime

from loupe_project.domain import audit
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.selection import Selection
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.image_jobs import new_operation
from loupe_project.use_cases.select_images import select_images, settled

_RIGHTS = {
    OperationKind.DELETE_IMAGES: Right.EDIT,
    OperationKind.ANALYSE_IMAGES: Right.ANALYSE,
    OperationKind.MODIFY_IMAGE_TAGS: Right.EDIT,
    OperationKind.MODIFY_IMAGE_METADATA: Right.EDIT,
    OperationKind.MODIFY_IMAGE_LABELS: Right.EDIT,
}


async def ask_image_work(
    store: Store,
    scope: Scope,
    project_id: str,
    kind: OperationKind,
    selection: Selection,
    now: datetime,
    wish: bytes = b"",
) -> Operation:
    """Write an operation on the selected images; the runner takes it after the commit.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        ImageNotFound: If one of the ids is not an image of the project.
        QueryInvalid: If the query cannot be read.
        ResourceExhausted: If more than a million images match.
    """
    project = await access.editor(store, scope, project_id, _RIGHTS[kind])
    selection = await settled(store, scope, project, selection)
    image_ids = await select_images(store, scope, project, selection)
    operation = new_operation(scope, project_id, kind, image_ids, now, wish)
    await store.operations.add(operation)
    if kind is OperationKind.DELETE_IMAGES:
        await _tell_audit(store, scope, operation, selection, len(image_ids))
    return operation


async def _tell_audit(store: Store, scope: Scope, operation: Operation, selection: Selection, count: int) -> None:
    told = audit.event(
        scope,
        audit.Action.DELETE_IMAGES,
        operation.target,
        operation.create_time,
        images=str(count),
        query=selection.query if selection.ids is None else "",
        ids=" ".join(selection.ids[:10]) if selection.ids is not None else "",
        operation=operation.name,
    )
    await store.audit.add(told)
