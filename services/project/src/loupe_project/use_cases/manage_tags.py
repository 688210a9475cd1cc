"""Tags of a project: making and changing. Automatic ones belong to Loupe."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from loupe_kit import ids
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain import auto_tags
from loupe_project.domain.errors import TagIsAutomatic, TagNotFound
from loupe_project.domain.image import Origin
from loupe_project.domain.scope import Scope
from loupe_project.domain.tag import Tag
from loupe_project.ports.store import Store
from loupe_project.use_cases import access

MAX_TEXT = 100
_COLOR = re.compile(r"#[0-9a-f]{6}|")


def checked_text(text: str, field: str = "tag.display_name") -> str:
    """The text of a tag that people may put on.

    Raises:
        InvalidArgument: If it is empty or longer than 100 characters.
        TagIsAutomatic: If it looks like a tag of Loupe's own.
    """
    name = text.strip()
    if not 1 <= len(name) <= MAX_TEXT:
        raise InvalidArgument(
            f"A tag has 1 to {MAX_TEXT} characters; this one has {len(name)}.",
            fields=[FieldViolation(field, f"must have 1 to {MAX_TEXT} characters")],
        )
    if auto_tags.is_automatic(name):
        raise TagIsAutomatic(
            f"Tags such as {name!r} are put on and taken off by Loupe alone; choose another text.", display_name=name
        )
    return name


def checked_color(text: str) -> str:
    """A colour in lower case, or none.

    Raises:
        InvalidArgument: If it is not of the form #rrggbb.
    """
    color = text.lower()
    if not _COLOR.fullmatch(color):
        raise InvalidArgument(
            f"{text[:20]!r} is no colour; give one such as #ff8800, or none.",
            fields=[FieldViolation("tag.color", "must have the form #rrggbb, or be empty")],
        )
    return color


async def get_tag(store: Store, scope: Scope, project_id: str, tag_id: str) -> Tag:
    """One tag.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        TagNotFound: If it has no such tag.
    """
    await access.viewer(store, scope, project_id)
    return await existing_tag(store, scope, project_id, tag_id)


async def create_tag(store: Store, scope: Scope, project_id: str, text: str, color: str, now: datetime) -> Tag:
    """Write a new tag.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        InvalidArgument: If text or colour break their rule.
        TagIsAutomatic: If it looks like a tag of Loupe's own.
        TagNameTaken: If the project has one of that text.
    """
    await access.editor(store, scope, project_id)
    tag = Tag(
        id=ids.new_id(),
        project_id=project_id,
        display_name=checked_text(text),
        color=checked_color(color),
        origin=Origin.USER,
        creator=scope.principal,
        create_time=now,
        update_time=now,
    )
    await store.tags.add(tag)
    return tag


async def update_tag(
    store: Store, scope: Scope, project_id: str, tag_id: str, *, text: str | None, color: str | None, now: datetime
) -> Tag:
    """Rename or recolour a tag; None leaves it as it is.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        EditRightRequired: If he may only look.
        TagNotFound: If it has no such tag.
        TagIsAutomatic: If an automatic tag is to be renamed, or a tag to look like one.
        TagNameTaken: If another tag has that text.
    """
    await access.editor(store, scope, project_id)
    tag = await existing_tag(store, scope, project_id, tag_id)
    if text is not None:
        refuse_automatic(tag, "renamed")
        tag = replace(tag, display_name=checked_text(text))
    if color is not None:
        tag = replace(tag, color=checked_color(color))
    tag = replace(tag, update_time=now)
    await store.tags.save(tag)
    return tag


async def existing_tag(store: Store, scope: Scope, project_id: str, tag_id: str) -> Tag:
    """A tag that exists for the caller.

    Raises:
        TagNotFound: If there is none.
    """
    tag = await store.tags.get(scope, project_id, tag_id)
    if tag is None:
        raise tag_not_found(tag_id)
    return tag


def tag_not_found(tag_id: str) -> TagNotFound:
    """The fault of naming a tag that is not there."""
    return TagNotFound(f"There is no tag {tag_id} in this project; ListTags names those there are.", tag=tag_id)


def ids_within(project_id: str, tags: Sequence[tuple[str, ...]]) -> list[str]:
    """Sorted ids of tags that a request names, each with the id of its project before it.

    Raises:
        TagNotFound: If one of them is of another project.
    """
    elsewhere = next((one for project, one in tags if project != project_id), None)
    if elsewhere is not None:
        raise tag_not_found(elsewhere)
    return sorted({one for _, one in tags})


def refuse_automatic(tag: Tag, done: str) -> None:
    """Let a tag of people pass.

    Raises:
        TagIsAutomatic: If it is Loupe's own.
    """
    if tag.origin is Origin.AUTO:
        raise TagIsAutomatic(
            f"{tag.display_name!r} is an automatic tag and cannot be {done}.", display_name=tag.display_name
        )
