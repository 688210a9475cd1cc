"""Streams that end when the right to them ends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from loupe_kit.clock import Clock
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Right, Scope
from loupe_project.ports.store import StoreFactory
from loupe_project.use_cases import access
from loupe_project.use_cases.scopes import Scopes

T = TypeVar("T")

RECHECK_SECONDS = 2.0
"""Pause between two looks at the caller's rights."""


async def while_allowed(
    pieces: AsyncIterator[T], check: Callable[[], Awaitable[object]], clock: Clock
) -> AsyncIterator[T]:
    """The pieces, with a look at the caller's rights before the next one when the last look is 2 s old.

    Args:
        pieces: What streams.
        check: Raises when the caller may go on no longer.
        clock: Measures the pause.
    """
    last = clock.monotonic()
    async for piece in pieces:
        if clock.monotonic() - last >= RECHECK_SECONDS:
            await check()
            last = clock.monotonic()
        yield piece


NEEDS: dict[OperationKind, tuple[Callable[..., Awaitable[object]], Right]] = {
    OperationKind.IMPORT_ARCHIVE: (access.editor, Right.UPLOAD),
    OperationKind.CREATE_ANALYSIS: (access.viewer, Right.ANALYSE),
    OperationKind.PLACE_IMAGES: (access.viewer, Right.ANALYSE),
    OperationKind.CREATE_HEAD: (access.editor, Right.ANALYSE),
    OperationKind.USE_HEAD: (access.editor, Right.ANALYSE),
    OperationKind.CREATE_EXPORT: (access.viewer, Right.EXPORT),
    OperationKind.MODIFY_IMAGE_TAGS: (access.editor, Right.EDIT),
    OperationKind.MODIFY_IMAGE_LABELS: (access.editor, Right.EDIT),
    OperationKind.IMPORT_LABELS: (access.editor, Right.EDIT),
    OperationKind.MERGE_TAGS: (access.editor, Right.EDIT),
    OperationKind.DELETE_TAGS: (access.editor, Right.EDIT),
    OperationKind.UNDO_OPERATION: (access.editor, Right.EDIT),
    OperationKind.MODIFY_IMAGE_METADATA: (access.editor, Right.EDIT),
    OperationKind.IMPORT_METADATA: (access.editor, Right.EDIT),
    OperationKind.DELETE_IMAGES: (access.editor, Right.EDIT),
    OperationKind.ANALYSE_IMAGES: (access.editor, Right.ANALYSE),
    OperationKind.MODIFY_IMAGE_ACCESS: (access.owner, Right.EDIT),
    OperationKind.CREATE_SELECTION: (access.viewer, Right.ANALYSE),
    OperationKind.CREATE_SPLIT: (access.viewer, Right.ANALYSE),
    OperationKind.CREATE_CURATION_RUN: (access.editor, Right.ANALYSE),
    OperationKind.RESTORE_IMAGES: (access.editor, Right.EDIT),
    OperationKind.PURGE_IMAGES: (access.editor, Right.EDIT),
    # Its handler looks at the other project as well, and whether images may leave.
    OperationKind.COPY_IMAGES: (access.viewer, Right.EDIT),
}
"""What whoever began an operation of a kind must still be, and what his API key must still allow."""


class OperationRights:
    """Looks whether operations may go on.

    Args:
        stores: Makes transactions.
        scopes: Who began them, as he is now.
    """

    def __init__(self, stores: StoreFactory, scopes: Scopes) -> None:
        self._stores = stores
        self._scopes = scopes

    async def check(self, operation: Operation) -> Scope:
        """The scope in which an operation goes on.

        Raises:
            ProjectNotFound: If the project exists for its creator no longer.
            EditRightRequired: If he may only look now.
            OwnerRequired: If the project is somebody else's now.
        """
        scope = await self._scopes.again(operation.scope)
        needs, right = NEEDS[operation.kind]
        async with self._stores(read_only=True) as store:
            await needs(store, scope, operation.project_id, right)
        return scope
