"""Rights as use cases need them: access of single images, and who people are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from loupe_project.domain.image_access import AccessWish, ImageAccess, Principal


class ImageAccessRepository(Protocol):
    """Who may see single images. Rights to ask are checked by whoever looks up the project first."""

    async def get(self, image_id: str) -> ImageAccess:
        """Access of one image."""
        ...

    async def get_many(self, image_ids: Sequence[str]) -> dict[str, ImageAccess]:
        """Access of images by id."""
        ...

    async def modify(self, project_id: str, image_ids: Sequence[str], wish: AccessWish) -> tuple[int, int, int]:
        """Change the access of images; doing it again changes nothing.

        Returns:
            How many of the images there are, readers added, readers taken away; the last two image by image.

        Raises:
            TooManyReaders: If an image would get more than `MAX_READERS`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as auth knows him now."""

    department_id: str | None
    is_supervisor: bool
    """Of his department."""
    is_active: bool
    """False: the account is disabled."""


class Directory(Protocol):
    """People and departments as auth knows them; answers are at most three seconds old."""

    async def person(self, user_id: str) -> Person | None:
        """Somebody; None when there is no such account.

        Raises:
            LoupeError: If auth does not answer.
        """
        ...

    async def staff_of(self, department_id: str) -> frozenset[str]:
        """Ids of the people of a department.

        Raises:
            LoupeError: If auth does not answer.
        """
        ...

    async def is_revoked(self, key_id: str) -> bool:
        """Whether an API key was stopped by a person; one that ran out was not.

        Raises:
            LoupeError: If auth does not answer.
        """
        ...

    async def exists(self, principal: Principal) -> bool:
        """Whether there is such a department, or such an account that is not disabled.

        Raises:
            LoupeError: If auth does not answer.
        """
        ...
