"""Putting images into the trash and taking them out, with a line in the history of each, so that it can be undone."""

from collections.abc import Collection, Sequence
from datetime import datetime

from loupe_project.domain.history import Alteration, Change, Fact, to_json
from loupe_project.ports.store import Store

_IN, _OUT = to_json(value=True), to_json(value=False)


async def throw_away(store: Store, change: Change, image_ids: Sequence[str], now: datetime) -> int:
    """Put images into the trash for a change that has begun; how many were not there already."""
    thrown = await store.trash.put(change.project_id, image_ids, change.id, change.creator, now)
    await _record(store, change, thrown, _OUT, _IN, now)
    return len(thrown)


async def bring_back(store: Store, change: Change, image_ids: Sequence[str], now: datetime) -> int:
    """Take images out of the trash for a change that has begun; how many were there."""
    back = await store.trash.restore(change.project_id, image_ids)
    await _record(store, change, back, _IN, _OUT, now)
    return len(back)


async def _record(store: Store, change: Change, image_ids: Collection[str], old: str, new: str, now: datetime) -> None:
    if image_ids:
        altered = [Alteration(one, Fact.TRASH, "", old, new) for one in image_ids]
        await store.history.record(change.id, altered, now)


class TrashReverter:
    """Takes back deletions and restorations; see `ports.history.Reverter`."""

    async def put_back(self, store: Store, change: Change, alterations: Sequence[Alteration], now: datetime) -> int:
        """Bring back what was deleted, and put back into the trash what was restored."""
        deleted = [one.image_id for one in alterations if one.new == _IN]
        restored = [one.image_id for one in alterations if one.new == _OUT]
        count = await bring_back(store, change, deleted, now) if deleted else 0
        return count + (await throw_away(store, change, restored, now) if restored else 0)
