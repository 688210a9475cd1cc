"""Taking back what was done to tags of images."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from loupe_project.domain.history import Alteration, Change
from loupe_project.domain.image import Origin
from loupe_project.domain.tag import Tag, TagLink
from loupe_project.domain.text import fold
from loupe_project.ports.store import Store

_NAME_LIMIT = 300


class TagReverter:
    """See `ports.history.Reverter`. Tags that were taken off come back with the person and the time they had."""

    async def put_back(self, store: Store, change: Change, alterations: Sequence[Alteration], now: datetime) -> int:
        """See `Reverter`. A tag that was deleted since is made again."""
        values = {one.subject: json.loads(one.old or one.new or "{}") for one in alterations}
        known = await store.tags.by_ids(change.project_id, sorted(values))
        put_on: dict[str, list[str]] = defaultdict(list)
        taken_off: list[Alteration] = []
        for one in alterations:
            if one.old is None:
                put_on[one.subject].append(one.image_id)
            else:
                taken_off.append(one)
        count = 0
        for tag_id, image_ids in sorted(put_on.items()):
            if tag_id in known:
                count += await store.tags.take_off_by(change.id, known[tag_id], image_ids, now)
        if taken_off:
            tags = await _made_again(store, change, values, {one.subject for one in taken_off}, known, now)
            links = [
                TagLink(one.image_id, tags[one.subject], one.old_creator, one.old_time or now) for one in taken_off
            ]
            count += await store.tags.restore_by(change.id, links, now)
        return count


async def _made_again(
    store: Store,
    change: Change,
    values: Mapping[str, Mapping[str, str]],
    wanted: set[str],
    known: Mapping[str, Tag],
    now: datetime,
) -> dict[str, Tag]:
    """The tags by the ids that they had."""
    missing = {tag_id: values[tag_id] for tag_id in sorted(wanted) if tag_id not in known}
    texts = [value["text"] for value in missing.values()]
    before = await store.tags.find(change.project_id, texts)
    await store.tags.ensure(change.project_id, texts, Origin.USER, change.creator, now)
    found = await store.tags.find(change.project_id, texts)
    tags = {tag_id: tag for tag_id, tag in known.items() if tag_id in wanted}
    for tag_id, value in missing.items():
        folded = fold(value["text"], _NAME_LIMIT)
        tag = found[folded]
        if folded not in before and value["color"]:
            tag = replace(tag, color=value["color"])
            await store.tags.save(tag)
        tags[tag_id] = tag
    return tags
