"""Splits as people find them: looking, listing, deleting, tagging."""

from datetime import datetime

from loupe_kit import paging
from loupe_project.domain.curation import CurationState
from loupe_project.domain.errors import SplitNotFound, SplitNotReady
from loupe_project.domain.operation import Operation, OperationKind
from loupe_project.domain.scope import Right, Scope
from loupe_project.domain.selection import Selection as Images
from loupe_project.domain.split import Part, Split, SplitImage, tag_of
from loupe_project.ports.store import Store
from loupe_project.use_cases import access
from loupe_project.use_cases.ask_image_work import ask_image_work
from loupe_project.use_cases.modify_image_tags import checked_wish
from loupe_project.use_cases.newest_first import read_page

_ALL = 1 << 31


async def get_split(store: Store, scope: Scope, project_id: str, split_id: str, right: Right = Right.READ) -> Split:
    """One split.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        SplitNotFound: If the split does not.
    """
    await access.viewer(store, scope, project_id, right)
    found = await store.splits.get(scope, project_id, split_id)
    if found is None:
        raise SplitNotFound(
            f"There is no split {split_id} for you in this project; ListSplits names those there are.", split=split_id
        )
    return found


async def get_finished_split(store: Store, scope: Scope, project_id: str, split_id: str) -> Split:
    """One split that has its images.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        SplitNotFound: If the split does not.
        SplitNotReady: If it is not finished, or did not succeed.
    """
    found = await get_split(store, scope, project_id, split_id)
    if found.state is not CurationState.SUCCEEDED:
        raise SplitNotReady(
            f"This split is {found.state.value}; only finished ones have images; watch its operation.",
            state=found.state.value,
        )
    return found


async def list_splits(
    store: Store, scope: Scope, project_id: str, page_size: int, page_token: str
) -> tuple[list[Split], str]:
    """A page of splits, newest first, and the token of the next one.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        PageTokenInvalid: If the token is not one of this list.
    """
    await access.viewer(store, scope, project_id)
    return await read_page(store.splits.list_newest_first, scope, project_id, "splits", page_size, page_token)


async def delete_split(store: Store, scope: Scope, project_id: str, split_id: str, now: datetime) -> Split:
    """Delete a split; one that is being made is asked to stop. Gives back what it was.

    Raises:
        ProjectNotFound: If the project does not exist for the caller.
        SplitNotFound: If the split does not.
        CreatorRequired: If it is somebody else's and the project too.
    """
    project = await access.viewer(store, scope, project_id, Right.ANALYSE)
    split = await get_split(store, scope, project_id, split_id, Right.ANALYSE)
    access.maker(scope, project, split.creator, split.name, "split")
    await store.splits.delete(split_id)
    if split.state is CurationState.RUNNING:
        await store.operations.request_cancel(project_id, split.operation_id, now)
    return split


async def list_images(
    store: Store, scope: Scope, project_id: str, split_id: str, part: Part | None, page_size: int, page_token: str
) -> tuple[list[SplitImage], str]:
    """A page of images, by part, and the token of the next one.

    Raises:
        SplitNotFound: If the split does not exist for the caller.
        SplitNotReady: If it is not finished.
        PageTokenInvalid: If the token is not one of this list.
    """
    split = await get_finished_split(store, scope, project_id, split_id)
    limit = paging.clamp_page_size(page_size)
    key = paging.filter_hash("splitImages", split_id, part.value if part else "")
    after = next((int(one) for one in paging.decode_token(page_token, key)), 0)
    found = await store.splits.images(scope, split, part=part, after=after, limit=limit + 1)
    token = paging.encode_token((found[limit - 1].number,), key) if len(found) > limit else ""
    return found[:limit], token


async def tag_split(store: Store, scope: Scope, project_id: str, split_id: str, part: Part, now: datetime) -> Operation:
    """Write the operation that tags the images of one part, and takes the tags of the others off them.

    Raises:
        SplitNotFound: If the split does not exist for the caller.
        EditRightRequired: If he may only look.
        SplitNotReady: If it is not finished, or no image of the part is left.
    """
    wish = checked_wish([tag_of(part)], [tag_of(other) for other in Part if other is not part])
    await access.editor(store, scope, project_id, Right.EDIT)
    split = await get_finished_split(store, scope, project_id, split_id)
    image_ids = [
        image_id for image_id, its_part in (await store.splits.parts(scope, split)).items() if its_part is part
    ]
    if not image_ids:
        raise SplitNotReady(f"No image of {part.value} is left to tag; make a new split.", state="EMPTY")
    kind = OperationKind.MODIFY_IMAGE_TAGS
    return await ask_image_work(store, scope, project_id, kind, Images(ids=tuple(image_ids)), now, wish.to_bytes())


async def read_manifest(store: Store, scope: Scope, project_id: str, split_id: str) -> tuple[Split, list[SplitImage]]:
    """A split and all its images.

    Raises:
        SplitNotFound: If the split does not exist for the caller.
        SplitNotReady: If it is not finished.
    """
    split = await get_finished_split(store, scope, project_id, split_id)
    return split, await store.splits.images(scope, split, part=None, after=0, limit=_ALL)
