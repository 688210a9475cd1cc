"""Images by what files call them: name, hash or id."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from loupe_project.adapters.sql.chunks import chunks
from loupe_project.adapters.sql.scope import Sight
from loupe_project.adapters.sql.tables import images
from loupe_project.domain.label_files.rows import ImageKey
from loupe_project.domain.text import fold
from loupe_project.ports.label_files import NamedImage, NamedImages

_PARTITION = 5_000
_COLUMNS = {
    ImageKey.FILE_NAME: images.c.file_name_folded,
    ImageKey.SHA256: images.c.sha256,
    ImageKey.ID: images.c.id,
}
_SIZED = (images.c.id, images.c.width, images.c.height)


async def find(
    session: AsyncSession, seen: Sight, key: ImageKey, names: Sequence[str], *, is_stem: bool
) -> NamedImages:
    """See `ports.store.LabelRepository.find_images`."""
    wanted = {name: fold(name, 500) for name in names}
    found: dict[str, set[NamedImage]] = {}
    if not (is_stem and key is ImageKey.FILE_NAME):
        found = await _exact(session, seen, _COLUMNS[key], sorted(set(wanted.values())))
    missing = {name for name in wanted.values() if name not in found}
    if missing and key is ImageKey.FILE_NAME:
        # Last parts of names have no index; one look at all names of the project is bounded, if not quick.
        found |= await _by_parts(session, seen, missing, is_stem=is_stem)
    ones = {name: found.get(folded, set()) for name, folded in wanted.items()}
    return NamedImages(
        {name: next(iter(some)) for name, some in ones.items() if len(some) == 1},
        frozenset(name for name, some in ones.items() if len(some) > 1),
    )


async def _exact(session: AsyncSession, seen: Sight, column: Any, names: Sequence[str]) -> dict[str, set[NamedImage]]:
    found: dict[str, set[NamedImage]] = {}
    for some in chunks(names):
        rows = await session.execute(select(column, *_SIZED).where(seen.rows(), column.in_(some)))
        for name, *sized in rows:
            found.setdefault(name, set()).add(NamedImage(*sized))
    return found


async def _by_parts(
    session: AsyncSession, seen: Sight, names: set[str], *, is_stem: bool
) -> dict[str, set[NamedImage]]:
    whole: dict[str, set[NamedImage]] = {}
    last: dict[str, set[NamedImage]] = {}
    bases = {name.rpartition("/")[2] for name in names}
    rows = await session.stream(select(images.c.file_name_folded, *_SIZED).where(seen.rows()))
    async for some in rows.partitions(_PARTITION):
        for shown, image_id, width, height in some:
            name = _stem(shown) if is_stem else shown
            base = name.rpartition("/")[2]
            if name in names:
                whole.setdefault(name, set()).add(NamedImage(image_id, width, height))
            if base in bases:
                last.setdefault(base, set()).add(NamedImage(image_id, width, height))
    return {name: whole.get(name) or last.get(name.rpartition("/")[2], set()) for name in names}


def _stem(name: str) -> str:
    folder, slash, base = name.rpartition("/")
    return f"{folder}{slash}{base.rpartition('.')[0] or base}"
