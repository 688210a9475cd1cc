"""Who may see single images: looking it up, and asking for a change."""

from collections.abc import Sequence
from datetime import datetime

from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain import audit, names
from loupe_project.domain.errors import PrincipalUnknown
from loupe_project.domain.image_access import MAX_CHANGES, AccessWish, ImageAccess, Principal
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.project import PrincipalKind
from loupe_project.domain.scope import Scope
from loupe_project.domain.selection import Selection
from loupe_project.ports.access import Directory
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.get_image import existing_image
from loupe_project.use_cases.image_jobs import new_operation
from loupe_project.use_cases.select_images import select_images

_COLLECTIONS = {PrincipalKind.USER: "users", PrincipalKind.DEPARTMENT: "departments"}


def name_of(principal: Principal) -> str:
    """Resource name of a user or department."""
    return f"{_COLLECTIONS[principal.kind]}/{principal.id}"


async def get_image_access(store: Store, scope: Scope, project_id: str, image_id: str) -> ImageAccess:
    """Access of an image.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        OwnerRequired: If it is somebody else's.
        ImageNotFound: If there is no such image.
    """
    await access.owner(store, scope, project_id)
    await existing_image(store, scope, project_id, image_id)
    return await store.image_access.get(image_id)


def check_wish(wish: AccessWish) -> None:
    """Let a wish pass that changes something within bounds.

    Raises:
        InvalidArgument: If nothing is to change, or too many readers at once.
    """
    if wish == AccessWish():
        raise InvalidArgument(
            "Nothing is to change: give a mode, readers to add or to take away, or clear_readers.",
            fields=[FieldViolation("mode", "not given, and no readers either")],
        )
    for field, given in (("add_readers", wish.add), ("remove_readers", wish.remove)):
        if len(given) > MAX_CHANGES:
            raise InvalidArgument(
                f"At most {MAX_CHANGES} readers at a time; {field} has {len(given)}. Use departments.",
                fields=[FieldViolation(field, f"must hold at most {MAX_CHANGES}")],
            )


async def check_known(directory: Directory, principals: Sequence[Principal], field: str) -> None:
    """Let users and departments pass that there are.

    Raises:
        PrincipalUnknown: If one does not exist, or the account is disabled.
        LoupeError: If auth does not answer.
    """
    for one in principals:
        if not await directory.exists(one):
            raise PrincipalUnknown(
                f"There is no {name_of(one)}, or the account is disabled; look the name up again.",
                fields=[FieldViolation(field, "must be a user or department that exists")],
                principal=name_of(one),
            )


async def ask_image_access(
    store: Store, scope: Scope, project_id: str, selection: Selection, wish: AccessWish, now: datetime
) -> Operation:
    """Write the operation that changes the access of the selected images.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        OwnerRequired: If it is somebody else's.
        ImageNotFound: If one of the ids is not an image of the project.
        QueryInvalid: If the query cannot be read.
        ResourceExhausted: If more than a million images match.
    """
    project = await access.owner(store, scope, project_id)
    image_ids = await select_images(store, scope, project, selection)
    operation = new_operation(scope, project_id, OperationKind.MODIFY_IMAGE_ACCESS, image_ids, now, wish.to_bytes())
    await store.operations.add(operation)
    target = names.image(project_id, image_ids[0]) if len(image_ids) == 1 else names.project(project_id)
    await store.audit.add(
        audit.event(
            scope,
            audit.Action.SET_IMAGE_ACCESS,
            target,
            now,
            images=str(len(image_ids)),
            query=selection.query if selection.ids is None else "",
            mode=wish.mode or "",
            added=" ".join(map(name_of, wish.add)),
            removed="all" if wish.clears else " ".join(map(name_of, wish.remove)),
            operation=operation.name,
        )
    )
    return operation
