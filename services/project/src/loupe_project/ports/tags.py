"""Tags of a project and their places on images, as use cases see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from loupe_project.domain.image import Origin
from loupe_project.domain.scope import Scope
from loupe_project.domain.tag import Tag, TagLink


class TagRepository(Protocol):
    """Tags, and their places on images."""

    async def get(self, scope: Scope, project_id: str, tag_id: str) -> Tag | None:
        """One tag with its count."""
        ...

    async def list_most_used_first(
        self, scope: Scope, project_id: str, *, contains: str, after: tuple[int, str] | None, limit: int
    ) -> list[Tag]:
        """Tags whose folded text contains `contains`, after the one with this count and folded text."""
        ...

    async def find(self, project_id: str, names: Sequence[str]) -> dict[str, Tag]:
        """Tags of these texts, by folded text; without counts."""
        ...

    async def by_ids(self, project_id: str, tag_ids: Sequence[str]) -> dict[str, Tag]:
        """Those of the tags that are there, by id; without counts."""
        ...

    async def ensure(
        self, project_id: str, names: Sequence[str], origin: Origin, creator: str, now: datetime
    ) -> dict[str, str]:
        """Ids of the tags of these texts by folded text; those that are new to the project are written."""
        ...

    async def add(self, tag: Tag) -> None:
        """Write a new tag.

        Raises:
            TagNameTaken: If the project has one of that text.
        """
        ...

    async def save(self, tag: Tag) -> None:
        """Write text and colour.

        Raises:
            TagNameTaken: If the project has another one of that text.
        """
        ...

    async def delete(self, tag: Tag, *, change_id: str, now: datetime) -> None:
        """Delete a tag and take it off its images, whose history says so.

        Args:
            tag: Which one.
            change_id: A change that has begun.
            now: Time of it.
        """
        ...

    async def put_on(
        self, image_ids: Sequence[str], tag_ids: Sequence[str], origin: Origin, creator: str, now: datetime
    ) -> int:
        """Put each tag on each image; how many were not there before."""
        ...

    async def take_off(self, image_ids: Sequence[str], tag_ids: Sequence[str]) -> int:
        """Take each tag off each image; how many were there."""
        ...

    async def put_on_by(self, change_id: str, tag: Tag, image_ids: Sequence[str], creator: str, now: datetime) -> int:
        """Put a tag of people on images of its project and write that into their history; how many did not have it.

        Args:
            change_id: A change that has begun.
            tag: Which one.
            image_ids: Each once; those that are gone, or in the trash, are passed over.
            creator: Who does it.
            now: When; a change alters a fact of an image once at any instant.
        """
        ...

    async def take_off_by(self, change_id: str, tag: Tag, image_ids: Sequence[str], now: datetime) -> int:
        """Take a tag of people off images and write that into their history; how many had it."""
        ...

    async def restore_by(self, change_id: str, links: Sequence[TagLink], now: datetime) -> int:
        """Put tags on images as they once were there and write that into their history; how many were not there."""
        ...

    async def merge_by(
        self, change_id: str, sources: Sequence[Tag], target: Tag, *, image_limit: int, now: datetime
    ) -> tuple[int, int]:
        """Put a tag in the place of others on the next images that have any of them, and write that into their history.

        An image that has it already keeps it as it is; others get it with the person and the time of the oldest link.

        Returns:
            How many images were found, and how many of them did not have it; 0 and 0: no image has one any more.
        """
        ...

    async def image_ids(self, tag: Tag, *, limit: int) -> list[str]:
        """Images that have a tag, whoever may see them; the first ones in the order of their ids."""
        ...

    async def image_count(self, tag_ids: Sequence[str]) -> int:
        """Images that have any of the tags, whoever may see them."""
        ...
