"""Changes as the history of images knows them: those of single calls, and those of operations, which have their id."""

from datetime import datetime

from loupe_kit import ids
from loupe_project.domain.history import Change
from loupe_project.domain.operation import Operation
from loupe_project.domain.scope import Scope
from loupe_project.ports.store import Store


async def begin_call(store: Store, scope: Scope, project_id: str, kind: str, now: datetime) -> Change:
    """A new change of a single call, written down.

    Args:
        store: Open transaction, the same that alters the images.
        scope: Of the caller.
        project_id: Whose images.
        kind: What is done, as in "UPDATE_IMAGE".
        now: Time of it.
    """
    change = Change(ids.new_id(), project_id, kind, scope.principal, now)
    await store.history.begin(change)
    return change


async def begin_operation(store: Store, operation: Operation) -> Change:
    """The change of an operation, written down; again changes nothing.

    Args:
        store: Open transaction.
        operation: Whose work alters images; `UndoOperation` takes back what is recorded under its id.
    """
    change = Change(
        id=operation.id,
        project_id=operation.project_id,
        kind=operation.kind.name,
        creator=operation.creator,
        create_time=operation.create_time,
        is_operation=True,
    )
    await store.history.begin(change)
    return change
