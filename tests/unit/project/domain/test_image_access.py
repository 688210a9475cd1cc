"""How access shall change, kept with its operation."""

import pytest

from loupe_project.domain.image_access import AccessMode, AccessWish, Principal
from loupe_project.domain.project import PrincipalKind

ADA, PRESS = Principal(PrincipalKind.USER, "ada"), Principal(PrincipalKind.DEPARTMENT, "press")


@pytest.mark.parametrize(
    "wish",
    [
        AccessWish(),
        AccessWish(mode=AccessMode.RESTRICTED, add=(ADA, PRESS)),
        AccessWish(mode=AccessMode.INHERITED, remove=(PRESS,), clears=True),
    ],
)
def test_bytes__round_trip(wish: AccessWish) -> None:
    assert AccessWish.from_bytes(wish.to_bytes()) == wish
