"""Who may see images, as messages."""

from collections.abc import Sequence

from loupe.project.v1 import image_service_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.convert.project import principal_name, principal_of
from loupe_project.domain import names
from loupe_project.domain.image_access import AccessMode, AccessWish, ImageAccess, Principal

_MODES = {
    AccessMode.INHERITED: pb.ImageAccess.MODE_INHERITED,
    AccessMode.RESTRICTED: pb.ImageAccess.MODE_RESTRICTED,
}


def to_message(project_id: str, image_id: str, access: ImageAccess) -> pb.ImageAccess:
    """Access of an image."""
    return pb.ImageAccess(
        name=f"{names.image(project_id, image_id)}/access",
        mode=_MODES[access.mode],
        readers=map(principal_name, access.readers),
    )


def wish_of(request: pb.ModifyImageAccessRequest) -> AccessWish:
    """How access shall change.

    Raises:
        InvalidArgument: If the mode is unknown, or a reader neither user nor department.
    """
    return AccessWish(
        mode=_mode_of(request.mode),
        add=_principals(request.add_readers, "add_readers"),
        remove=_principals(request.remove_readers, "remove_readers"),
        clears=request.clear_readers,
    )


def _mode_of(value: pb.ImageAccess.Mode.ValueType) -> AccessMode | None:
    if value == pb.ImageAccess.MODE_UNSPECIFIED:
        return None
    found = next((ours for ours, theirs in _MODES.items() if theirs == value), None)
    if found is None:
        raise InvalidArgument(
            "mode must be MODE_INHERITED or MODE_RESTRICTED, or be left out.",
            fields=[FieldViolation("mode", "unknown value")],
        )
    return found


def _principals(given: Sequence[str], field: str) -> tuple[Principal, ...]:
    return tuple(dict.fromkeys(principal_of(one, f"{field}[{number}]") for number, one in enumerate(given)))
